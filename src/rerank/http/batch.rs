//! Cuts passages into requests that a service takes.

use super::cost::estimate_tokens;
use super::service::Limits;

/// The passages of one request, each with its place in the list that was asked about.
#[derive(Debug, PartialEq)]
pub(super) struct Batch {
    pub places: Vec<usize>,
    pub texts: Vec<String>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    fn push(&mut self, place: usize, text: &str) {
        self.places.push(place);
        self.texts.push(text.to_owned());
    }

    /// Two halves, for a service that finds the whole too large; both are smaller where there are two
    /// passages or more.
    pub fn halves(mut self) -> (Self, Self) {
        let half = self.len() / 2;
        let places = self.places.split_off(half);
        let texts = self.texts.split_off(half);
        (self, Self { places, texts })
    }
}

/// `passages` in their order, as few batches as `limits` allow. A passage that is beyond a limit by itself
/// makes a batch of its own: the service says what is wrong with it.
pub(super) fn cut<'a>(
    query: &str,
    passages: impl Iterator<Item = (usize, &'a str)>,
    limits: &Limits,
) -> Vec<Batch> {
    let query_tokens = estimate_tokens(query);
    let mut batches: Vec<Batch> = Vec::new();
    let (mut tokens, mut bytes) = (0, 0);
    for (place, text) in passages {
        let more_tokens = query_tokens.saturating_add(estimate_tokens(text));
        let fits = |batch: &&mut Batch| {
            batch.len() < limits.documents.max(1)
                && more_tokens.saturating_add(tokens) <= limits.tokens
                && text.len().saturating_add(bytes) <= limits.bytes
        };
        if let Some(batch) = batches.last_mut().filter(fits) {
            batch.push(place, text);
            tokens += more_tokens;
            bytes += text.len();
        } else {
            batches.push(Batch { places: vec![place], texts: vec![text.to_owned()] });
            (tokens, bytes) = (more_tokens, query.len() + text.len());
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Limits = Limits { documents: 1000, tokens: u64::MAX, bytes: usize::MAX };

    fn places(texts: &[&str], limits: Limits) -> Vec<Vec<usize>> {
        let batches = cut("12345678", texts.iter().copied().enumerate(), &limits);
        batches.into_iter().map(|batch| batch.places).collect()
    }

    #[test]
    fn each_limit_ends_a_batch() {
        let texts = ["aaaa"; 5];
        assert_eq!(places(&texts, WIDE), [[0, 1, 2, 3, 4]]);
        assert_eq!(places(&texts, Limits { documents: 2, ..WIDE }), [vec![0, 1], vec![2, 3], vec![4]]);
        // The query's 2 tokens count for each passage.
        assert_eq!(places(&texts, Limits { tokens: 6, ..WIDE }), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(places(&texts, Limits { bytes: 8 + 12, ..WIDE }), [vec![0, 1, 2], vec![3, 4]]);
        assert!(places(&[], WIDE).is_empty());
    }

    /// Trap: dropping a passage that fits nowhere, or going round forever.
    #[test]
    fn a_passage_beyond_a_limit_goes_alone() {
        let long = "long ".repeat(100);
        let limits = Limits { tokens: 20, ..WIDE };
        assert_eq!(places(&["a", &long, "b", "c"], limits), [vec![0], vec![1], vec![2, 3]]);
        assert_eq!(places(&["a", "b"], Limits { documents: 0, ..WIDE }), [[0], [1]]);
    }

    #[test]
    fn halves_keep_places_beside_texts() {
        let batch = Batch { places: vec![7, 8, 9], texts: vec!["g".into(), "h".into(), "i".into()] };
        let (first, second) = batch.halves();
        assert_eq!(first, Batch { places: vec![7], texts: vec!["g".into()] });
        assert_eq!(second, Batch { places: vec![8, 9], texts: vec!["h".into(), "i".into()] });
    }
}
