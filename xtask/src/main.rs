//! `cargo xtask TASK`: what a contributor runs, with the commands printed as they start.
//!
//! Rust is enough for `dev`, `test` and `lint`. Other tasks name what is missing and how to get it.

mod shell;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use crate::shell::{Command, Failure, Server, built, free_port, need, root};

/// The deployment test; it takes the folder of the built functions.
const DEPLOY_TEST: &str = "tests/deploy/deploy.py";

/// The tests on a second engine, which it starts; it knows what cannot hold there.
const SECOND_ENGINE: &str = "tests/deploy/second_engine.py";

/// Built as it is shipped: with link-time optimisation.
const SHIPPED: &str = "--config functions/.cargo/config.toml";

/// What `instructions` counts, and `coldstart` starts.
const MEASURED: [&str; 2] = ["okyaku-boot", "okyaku-track"];

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "What a contributor runs, one word each")]
enum Task {
    /// The local server with the demo shop, as `cargo run`
    Dev(Rest),
    /// Every test that needs only Rust; arguments go to `cargo test`
    Test(Rest),
    /// Format, lints and documentation, without changing a file
    Lint,
    /// The template, by the SAM CLI and cfn-lint
    Template,
    /// The page script and the demo in Chromium, against a server of its own; arguments go to `node --test`
    E2e(Rest),
    /// The tests against a second engine: ministack, or what `OKYAKU_TEST_DYNAMODB` names
    Engines(Rest),
    /// Builds the functions as `sam build` leaves them, for x86-64
    Build,
    /// `build`, then every function under the Lambda runtime emulator
    Emulator,
    /// The stack as `build` leaves it, deployed on an emulator of AWS
    DeployTest {
        /// Folder of the built functions
        #[arg(default_value = ".aws-sam/build")]
        built: PathBuf,
    },
    /// Measures, in release
    Bench {
        /// What
        #[arg(value_enum, default_value_t = Bench::Instructions)]
        what: Bench,
        #[command(flatten)]
        rest: Rest,
    },
    /// Builds functions for arm64 and runs them emulated; see --help
    Arm64(Rest),
    /// Everything that must hold before a change lands; installs what it needs, as root on Debian 12
    Ci,
}

#[derive(Debug, clap::Args)]
struct Rest {
    /// Passed on
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// Instructions of a function beside a bare one; needs valgrind
    Instructions,
    /// From the start of the process to the first answer
    Coldstart,
    /// Requests a second and latencies under load
    Load,
    /// Long, even load: memory and errors
    Soak,
    /// Contacts by their number: units and times of lists, filters and counts
    Crowd,
}

fn main() -> ExitCode {
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Dev(rest) => cargo("run --").args(rest.args).run(),
        Task::Test(rest) => cargo("test --workspace --locked").args(rest.args).run(),
        Task::Lint => lint(),
        Task::Template => template(),
        Task::E2e(rest) => browser(rest.args),
        Task::Engines(rest) => engines(rest.args),
        Task::Build => build(),
        Task::Emulator => {
            build()?;
            cargo("build --locked").run()?;
            Command::new("python3", "tests/sam/emulator.py").run()
        }
        Task::DeployTest { built } => deploy_test(&built),
        Task::Bench { what, rest } => bench(what, rest.args),
        Task::Arm64(rest) => Command::new("bash", ".ci/arm64").args(rest.args).run(),
        Task::Ci => Command::new("bash", ".ci/run").run(),
    }
}

fn cargo(words: &str) -> Command {
    Command::new("cargo", words)
}

fn lint() -> Result<(), Failure> {
    cargo("fmt --all --check").run()?;
    cargo("clippy --workspace --all-targets --locked -- -D warnings").run()?;
    cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings").run()
}

fn template() -> Result<(), Failure> {
    Command::new("sam", "validate --lint").run()?;
    Command::new("cfn-lint", "template.yaml").run()
}

fn browser(args: Vec<OsString>) -> Result<(), Failure> {
    for program in ["node", "npm", "chromium"] {
        need(program)?;
    }
    cargo("build --locked").run()?;
    Command::new("npm", "ci --no-audit --no-fund").within("tests/browser").run()?;
    let port = free_port()?;
    let server = Command::new(built("okyaku")?, &format!("--data memory --port {port}"));
    let _server = Server::start(server, port)?;
    let url = format!("http://127.0.0.1:{port}");
    Command::new("node", "--test").args(args).env("OKYAKU_URL", url).within("tests/browser").run()
}

fn engines(args: Vec<OsString>) -> Result<(), Failure> {
    if std::env::var_os("OKYAKU_TEST_DYNAMODB").is_some() {
        return cargo("test --package okyaku-tests --test all --locked").args(args).run();
    }
    need("ministack")?;
    Command::new("python3", SECOND_ENGINE).run()
}

/// All functions in one call, so that every core links; `sam build`, one by one, then finds nothing left to compile.
fn build() -> Result<(), Failure> {
    for program in ["sam", "cargo-lambda"] {
        need(program)?;
    }
    let mut functions = Vec::new();
    let folder = root().join("functions");
    for entry in std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let folder = entry.map_err(|error| error.to_string())?;
        if !folder.path().join("Cargo.toml").exists() {
            continue;
        }
        functions.push(OsString::from("--package"));
        functions.push(format!("okyaku-{}", folder.file_name().to_string_lossy()).into());
    }
    cargo(&format!("lambda build --release --locked {SHIPPED}")).args(functions).run()?;
    Command::new("sam", "build --parameter-overrides Architecture=x86_64").run()
}

fn deploy_test(built: &Path) -> Result<(), Failure> {
    need("ministack")?;
    let template = root().join(built).join("template.yaml");
    if !template.exists() {
        return Err(format!("{} is missing: cargo xtask build", template.display()));
    }
    Command::new("python3", DEPLOY_TEST).args([built.into()]).run()
}

fn bench(what: Bench, args: Vec<OsString>) -> Result<(), Failure> {
    let mut build = cargo(&format!("build --release --locked {SHIPPED} --package okyaku-benches"));
    build = match what {
        Bench::Instructions | Bench::Coldstart => {
            build.args(MEASURED.iter().flat_map(|name| ["--package".into(), (*name).into()]))
        }
        Bench::Load | Bench::Soak => build.args(["--package".into(), "okyaku-local".into()]),
        Bench::Crowd => build,
    };
    if what == Bench::Instructions {
        need("valgrind")?;
    }
    build.run()?;
    let name = what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    cargo(&format!("run --release --quiet --locked {SHIPPED} --package okyaku-benches --bin {name} --"))
        .args(args)
        .run()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Task::command().debug_assert();
        let parsed = Task::try_parse_from(["cargo xtask", "dev", "--data", "memory"]).unwrap();
        assert!(matches!(parsed, Task::Dev(rest) if rest.args == ["--data", "memory"]));
        let parsed = Task::try_parse_from(["cargo xtask", "bench", "load", "--seconds", "5"]).unwrap();
        assert!(matches!(parsed, Task::Bench { what: Bench::Load, rest } if rest.args.len() == 2));
        assert!(Task::try_parse_from(["cargo xtask", "deploy"]).is_err());
    }

    #[test]
    fn files_that_tasks_run_exist() {
        for file in [
            ".ci/run",
            ".ci/arm64",
            "tests/sam/emulator.py",
            "tests/browser/package.json",
            DEPLOY_TEST,
            SECOND_ENGINE,
        ] {
            assert!(root().join(file).exists(), "{file}");
        }
    }
}
