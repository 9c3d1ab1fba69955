//! The program without a screen: arguments in, text or JSON out, an exit code.

mod analyze;
pub mod args;
mod cache;
mod compare;
mod configuration;
mod demo;
mod diagnose;
mod doctor;
mod ending;
mod eval;
mod explain;
mod export;
mod gate;
mod grid;
mod interrupt;
mod models;
mod one_query;
mod progress;
mod rerankers;
mod sample;
mod saved;
mod screen;
mod search;
mod shell;
mod side;
mod sweep;
mod validate;

use std::io::{IsTerminal as _, Write as _};

use crate::engine::{Engine, EngineOptions, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::text::visible;
use crate::tui;
use args::{Args, Command, EngineArgs};
use ending::OnScreen;
pub use ending::end;

/// Does what the arguments say. The exit code is 0, or that of the error.
///
/// # Errors
/// What was wrong; `main` prints it and takes its exit code.
pub fn run(args: Args) -> Result<()> {
    if let Some(file) = &args.log {
        start_log(file)?;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "rankscope begins");
    let begun = std::time::Instant::now();
    let done = dispatch(args);
    let ms = begun.elapsed().as_millis();
    match &done {
        Ok(()) => tracing::info!(ms, "rankscope ends"),
        Err(error) => tracing::error!(ms, exit_code = error.kind.exit_code(), "{error}"),
    }
    done
}

fn dispatch(args: Args) -> Result<()> {
    match args.command {
        Some(Command::Eval(eval)) => eval::run(&eval),
        Some(Command::Diagnose(diagnose)) => diagnose::run(&diagnose),
        Some(Command::Explain(explain)) => explain::run(&explain),
        Some(Command::Search(search)) => search::run(&search),
        Some(Command::Doctor(doctor)) => doctor::run(&doctor),
        Some(Command::Compare(compare)) => compare::run(&compare),
        Some(Command::Sweep(sweep)) => sweep::run(&sweep),
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
        None => open(&args.screen, &args.engine, args.color.coloured()),
    }
}

/// The screen; where there is no terminal, the same findings as text.
fn open(screen: &args::ScreenArgs, engine: &EngineArgs, coloured: Option<bool>) -> Result<()> {
    let script = screen.demo.is_some().then(|| demo::script(screen, engine)).transpose()?;
    let options = tui::Options { coloured, ..demo::screen_options(screen, engine, script)? };
    if options.tour.is_none() && !is_terminal() {
        return eval::findings(engine);
    }
    show(options, engine)
}

fn is_terminal() -> bool {
    // A dumb terminal cannot be drawn on: it has no cursor to move.
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !dumb
}

/// The screen on a terminal.
fn show(screen: tui::Options, engine: &EngineArgs) -> Result<()> {
    let options = engine.options(true)?;
    if !is_terminal() {
        return Err(Error::usage("a tour needs a terminal to step through")
            .advise("rankscope demo --record FILE writes it down without one"));
    }
    tui::run(screen, move |sink| Engine::start(options, sink).map(OnScreen::new))
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

/// Whether the arguments ask for JSON, so that an error is told in JSON, too. Read from what was typed:
/// arguments that are wrong have no other form.
pub fn wants_json(typed: impl Iterator<Item = std::ffi::OsString>) -> bool {
    let mut before = std::ffi::OsString::new();
    for argument in typed {
        if argument == "--json" || argument == "--format=json" || (before == "--format" && argument == "json")
        {
            return true;
        }
        if argument == "--" {
            return false;
        }
        before = argument;
    }
    false
}

/// Prints an error as one line of JSON.
pub fn tell_as_json(error: &Error) {
    let place = error.place.as_ref();
    let told = serde_json::json!({ "error": {
        "exit_code": error.kind.exit_code(),
        "kind": error.kind.name(),
        "message": error.message,
        "file": place.map(|place| place.file.display().to_string()),
        "line": place.and_then(|place| place.line),
        "advice": error.advice,
    }});
    let _ = writeln!(std::io::stderr(), "{told}");
}

/// Prints an error for a person, with what came from files made harmless.
pub fn tell(error: &Error) {
    let message = error.to_string();
    let lines: Vec<_> = message.lines().map(visible).collect();
    let _ = writeln!(std::io::stderr(), "rankscope: {}", lines.join("\n"));
}

/// Opens the collection, with progress on standard error; ctrl-c ends the work cleanly from then on.
fn open_session(options: EngineOptions, quiet: bool) -> Result<Session> {
    interrupt::listen();
    let mut progress = progress::Progress::new(quiet);
    Session::open_watched(options, |reading| progress.read(reading))
}
