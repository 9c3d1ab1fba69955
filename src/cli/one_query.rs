//! What the commands about one query share. In: the collection's flags and the query as it is written. Out:
//! the open collection, which query is meant, and its settled answer.

use std::sync::Arc;

use super::args::EngineArgs;
use super::progress::Progress;
use crate::corpus::Collection;
use crate::domain::{DocIdx, QueryIdx, Settings};
use crate::engine::{Ask, Focus, Session, Snapshot};
use crate::error::{Error, Result};

pub(super) struct OneQuery {
    pub collection: Arc<Collection>,
    session: Session,
    settings: Settings,
    focus: Focus,
    quiet: bool,
}

impl OneQuery {
    /// # Errors
    /// When the collection cannot be opened, or there is nothing to search for.
    pub fn open(engine: &EngineArgs, query: &str, quiet: bool) -> Result<Self> {
        let options = engine.options(false)?;
        let settings = options.settings.clone();
        let session = super::open_session(options, quiet)?;
        let collection = Arc::clone(&session.collection);
        let focus = focus(&collection, query)?;
        Ok(Self { collection, session, settings, focus, quiet })
    }

    /// The answer, with the passage `inspect` explained in it.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn ask(&mut self, inspect: Option<DocIdx>) -> Result<Arc<Snapshot>> {
        let ask = Ask { focus: Some(self.focus.clone()), inspect, ..Ask::of(self.settings.clone()) };
        let mut progress = Progress::new(self.quiet);
        self.session.ask(ask, |snapshot| progress.show(snapshot))
    }
}

/// The query with that id, else the text itself.
///
/// # Errors
/// When there is nothing to search for.
fn focus(collection: &Collection, query: &str) -> Result<Focus> {
    let listed = (0u32..).zip(&collection.queries).find(|(_, listed)| listed.id == query);
    match listed {
        Some((at, _)) => Ok(Focus::Listed(QueryIdx(at))),
        None if query.trim().is_empty() => Err(Error::usage("an empty query finds nothing")),
        None => Ok(Focus::Typed(query.to_owned())),
    }
}
