//! The flags of reranking services: where one of one's own is, and what any may cost.

use crate::domain::SecondStage;
use crate::domain::rerankers::{self, RerankerKind};
use crate::error::{Error, Result};
use crate::rerank::http::Budget;

#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Reranking services")]
pub struct ServiceArgs {
    /// Address of the service in --rerank, where that has none: http://127.0.0.1:8080
    #[arg(long, value_name = "URL", requires = "rerank")]
    pub rerank_url: Option<String>,
    /// Let a service's key go unencrypted to another machine
    #[arg(long)]
    pub rerank_plain_http: bool,
    /// Dollars that services may cost in this run, all together; without a limit none that bills is asked,
    /// and the screen asks first in any case
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<f64>,
    /// Search units that a service may bill in this run (Cohere)
    #[arg(long, value_name = "UNITS")]
    pub max_search_units: Option<f64>,
    /// Tokens that a service may bill in this run (Voyage, Jina, Mixedbread)
    #[arg(long, value_name = "TOKENS")]
    pub max_billed_tokens: Option<u64>,
}

impl ServiceArgs {
    /// # Errors
    /// When a limit is no amount.
    pub fn budget(&self) -> Result<Budget> {
        for (flag, limit) in [("--max-cost", self.max_cost), ("--max-search-units", self.max_search_units)] {
            if let Some(limit) = limit.filter(|limit| !limit.is_finite() || *limit < 0.0) {
                return Err(Error::usage(format!("{flag} {limit}: a limit is a number from 0")));
            }
        }
        Ok(Budget {
            max_usd: self.max_cost,
            max_search_units: self.max_search_units,
            max_tokens: self.max_billed_tokens,
        })
    }

    /// The plan with the address in it: `tei` becomes `tei:URL`, `vllm:MODEL` becomes `vllm:URL#MODEL`.
    ///
    /// # Errors
    /// When the plan has no service without an address, or several, or the address cannot stand in a plan.
    pub fn addressed(&self, plan: Option<SecondStage>) -> Result<Option<SecondStage>> {
        let (Some(url), Some(mut plan)) = (&self.rerank_url, plan.clone()) else { return Ok(plan) };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(Error::usage(format!(
                "--rerank-url {url}: an address begins with http:// or https://"
            )));
        }
        if let Some(sign) = url.chars().find(|sign| matches!(sign, '+' | '*' | '>' | '#' | ' ')) {
            return Err(Error::usage(format!(
                "--rerank-url {url}: an address with {sign:?} cannot stand in a plan"
            ))
            .advise("write that sign as a percent code, or give the service another path"));
        }
        let is_service =
            |name: &str| rerankers::card(name).is_some_and(|card| card.kind == RerankerKind::Service);
        let parts = plan.stages.iter_mut().flat_map(|stage| &mut stage.parts);
        let mut without: Vec<&mut String> = parts
            .map(|part| &mut part.name)
            .filter(|name| is_service(name) && !name.contains("://"))
            .collect();
        without.sort();
        let (first, last) =
            (without.first().map(|name| (*name).clone()), without.last().map(|n| (*n).clone()));
        match (first, last) {
            (None, _) => Err(Error::usage("--rerank-url: no service in --rerank is without an address")
                .advise("name one, such as --rerank tei; `rankscope models list` tells which there are")),
            (Some(one), Some(other)) if one != other => {
                Err(Error::usage(format!("--rerank-url: is it the address of {one} or of {other}?"))
                    .advise("write it into the plan: tei:http://127.0.0.1:8080, vllm:URL#MODEL"))
            }
            _ => {
                for name in without {
                    *name = match name.split_once(':') {
                        Some((service, model)) if !model.is_empty() => format!("{service}:{url}#{model}"),
                        _ => format!("{}:{url}", name.trim_end_matches(':')),
                    };
                }
                Ok(Some(plan))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed(plan: &str, url: &str) -> std::result::Result<String, String> {
        let args = ServiceArgs { rerank_url: Some(url.to_owned()), ..ServiceArgs::default() };
        match args.addressed(Some(plan.parse().unwrap())) {
            Ok(plan) => Ok(plan.unwrap().to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    const URL: &str = "http://127.0.0.1:8080";

    #[test]
    fn the_address_goes_to_the_service_that_has_none() {
        for (plan, expected) in [
            ("tei", "tei:http://127.0.0.1:8080"),
            ("vllm:BAAI/bge-reranker-v2-m3", "vllm:http://127.0.0.1:8080#BAAI/bge-reranker-v2-m3"),
            ("late-interaction@100 > tei@20", "late-interaction@100 > tei:http://127.0.0.1:8080@20"),
            ("tei:http://a + url:m", "tei:http://a+url:http://127.0.0.1:8080#m"),
        ] {
            let found = addressed(plan, URL).unwrap();
            assert_eq!(found, expected);
            assert_eq!(
                found.parse::<SecondStage>().unwrap().to_string(),
                expected,
                "it can be kept in a file"
            );
        }
    }

    #[test]
    fn an_address_that_nothing_or_too_much_asks_for_is_refused() {
        assert!(addressed("late-interaction", URL).unwrap_err().contains("no service"));
        assert!(addressed("tei + vllm:m", URL).unwrap_err().contains("of tei or of vllm:m"));
        assert!(addressed("tei", "127.0.0.1:8080").unwrap_err().contains("http://"));
        assert!(addressed("tei", "http://a/x+y").unwrap_err().contains("'+'"));
    }

    #[test]
    fn a_limit_is_an_amount() {
        for wrong in [f64::NAN, -1.0, f64::INFINITY] {
            let args = ServiceArgs { max_cost: Some(wrong), ..ServiceArgs::default() };
            assert!(args.budget().unwrap_err().to_string().contains("--max-cost"));
        }
        let args = ServiceArgs { max_billed_tokens: Some(5), ..ServiceArgs::default() };
        assert_eq!(args.budget().unwrap().max_tokens, Some(5));
    }
}
