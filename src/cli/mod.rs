//! The program without a screen: arguments in, text or JSON out, an exit code.

mod analyze;
pub mod args;
mod cache;
mod configuration;
mod demo;
mod eval;
mod export;
mod gate;
mod interrupt;
mod models;
mod progress;
mod rerankers;
mod sample;
mod saved;
mod screen;
mod shell;
mod validate;

use std::io::{IsTerminal as _, Write as _};

use crate::corpus::Mark;
use crate::domain::SecondStage;
use crate::engine::{Engine, EngineOptions, Event, Request};
use crate::error::{Error, ErrorKind, Result};
use crate::text::visible;
use crate::tui;
use args::{Args, Command, EngineArgs};

/// Does what the arguments say. The exit code is 0, or that of the error.
///
/// # Errors
/// What was wrong; `main` prints it and takes its exit code.
pub fn run(args: Args) -> Result<()> {
    if let Some(file) = &args.log {
        start_log(file)?;
    }
    match args.command {
        Some(Command::Eval(eval)) => eval::run(&eval),
        Some(Command::Export(export)) => export::run(&export),
        Some(Command::Models(models)) => models::run(&models),
        Some(Command::Cache(cache)) => cache::run(&cache),
        Some(Command::Rerankers(rerankers)) => rerankers::run(&rerankers),
        Some(Command::Validate(validate)) => validate::run(&validate),
        Some(Command::Analyze(analyze)) => analyze::run(&analyze),
        Some(Command::Sample(sample)) => sample::run(&sample),
        Some(Command::Demo(demo)) => demo::run(&demo),
        Some(Command::Config(config)) => configuration::run(&config),
        Some(Command::Completions(completions)) => shell::completions(&completions),
        Some(Command::Man) => shell::man(),
        None => open(&args.screen, &args.engine),
    }
}

/// The screen; where there is no terminal, the same findings as text.
fn open(screen: &args::ScreenArgs, engine: &EngineArgs) -> Result<()> {
    let script = screen.demo.is_some().then(|| demo::script(screen, engine)).transpose()?;
    let options = demo::screen_options(screen, engine, script)?;
    if options.tour.is_none() && !is_terminal() {
        return eval::findings(engine);
    }
    show(options, engine)
}

fn is_terminal() -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// The screen on a terminal.
fn show(screen: tui::Options, engine: &EngineArgs) -> Result<()> {
    let options = engine.options(true)?;
    if !is_terminal() {
        return Err(Error::usage("a tour needs a terminal to step through")
            .advise("rankscope demo --record FILE writes it down without one"));
    }
    tui::run(screen, move |sink| Engine::start(options, sink))
}

impl tui::EngineHandle for Engine {
    fn request(&self, request: Request) {
        Self::request(self, request);
    }

    fn compare(&self, plans: Vec<SecondStage>) {
        Self::compare(self, plans);
    }

    fn agree(&self, yes: bool) {
        Self::agree(self, yes);
    }

    fn mark(&self, mark: Mark) {
        Self::mark(self, mark);
    }
}

fn start_log(file: &std::path::Path) -> Result<()> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .map_err(|e| Error::io("cannot open the log", file, &e))?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("RANKSCOPE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(std::sync::Mutex::new(file))
        .try_init()
        .map_err(|e| Error::bug(format!("log: {e}")))
}

/// Writes to standard output; a reader that has gone away (`| head`) ends the program quietly.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Input, format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints what a program is to read. Where a person reads it instead, on a terminal, text from files is
/// made harmless first.
fn print_report(text: &str) -> Result<()> {
    if !std::io::stdout().is_terminal() {
        return print(text);
    }
    let lines: Vec<_> = text.lines().map(visible).collect();
    print(&(lines.join("\n") + "\n"))
}

/// Prints an error for a person, with what came from files made harmless.
pub fn tell(error: &Error) {
    let message = error.to_string();
    let lines: Vec<_> = message.lines().map(visible).collect();
    let _ = writeln!(std::io::stderr(), "rankscope: {}", lines.join("\n"));
}

/// Starts the engine and gives it one request; `take` sees every event until it returns something.
fn drive<T>(options: EngineOptions, mut take: impl FnMut(&Engine, Event) -> Result<Option<T>>) -> Result<T> {
    interrupt::listen();
    let (sink, events) = std::sync::mpsc::channel();
    let engine = Engine::start(options, move |event| {
        let _ = sink.send(event);
    })?;
    loop {
        let event = events.recv().map_err(|_| Error::bug("the engine ended without an answer"))?;
        if let Some(answer) = take(&engine, event)? {
            return Ok(answer);
        }
    }
}
