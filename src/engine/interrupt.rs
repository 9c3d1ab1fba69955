//! An interruption of the whole program: every engine that is at work ends, with an error that says what
//! is kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

use super::worker::Message;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static INBOXES: Mutex<Vec<mpsc::Sender<Message>>> = Mutex::new(Vec::new());

/// Ends every engine, those that start later included. They answer with an error of the kind
/// [`crate::error::ErrorKind::Interrupted`].
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
    for inbox in INBOXES.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _ = inbox.send(Message::Interrupt);
    }
}

pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// An engine that is to hear of it.
pub(super) fn register(inbox: &mpsc::Sender<Message>) {
    INBOXES.lock().unwrap_or_else(PoisonError::into_inner).push(inbox.clone());
}
