//! What a test makes the functions log.

use std::io::Write;
use std::sync::{Arc, Mutex, Once};

use serde_json::Value;
use tracing::Subscriber;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged on this thread while it lives: what a function logs by default, and of Okyaku itself everything.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    pub fn capture() -> (Self, DefaultGuard) {
        // With a single subscriber, a call site that another test's thread meets first is asked of that thread, which
        // has none, and is silent for ever. A second one, for all threads, makes tracing ask both.
        static EVERYWHERE: Once = Once::new();
        EVERYWHERE.call_once(|| {
            tracing::subscriber::set_global_default(Self::subscriber(std::io::sink)).unwrap();
        });
        let log = Self::default();
        let guard = tracing::subscriber::set_default(Self::subscriber(log.clone()));
        (log, guard)
    }

    fn subscriber(
        writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    ) -> impl Subscriber + Send + Sync {
        let crates = [
            "_api",
            "_builders",
            "_domain",
            "_engine",
            "_store",
            "_boot",
            "_track",
            "_lead",
            "_erase",
            "_contacts",
            "_sweep",
            "_admin",
            "_local",
        ];
        let filter: String = crates.map(|name| format!(",okyaku{name}=trace")).concat();
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_env_filter(EnvFilter::new(format!("info{filter}")))
            .with_writer(writer)
            .finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
