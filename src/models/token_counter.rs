//! In: texts and the folder of a model. Out: how many tokens each is to the model, and whether it reads
//! all of them. It loads no ONNX Runtime.

use super::locate::{ModelFiles, Source, TOKENIZER};
use super::pieces::TextCutter;
use super::{ModelCard, Reading, Role};
use crate::error::{Error, Result};

/// A model's tokenizer with its prefixes. Shared between threads.
pub struct TokenCounter {
    cutter: TextCutter,
    query_prefix: String,
    passage_prefix: String,
    card: ModelCard,
}

impl TokenCounter {
    /// Reads the tokenizer of a model in a folder: a second or more.
    ///
    /// # Errors
    /// `Unavailable` where the file is no tokenizer, and for a model that fastembed knows by name: its
    /// files are fastembed's own.
    pub fn open(files: &ModelFiles) -> Result<Self> {
        let recipe = match &files.source {
            Source::Folder(recipe) | Source::FolderByFastembed(recipe) => recipe,
            Source::FastembedName(_) => {
                return Err(Error::unavailable(format!("the tokenizer of {} is fastembed's", files.card.id)));
            }
        };
        let card = files.card.clone();
        Ok(Self {
            cutter: TextCutter::read(&card.folder.join(TOKENIZER), card.max_tokens)?,
            query_prefix: recipe.prefix(Role::Query).to_owned(),
            passage_prefix: recipe.prefix(Role::Passage).to_owned(),
            card,
        })
    }

    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// How the model would read a text.
    ///
    /// # Errors
    /// `Unavailable` where the tokenizer refuses the text.
    pub fn reading(&self, role: Role, text: &str) -> Result<Reading> {
        let prefix = match role {
            Role::Query => &self.query_prefix,
            Role::Passage => &self.passage_prefix,
        };
        Ok(self.cutter.cut(prefix, text)?.reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{ModelOptions, locate};

    /// Trap: without the prefix and the two special tokens the count is four less than what the model
    /// reads, and a text just over the limit would be called whole.
    #[test]
    fn tokens_are_those_that_the_model_reads() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let options = ModelOptions { model_dir: Some(folder), offline: true, ..ModelOptions::default() };
        let counter = TokenCounter::open(&locate(&options).unwrap()).unwrap();
        let reading = |text: &str| counter.reading(Role::Passage, text).unwrap();
        let empty = reading("").n_tokens;
        assert!(empty > 2, "prefix and special tokens: {empty}");
        let words = |n: usize| reading(&"a ".repeat(n));
        assert_eq!((words(100).n_tokens - empty, words(100).truncated), (100, false));
        let room = counter.card().max_tokens - empty as usize;
        assert_eq!((words(room).truncated, words(room + 1).truncated), (false, true));
    }
}
