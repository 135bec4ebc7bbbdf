//! Commands that are printed, and fail with what to do.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// Why a task ended: a text for whoever ran it.
pub(crate) type Failure = String;

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(60);

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// How to get a program that is missing.
fn how(program: &str) -> &'static str {
    match program {
        "sam" => "pip install aws-sam-cli==1.170.0",
        "cfn-lint" => "pip install cfn-lint==1.58.0",
        "cargo-lambda" => "pip install cargo-lambda==1.9.2 ziglang==0.17.1",
        "ministack" => "pip install ministack==1.5.33, in a virtualenv of its own",
        "python3" => "install Python 3.11 or later",
        "node" | "npm" => "install Node 20 or later",
        "chromium" => "install Chromium; on Debian apt-get install chromium",
        "valgrind" => "install Valgrind; on Debian apt-get install valgrind",
        "bash" => "install bash",
        _ => "install it",
    }
}

fn missing(program: &str) -> Failure {
    format!("{program} is not on the PATH: {}", how(program))
}

/// Fails with what to do if a program is missing.
pub(crate) fn need(program: &str) -> Result<(), Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if found { Ok(()) } else { Err(missing(program)) }
}

/// A command in the repository.
#[derive(Debug)]
pub(crate) struct Command {
    program: String,
    args: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    folder: &'static str,
}

impl Command {
    /// A program and its arguments, separated by spaces.
    pub(crate) fn new(program: impl Into<String>, words: &str) -> Self {
        let args = words.split_whitespace().map(OsString::from).collect();
        Self { program: program.into(), args, variables: Vec::new(), folder: "." }
    }

    /// More arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = OsString>) -> Self {
        self.args.extend(args);
        self
    }

    /// A variable of its environment.
    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name, value.as_ref().to_owned()));
        self
    }

    /// The folder it runs in, within the repository.
    pub(crate) fn within(mut self, folder: &'static str) -> Self {
        self.folder = folder;
        self
    }

    /// As it could be typed.
    fn shown(&self) -> String {
        let folder = (self.folder != ".").then(|| format!("cd {} && ", self.folder));
        let variables = self.variables.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        let words =
            std::iter::once(quoted(OsStr::new(&self.program))).chain(self.args.iter().map(|arg| quoted(arg)));
        folder.unwrap_or_default() + &variables.chain(words).collect::<Vec<_>>().join(" ")
    }

    fn spawn(&self) -> Result<Child, Failure> {
        eprintln!("+ {}", self.shown());
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args).current_dir(root().join(self.folder)).env("SAM_CLI_TELEMETRY", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => missing(&self.program),
            _ => format!("{}: {error}", self.program),
        })
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let status = self.spawn()?.wait().map_err(|error| format!("{}: {error}", self.program))?;
        if status.success() { Ok(()) } else { Err(format!("{status}: {}", self.shown())) }
    }
}

/// A text as a shell would need it.
fn quoted(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> Result<u16, Failure> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| format!("no port is free: {error}"))
}

/// A program that cargo built beside this one.
pub(crate) fn built(name: &str) -> Result<String, Failure> {
    let own = std::env::current_exe().map_err(|error| format!("where this runs is unknown: {error}"))?;
    let program = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    Ok(program.to_string_lossy().into_owned())
}

/// A server that ends with the task.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(command: Command, port: u16) -> Result<Self, Failure> {
        let mut server = Self(command.spawn()?);
        let start = Instant::now();
        while start.elapsed() < START {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            if let Ok(Some(status)) = server.0.try_wait() {
                return Err(format!("the server ended, {status}: {}", command.shown()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("the server does not listen on port {port}: {}", command.shown()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_is_shown_as_it_could_be_typed() {
        let command =
            Command::new("node", "--test").args(["a b".into(), "it's".into()]).env("URL", "http://a");
        assert_eq!(command.within("tests").shown(), r"cd tests && URL=http://a node --test 'a b' 'it'\''s'");
    }

    #[test]
    fn missing_program_is_named_with_how_to_get_it() {
        assert_eq!(need("cargo"), Ok(()));
        let failure = Command::new("no-such-program", "").run().unwrap_err();
        assert_eq!(failure, "no-such-program is not on the PATH: install it");
        assert!(need("no-such-program").is_err());
    }

    #[test]
    fn failing_command_is_a_failure() {
        assert!(Command::new("cargo", "no-such-task").run().is_err());
        assert_eq!(Command::new("cargo", "--version").run(), Ok(()));
    }

    #[test]
    fn server_that_ends_is_a_failure_at_once() {
        let start = Instant::now();
        assert!(Server::start(Command::new("cargo", "--version"), free_port().unwrap()).is_err());
        assert!(start.elapsed() < START);
    }
}
