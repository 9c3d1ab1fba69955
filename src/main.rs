//! The program: parse, run, map errors to exit codes.

use std::process::ExitCode;

use clap::Parser as _;
use rankscope::{cli, models};

fn main() -> ExitCode {
    models::runtime::restart_without_telemetry();
    let args = cli::args::Args::parse();
    match cli::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::tell(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}
