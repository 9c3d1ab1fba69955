//! The end of the program. Whoever closes the screen gets the prompt back at once, whatever a model is doing.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::corpus::Mark;
use crate::domain::SecondStage;
use crate::engine::{Engine, Request};
use crate::tui;

/// How long threads may go on when the screen is gone: most end sooner, and the rest of a model's loading takes
/// seconds. Elsewhere than on Unix they are waited for.
const GRACE: Duration = if cfg!(unix) { Duration::from_millis(200) } else { Duration::MAX };

/// Whether an engine was left whose threads are still at work.
static AT_WORK: AtomicBool = AtomicBool::new(false);

/// The engine behind a screen. What the person asked for is waited for at the end, and nothing else.
pub struct OnScreen(Option<Engine>);

impl OnScreen {
    pub fn new(engine: Engine) -> Self {
        Self(Some(engine))
    }

    fn tell(&self, what: impl FnOnce(&Engine)) {
        if let Some(engine) = &self.0 {
            what(engine);
        }
    }
}

impl tui::EngineHandle for OnScreen {
    fn request(&self, request: Request) {
        self.tell(|engine| engine.request(request));
    }

    fn compare(&self, plans: Vec<SecondStage>) {
        self.tell(|engine| engine.compare(plans));
    }

    fn agree(&self, yes: bool) {
        self.tell(|engine| engine.agree(yes));
    }

    fn mark(&self, mark: Mark) {
        self.tell(|engine| engine.mark(mark));
    }
}

impl Drop for OnScreen {
    fn drop(&mut self) {
        if self.0.take().is_some_and(|engine| !engine.leave(GRACE)) {
            AT_WORK.store(true, Ordering::Relaxed);
        }
    }
}

/// Ends with this exit code. Where threads are still at work the process ends without what libraries do at its
/// end: ONNX Runtime does not expect that while it loads a model.
pub fn end(code: u8) -> ExitCode {
    #[cfg(unix)]
    if AT_WORK.load(Ordering::Relaxed) {
        let _ = std::io::stdout().flush();
        let _ = std::io::stderr().flush();
        signal_hook::low_level::exit(code.into());
    }
    ExitCode::from(code)
}
