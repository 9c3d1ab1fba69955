//! What comes in: requests and what the background has found out, and what that makes untrue.

use std::sync::Arc;

use super::{Dense, Worker};
use crate::engine::background::Fact;
use crate::engine::query_state::QueryState;

impl Worker {
    pub(super) fn take_fact(&mut self, fact: Fact) {
        self.dirty.view = true;
        match fact {
            Fact::Progress { done, total, doing } => {
                if !matches!(self.dense, Dense::Ready(_)) {
                    self.dense = Dense::Working { done, total, doing };
                }
            }
            Fact::Model(model) => {
                self.model = Some(model);
                self.ask_for_typed();
                self.ask_for_own();
            }
            Fact::Runtime(version) => self.runtime = Some(version),
            Fact::Dense(dense) => {
                self.take_late_parts(&dense);
                let truncated = dense.tokens.truncated();
                if truncated > 0 {
                    self.notes.push(format!(
                        "{truncated} passages are longer than the model reads: it sees only their beginning"
                    ));
                }
                let passages = (0u32..).take(self.collection.passages.len());
                self.readings =
                    passages.map(|doc| dense.tokens.reading(crate::domain::DocIdx(doc))).collect();
                self.dense = Dense::Ready(dense);
                self.texts = None;
                self.dirty.judged = true;
                self.dirty.work_list = true;
            }
            Fact::Listed(vectors) => {
                for (query, vector) in vectors {
                    if let Some(state) = self.listed.get_mut(query.index()) {
                        state.vector = Some(vector);
                    }
                }
            }
            Fact::Typed { text, vector } => {
                let waits = |state: &&mut QueryState| state.vector.is_none() && state.text == text;
                let own = self.listed.iter_mut().skip(self.queries_at_start);
                let waiting: Vec<&mut QueryState> = own.chain(self.typed.as_mut()).filter(waits).collect();
                if !waiting.is_empty() {
                    match vector {
                        Ok(vector) => {
                            waiting.into_iter().for_each(|state| state.vector = Some(Arc::clone(&vector)));
                            self.ask_for_own();
                        }
                        Err(error) => self.notes.push(error.to_string()),
                    }
                    self.dirty.work_list = true;
                    self.dirty.urgent = true;
                }
            }
            Fact::Failed(error) => {
                if matches!(self.dense, Dense::Ready(_)) {
                    self.notes.push(error.to_string());
                } else {
                    self.dense = Dense::Failed(error);
                }
                self.dirty.judged = true;
            }
        }
    }
}
