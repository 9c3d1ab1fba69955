//! Keeping ONNX Runtime from reporting to its makers.
//!
//! The official Linux and macOS packages (seen in 1.32.0, its pull request 27379) write an identifier and a
//! database to `Microsoft/DeveloperTools/.onnxruntime` in the user's cache folder and queue events, the
//! program's path among them, for an upload address that the library carries (no traffic was watched). `DisableTelemetryEvents` comes too late: the first event is
//! logged while the environment is made. The one full opt-out is a variable in the process's environment
//! from its start, and a process cannot set one for itself without `unsafe`. So the program starts itself
//! again with it, once, before it does anything else. On Windows events go to the system's own tracing,
//! which `DisableTelemetryEvents` ends.

use std::env;
use std::process::Command;

/// ONNX Runtime's opt-out: set and not empty before it is loaded. The second is what some versions read.
pub const TELEMETRY_VARIABLES: [&str; 2] = ["ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"];

/// Whether the environment forbids ONNX Runtime to report.
pub fn telemetry_is_off() -> bool {
    cfg!(windows) || TELEMETRY_VARIABLES.iter().all(|name| env::var_os(name).is_some())
}

/// Replaces this process by the same program with the same arguments and telemetry switched off; the
/// process id, the terminal and the open files stay. Returns at once where it is off already, and where
/// the system refuses. To be called first thing in `main`: what was done before is lost.
pub fn restart_without_telemetry() {
    if telemetry_is_off() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let name = arguments.next();
    let mut command = Command::new(program);
    command.args(arguments).envs(TELEMETRY_VARIABLES.map(|name| (name, "1")));
    replace(command, name);
}

#[cfg(unix)]
fn replace(mut command: Command, name: Option<std::ffi::OsString>) {
    use std::os::unix::process::CommandExt as _;
    if let Some(name) = name {
        command.arg0(name);
    }
    let error = command.exec();
    tracing::warn!("cannot switch off ONNX Runtime's telemetry: {error}");
}

#[cfg(not(unix))]
fn replace(_command: Command, _name: Option<std::ffi::OsString>) {}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// The test starts itself again, and that process restarts itself: it ends as one that has telemetry
    /// off, with the arguments and the process id that it began with.
    #[test]
    fn the_program_restarts_once_with_telemetry_off() {
        const BEGAN: &str = "RANKSCOPE_TEST_BEGAN";
        if let Some(began) = env::var_os(BEGAN) {
            restart_without_telemetry();
            assert!(telemetry_is_off());
            assert!(env::args().any(|argument| argument == "--exact"));
            let id = std::process::id().to_string();
            // The id of the shell that became this process by `exec`.
            assert_eq!(began.to_string_lossy(), id);
            return;
        }
        let name = "the_program_restarts_once_with_telemetry_off";
        let module = module_path!().split_once("::").unwrap().1;
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{BEGAN}=$$ exec \"$0\" \"$@\"")]);
        shell.arg(env::current_exe().unwrap()).args(["--exact", &format!("{module}::{name}")]);
        for name in TELEMETRY_VARIABLES {
            shell.env_remove(name);
        }
        let output = shell.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    }
}
