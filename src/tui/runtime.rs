//! The loop: waits for the terminal, the engine and signals, feeds `update`, performs its effects, draws.
//! One thread. It sleeps until something happens, takes everything that is there, and then draws once.

mod signals;
mod writing;

use std::io::{self, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event as TerminalEvent, EventStream, MouseButton, MouseEvent, MouseEventKind};
use crossterm::execute;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use futures_util::StreamExt as _;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::config::session;
use crate::corpus::{self, Collection};
use crate::domain::DocIdx;
use crate::engine::Event;
use crate::error::{Error, Result};

use super::behind::Behind;
use super::guard::{self, Guard};
use super::hit::{Gesture, HitMap, Pointer, Target, along};
use super::message::{Effect, Message, Picture, Writing};
use super::probe::LateAnswer;
use super::residue::Residue;
use super::state::State;
use super::theme::Look;
use super::update::{moved, update};
use super::{EngineHandle, Ground, Options, editor, picture, probe, view};
use signals::Signals;

pub fn run<H: EngineHandle>(
    options: Options,
    start: impl FnOnce(Box<dyn Fn(Event) + Send>) -> Result<H>,
) -> Result<()> {
    let (tell, hear) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::unavailable(format!("cannot wait for events: {error}")))?;
    let sink = tell.clone();
    let engine = start(Box::new(move |event| {
        // The screen may be gone already; then nobody wants to know.
        let _ = sink.send(event.into());
    }))?;
    #[cfg(unix)]
    super::hangup::watch().map_err(|error| no_terminal(&error))?;
    let guard = Guard::take(!options.no_mouse).map_err(|error| no_terminal(&error))?;
    let outcome = Screen::open(&options, guard, &engine, tell.clone()).and_then(|mut screen| {
        let outcome = runtime.block_on(screen.run(hear));
        screen.leave();
        outcome
    });
    // The terminal is given back by now; joining the engine may take a moment. Until here our own end of
    // the channel is open, so that an engine that has gone away reads as silence.
    drop(engine);
    drop(tell);
    outcome
}

fn no_terminal(error: &io::Error) -> Error {
    Error::unavailable(format!("the terminal cannot be used: {error}"))
        .advise("run in a terminal, or use `rankscope eval` for a report without a screen")
}

fn terminal() -> Result<Terminal<CrosstermBackend<io::Stdout>>> {
    Terminal::new(CrosstermBackend::new(stdout())).map_err(|error| no_terminal(&error))
}

/// What the loop goes on with.
#[derive(Debug)]
enum Next {
    Wait,
    Stop,
    /// The editor is to be run: keys are its own until it ends.
    Edit(Arc<Collection>, DocIdx),
    /// The program is to stand still: keys are the shell's until it goes on.
    Suspend,
}

struct Screen<'a, H: EngineHandle> {
    guard: Guard,
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    state: State,
    hits: HitMap,
    residue: Residue,
    /// What the pressed mouse button holds: a drag stays with its target.
    held: Option<(Rect, Target)>,
    engine: &'a H,
    /// Our own end of the channel, for what is done beside the loop.
    tell: UnboundedSender<Message>,
    /// Files that are being written: the end waits for them.
    writers: Vec<JoinHandle<()>>,
    /// An answer of the terminal that may come too late.
    late: LateAnswer,
    behind: Behind,
}

impl<'a, H: EngineHandle> Screen<'a, H> {
    fn open(options: &Options, guard: Guard, engine: &'a H, tell: UnboundedSender<Message>) -> Result<Self> {
        let done = tell.clone();
        // The screen may be gone by then.
        let behind = Behind::start(move |outcome| drop(done.send(Message::Done(outcome))))
            .map_err(|error| Error::unavailable(format!("cannot start a thread: {error}")))?;
        if options.coloured == Some(true) {
            // The terminal library obeys NO_COLOR by itself.
            crossterm::style::force_color_output(true);
        }
        let mut look = Look::from_environment(options.ascii, options.coloured);
        let mut late = LateAnswer::default();
        let ground = options.theme.as_ref().map_or(Ground::Dark, |theme| {
            let ground = probe::ground(&mut late);
            look.theme = theme.on(ground);
            ground
        });
        if !look.ascii {
            let tell = tell.clone();
            let late = move |_wide| drop(tell.send(Message::AmbiguousIsWide));
            look.ascii = probe::ambiguous_is_wide(late).map_err(|error| no_terminal(&error))?;
        }
        let terminal = terminal()?;
        let size = terminal.size().map_err(|error| no_terminal(&error))?;
        let state = State { ground, ..State::new(options, look, (size.width, size.height)) };
        Ok(Self {
            guard,
            terminal,
            state,
            hits: HitMap::default(),
            residue: Residue::default(),
            held: None,
            engine,
            tell,
            writers: Vec::new(),
            late,
            behind,
        })
    }

    async fn run(&mut self, mut engine_says: UnboundedReceiver<Message>) -> Result<()> {
        let mut terminal_says = EventStream::new();
        let mut signals = Signals::new().map_err(|error| no_terminal(&error))?;
        self.draw()?;
        let mut ahead = None;
        loop {
            let first = match ahead.take() {
                Some(event) => self.translate(event),
                None => tokio::select! {
                    biased;
                    () = signals.wait() => Some(Message::Terminate),
                    event = terminal_says.next() => match event {
                        Some(Ok(event)) => self.translate(event),
                        // The terminal is gone.
                        Some(Err(_)) | None => Some(Message::Terminate),
                    },
                    message = engine_says.recv() => message,
                },
            };
            let effects = self.take_all(first, &mut terminal_says, &mut engine_says).await;
            let Some(effects) = effects else { continue };
            match self.perform(effects)? {
                Next::Stop => return Ok(()),
                away @ (Next::Edit(..) | Next::Suspend) => {
                    // Its thread would read what is typed for others.
                    drop(terminal_says);
                    match away {
                        Next::Edit(collection, doc) => self.edit(&collection, doc)?,
                        _ => self.suspend()?,
                    }
                    terminal_says = EventStream::new();
                    // The system's news of keys that others have read since, and the old stream's call to
                    // end, lie in the way of the next key. They are taken here, while there is no screen yet
                    // that one could answer.
                    ahead = ready(&mut terminal_says).await;
                }
                Next::Wait => {}
            }
            self.draw()?;
        }
    }

    /// Feeds everything that is there to `update`, up to an effect that has to be performed first; `None`
    /// where nothing of it meant anything.
    async fn take_all(
        &mut self,
        first: Option<Message>,
        terminal_says: &mut EventStream,
        engine_says: &mut UnboundedReceiver<Message>,
    ) -> Option<Vec<Effect>> {
        let mut effects = first.map(|message| update(&mut self.state, message));
        while !effects.iter().flatten().any(comes_first) {
            let message = match ready(terminal_says).await {
                Some(event) => self.translate(event),
                None => match engine_says.try_recv() {
                    Ok(message) => Some(message),
                    Err(_) => break,
                },
            };
            if let Some(message) = message {
                effects.get_or_insert_with(Vec::new).extend(update(&mut self.state, message));
            }
        }
        effects
    }

    /// A terminal event as a message; `None` where it means nothing.
    fn translate(&mut self, event: TerminalEvent) -> Option<Message> {
        match event {
            TerminalEvent::Key(key) if self.late.is_part(&key) => None,
            TerminalEvent::Key(key) => Some(Message::Key(key)),
            TerminalEvent::Paste(text) => Some(Message::Paste(text)),
            TerminalEvent::Resize(width, height) => Some(Message::Resize(width, height)),
            TerminalEvent::Mouse(MouseEvent { kind: MouseEventKind::Moved, column, row, .. }) => {
                moved(&self.state, &self.hits, column, row)
            }
            TerminalEvent::Mouse(mouse) => self.point(mouse).map(Message::Pointer),
            TerminalEvent::FocusGained | TerminalEvent::FocusLost => None,
        }
    }

    fn point(&mut self, mouse: MouseEvent) -> Option<Pointer> {
        let under = self.hits.at(mouse.column, mouse.row);
        let gesture = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.held = under;
                Gesture::Press
            }
            MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
            MouseEventKind::ScrollUp => Gesture::WheelUp,
            MouseEventKind::ScrollDown => Gesture::WheelDown,
            MouseEventKind::Up(_) => {
                self.held = None;
                return None;
            }
            _ => return None,
        };
        let (area, target) = if gesture == Gesture::Drag { self.held? } else { under? };
        Some(Pointer { target, gesture, along: along(area, mouse.column) })
    }

    /// Performs effects in order; of several requests only the newest is sent.
    fn perform(&mut self, effects: Vec<Effect>) -> Result<Next> {
        let mut newest = None;
        let mut next = Next::Wait;
        for effect in effects {
            match effect {
                Effect::Request(request) => newest = Some(request),
                Effect::Compare(plans) => self.engine.compare(plans),
                Effect::Agree(yes) => self.engine.agree(yes),
                Effect::Behind(job) => self.behind.start_job(job),
                Effect::Judge(mark) => self.engine.mark(mark),
                Effect::Write(what) => self.write(what),
                Effect::Copy(text) => {
                    execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
                        .map_err(|error| no_terminal(&error))?;
                }
                Effect::Edit(collection, doc) => next = Next::Edit(collection, doc),
                Effect::CaptureMouse(on) => {
                    self.guard.capture_mouse(on).map_err(|error| no_terminal(&error))?;
                }
                Effect::Picture(picture) => self.picture(picture),
                Effect::Repaint => self.repaint()?,
                Effect::Suspend => next = Next::Suspend,
                Effect::Quit => {
                    self.guard.give_back();
                    return Ok(Next::Stop);
                }
                Effect::Fail(error) => {
                    self.guard.give_back();
                    return Err(error);
                }
            }
        }
        if let Some(request) = newest {
            self.engine.request(request);
        }
        Ok(next)
    }

    fn suspend(&mut self) -> Result<()> {
        guard::suspend(&self.guard).map_err(|error| no_terminal(&error))?;
        self.repaint()
    }

    /// Writes a file on a thread of its own: no key waits for a disk.
    fn write(&mut self, what: Writing) {
        let (files, legs, tell) =
            (self.state.files.clone(), self.state.shelf.legs.clone(), self.tell.clone());
        let write = move || drop(tell.send(Message::Kept(writing::kept(what, &files, &legs))));
        match std::thread::Builder::new().name("write".to_owned()).spawn(write) {
            Ok(writer) => self.writers.push(writer),
            Err(error) => self.state.complain(format!("nothing is written: {error}")),
        }
    }

    /// Runs the user's editor on a passage's file.
    fn edit(&mut self, collection: &Collection, doc: DocIdx) -> Result<()> {
        let place = match corpus::whereabouts(collection, doc) {
            Ok(place) => place,
            Err(error) => {
                self.state.complain(error.to_string().replace('\n', " "));
                return Ok(());
            }
        };
        let Some((program, arguments)) = editor::command(|name| std::env::var(name).ok(), &place.0, place.1)
        else {
            self.state.complain("$VISUAL or $EDITOR cannot be read: a quote is not closed");
            return Ok(());
        };
        self.guard.give_back();
        let ended = std::process::Command::new(&program).args(arguments).status();
        self.guard.retake().map_err(|error| no_terminal(&error))?;
        self.repaint()?;
        let place = format!("{}:{}", place.0.display(), place.1);
        match ended {
            Ok(status) if status.success() => self.state.say(place),
            Ok(status) => self.state.complain(format!("{program} ended with {status}: {place}")),
            Err(error) => self.state.complain(format!(
                "{program}: {error}; set $EDITOR to your editor, or open {place} yourself"
            )),
        }
        Ok(())
    }

    /// What is left to do when the screen is gone: what was asked to be written is, and the session kept.
    fn leave(&mut self) {
        self.guard.give_back();
        for writer in self.writers.drain(..) {
            let _ = writer.join();
        }
        let state = &self.state;
        let (Some(file), Some(collection)) = (&state.files.session, &state.collection) else { return };
        // A tour leaves nothing for the next start.
        if state.tour.is_some() {
            return;
        }
        let query = state.query.and_then(|query| collection.queries.get(query.index()));
        let left = (query.map(|query| query.id.as_str()), state.typed.as_deref());
        let (now, start) = (&state.settings, &state.settings_at_start);
        if let Err(error) = session::write(file, left, now, start, &state.shelf.legs) {
            tracing::warn!("not found again at the next start: {error}");
        }
    }

    /// Makes a picture and writes it, beside the loop: a disk may be slow.
    fn picture(&self, picture: Picture) {
        let (state, tell) = (self.state.clone(), self.tell.clone());
        let write = move || {
            let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
            let outcome =
                picture::contents(&state, picture).and_then(|contents| picture::write(&folder, &contents));
            // The screen may be gone already; the file is there all the same.
            let _ = tell.send(Message::Pictured(outcome));
        };
        if let Err(error) = std::thread::Builder::new().name("picture".to_owned()).spawn(write) {
            let fault = Error::unavailable(format!("cannot start a thread: {error}"));
            let _ = self.tell.send(Message::Pictured(Err(fault)));
        }
    }

    /// Draws every cell again. Not by `Terminal::clear`: that asks where the cursor is, and the answer
    /// would go to the event stream.
    fn repaint(&mut self) -> Result<()> {
        self.terminal = terminal()?;
        let size = self.terminal.size().map_err(|error| no_terminal(&error))?;
        update(&mut self.state, Message::Resize(size.width, size.height));
        execute!(stdout(), Clear(ClearType::All)).map_err(|error| no_terminal(&error))
    }

    fn draw(&mut self) -> Result<()> {
        let Self { terminal, state, hits, residue, .. } = self;
        let mut draw = || -> io::Result<()> {
            execute!(stdout(), BeginSynchronizedUpdate)?;
            terminal.draw(|frame| {
                *hits = view::draw(frame, state);
                residue.write_over(frame.buffer_mut());
            })?;
            execute!(stdout(), EndSynchronizedUpdate)
        };
        draw().map_err(|error| no_terminal(&error))
    }
}

/// Whether the keys behind it must wait: it shows the screen as it is now, or they are another's to read.
fn comes_first(effect: &Effect) -> bool {
    matches!(effect, Effect::Picture(_) | Effect::Edit(..) | Effect::Suspend | Effect::Quit | Effect::Fail(_))
}

/// The next terminal event if it is there already. Polled with the loop's own waker: the stream keeps the
/// waker of its last poll, and with any other the loop would sleep through the next key.
async fn ready(terminal_says: &mut EventStream) -> Option<TerminalEvent> {
    let poll = |context: &mut Context<'_>| match terminal_says.poll_next_unpin(context) {
        Poll::Ready(Some(Ok(event))) => Poll::Ready(Some(event)),
        _ => Poll::Ready(None),
    };
    std::future::poll_fn(poll).await
}
