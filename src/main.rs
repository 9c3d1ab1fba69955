//! The program: parse, run, map errors to exit codes.

use std::process::ExitCode;

use clap::Parser as _;
use rankscope::error::Error;
use rankscope::{cli, models};

fn main() -> ExitCode {
    models::runtime::restart_without_telemetry();
    let json = cli::wants_json(std::env::args_os().skip(1));
    let args = match cli::args::Args::try_parse() {
        Ok(args) => args,
        // Help and version are no errors; clap prints them, and wrong arguments for a person.
        Err(error) if !json || !error.use_stderr() => error.exit(),
        Err(error) => return told(&Error::usage(error.to_string().trim().to_owned()), json),
    };
    match cli::run(args) {
        Ok(()) => cli::end(0),
        Err(error) => told(&error, json),
    }
}

fn told(error: &Error, json: bool) -> ExitCode {
    match json {
        true => cli::tell_as_json(error),
        false => cli::tell(error),
    }
    cli::end(error.kind.exit_code())
}
