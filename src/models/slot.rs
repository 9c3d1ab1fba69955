//! The place where a loading model will be: one thread fills it, others wait for it or look.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Encoder;
use crate::error::{Error, Result};

/// A shared place for one encoder. Clones are the same place.
#[derive(Clone, Default)]
pub struct EncoderSlot(Arc<(Mutex<Slot>, Condvar)>);

#[derive(Default)]
struct Slot {
    outcome: Option<Result<Arc<dyn Encoder>>>,
    /// Somebody waits.
    wanted: bool,
}

impl EncoderSlot {
    /// Fills the slot; the first outcome stays.
    pub fn fill(&self, outcome: Result<Arc<dyn Encoder>>) {
        self.lock().outcome.get_or_insert(outcome);
        self.0.1.notify_all();
    }

    /// Ends all waiting, and the work of an encoder that is there already.
    pub fn close(&self) {
        self.fill(Err(Error::unavailable("the program is ending")));
        if let Some(Ok(encoder)) = &self.lock().outcome {
            encoder.stop();
        }
    }

    /// The encoder, when it is there.
    ///
    /// # Errors
    /// Why it did not load.
    pub fn wait(&self) -> Result<Arc<dyn Encoder>> {
        let mut slot = self.lock();
        slot.wanted = true;
        self.0.1.notify_all();
        loop {
            if let Some(outcome) = slot.outcome.as_ref() {
                return outcome.clone();
            }
            slot = self.0.1.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until somebody waits for the encoder (true), or it is there or will never be (false).
    pub fn until_wanted(&self) -> bool {
        let mut slot = self.lock();
        while !slot.wanted && slot.outcome.is_none() {
            slot = self.0.1.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.outcome.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
