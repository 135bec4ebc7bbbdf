//! The server as a process of its own, and what a process has used. Linux only: it reads `/proc`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Clock ticks of a second in `/proc`: 100 on every Linux.
const TICKS: u64 = 100;

/// A local server that was started here; ended when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens, such as `127.0.0.1:40123`.
    pub address: String,
    /// Kept open: a server that cannot print would stop.
    _output: BufReader<ChildStdout>,
}

/// A program that was built beside this one.
#[must_use]
pub fn beside(name: &str) -> PathBuf {
    let path = std::env::current_exe().expect("a path of its own").with_file_name(name);
    assert!(path.exists(), "{} is missing: build it with the same profile", path.display());
    path
}

impl Server {
    /// Starts `okyaku` on a free port, with its data in `data`: a folder, or `memory`.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        let mut child = Command::new(beside("okyaku"))
            .args(["--port", "0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut first = String::new();
        output.read_line(&mut first).expect("its first line");
        let url = first.split_whitespace().last().unwrap_or_default();
        let address = crate::loopback(url);
        Self { child, address, _output: output }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// CPU time that a process has used, user and system, to 10 ms.
#[must_use]
pub fn cpu(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The second field is a name in brackets and may hold spaces; user and system are the 14th and 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// CPU time of the threads that a process has now, to the nanosecond; for one that lives too short for [`cpu`].
#[must_use]
pub fn exact_cpu(id: u32) -> Duration {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else { return Duration::ZERO };
    let of = |path: PathBuf| -> Option<u64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    Duration::from_nanos(threads.flatten().filter_map(|thread| of(thread.path())).sum())
}

/// Resident memory of a process, in MB.
#[must_use]
pub fn resident(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
