//! A child process with a time limit that cannot outlive this program.
//!
//! In: a Python interpreter, a script and its arguments. Out: what it printed. A child is killed when its
//! time is over or when its handle is dropped; and since nobody drops anything when a process is killed,
//! the script also watches its standard input, which ends with this process however that ends.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Goes before every script: no module from the current folder is imported, and the end of standard input
/// ends the interpreter. `os.read` and not `sys.stdin`, whose lock would hang the interpreter's own end.
const PREAMBLE: &str = "\
import os, sys
sys.path[:] = [p for p in sys.path if p not in ('', os.getcwd())]
import threading
def watch():
    try:
        while os.read(0, 64):
            pass
    except OSError:
        pass
    os._exit(70)
threading.Thread(target=watch, daemon=True).start()
";

const POLL: Duration = Duration::from_millis(20);
/// More output than this is nobody's message.
const MOST_OUTPUT: u64 = 1 << 20;

/// A Python interpreter: the program and what comes before its own options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    pub program: String,
    pub arguments: Vec<String>,
}

impl Python {
    /// The interpreters that are tried, in this order.
    pub fn usual() -> Vec<Self> {
        let one = |program: &str, arguments: &[&str]| Self {
            program: program.to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        };
        vec![one("python3", &[]), one("python", &[]), one("py", &["-3"])]
    }

    /// A command that runs `script`; its arguments are to be added.
    pub fn script(&self, script: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg("-c").arg(format!("{PREAMBLE}{script}"));
        command
    }
}

/// How a child ended.
#[derive(Debug)]
pub(super) enum Ended {
    Exited { status: ExitStatus, stdout: String, stderr: String },
    TimedOut,
}

/// Runs a command to its end or to its time limit; `tick` is called about every 20 ms.
///
/// # Errors
/// Where it cannot be started.
pub(super) fn run(command: &mut Command, limit: Duration, tick: &mut dyn FnMut()) -> io::Result<Ended> {
    // Files and not pipes: a pipe that a grandchild holds open would be waited for beyond the limit.
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::piped()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let started = Instant::now();
    let mut child = Killed(command.spawn()?);
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(Ended::Exited { status, stdout: text(stdout)?, stderr: text(stderr)? });
        }
        if started.elapsed() >= limit {
            return Ok(Ended::TimedOut);
        }
        tick();
        thread::sleep(POLL);
    }
}

/// A child that is killed and waited for when its handle goes.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only for a child that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(mut file: File) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(MOST_OUTPUT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn python() -> Option<Python> {
        Python::usual()
            .into_iter()
            .find(|python| run(&mut python.script("pass"), Duration::from_secs(20), &mut || {}).is_ok())
    }

    #[test]
    fn what_a_script_prints_comes_back() {
        let Some(python) = python() else { return };
        let mut command = python.script("print('out', sys.argv[1]); sys.stderr.write('err'); sys.exit(3)");
        let ended = run(command.arg("given"), Duration::from_secs(20), &mut || {}).unwrap();
        let Ended::Exited { status, stdout, stderr } = ended else { unreachable!("it ends at once") };
        assert_eq!((status.code(), stdout.trim(), stderr.as_str()), (Some(3), "out given", "err"));
    }

    #[test]
    fn a_child_that_hangs_is_killed_at_its_limit() {
        let mut ticks = 0;
        let started = Instant::now();
        let ended = run(Command::new("sleep").arg("60"), Duration::from_millis(150), &mut || ticks += 1);
        assert!(matches!(ended.unwrap(), Ended::TimedOut));
        assert!(ticks > 0 && started.elapsed() < Duration::from_secs(30));
    }

    /// Trap: a child that is only killed by its parent's destructor survives a parent that is killed.
    #[test]
    fn a_script_ends_when_its_parent_is_gone() {
        let Some(python) = python() else { return };
        let mut command = python.script("import time\ntime.sleep(600)");
        let mut child = Killed(command.stdin(Stdio::piped()).spawn().unwrap());
        // What the system does with a dead process's files.
        drop(child.0.stdin.take());
        let status = child.0.wait().unwrap();
        assert_eq!(status.code(), Some(70));
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let missing = Python { program: "no-such-python".to_owned(), arguments: Vec::new() };
        assert!(run(&mut missing.script("pass"), Duration::from_secs(1), &mut || {}).is_err());
    }
}
