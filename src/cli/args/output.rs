//! Text or JSON: what most commands print.

use super::Format;

/// How a command prints what it found.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct OutputArgs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
    /// The same as --format json; errors are JSON then, too
    #[arg(long, conflicts_with = "format")]
    pub(in crate::cli) json: bool,
}

impl OutputArgs {
    pub fn format(self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}
