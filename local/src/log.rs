//! The log of the local server: one line for each request, and every warning.

use std::fmt;
use std::io::stderr;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Compact, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, format};
use tracing_subscriber::registry::LookupSpan;

/// The default of `RUST_LOG`.
const DEFAULT: &str = "warn,okyaku_api=info";

/// Writes the log to standard error. Call once.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = Lines(format().compact().without_time());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).event_format(lines).init();
}

/// Writes a request as a short line. Other events keep the compact format.
struct Lines(Format<Compact, ()>);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut served = Served::default();
        event.record(&mut served);
        if served.message {
            writeln!(writer, "{served}")
        } else {
            self.0.format_event(context, writer, event)
        }
    }
}

/// The fields of a request's line.
#[derive(Debug, Default)]
struct Served {
    message: bool,
    route: Option<String>,
    status: u64,
    ms: u64,
    calls: u64,
    units: f64,
    events: Option<u64>,
    rejected: Option<u64>,
}

impl Visit for Served {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.message |= field.name() == "message" && format!("{value:?}") == "served";
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "route" {
            self.route = Some(value.to_owned());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = value,
            "ms" => self.ms = value,
            "calls" => self.calls = value,
            "events" => self.events = Some(value),
            "rejected" => self.rejected = Some(value),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "units" {
            self.units = value;
        }
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, ms, calls, units, .. } = self;
        let route = self.route.as_deref().unwrap_or("unknown route");
        write!(f, "{status}  {route}  {ms} ms, {calls} calls, {units} units")?;
        if let Some(events) = self.events {
            write!(f, ", {events} events")?;
        }
        if let Some(rejected) = self.rejected {
            write!(f, ", {rejected} rejected")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_line_has_route_status_and_cost() {
        let mut served = Served { status: 200, ms: 3, calls: 2, units: 1.5, ..Served::default() };
        assert_eq!(served.to_string(), "200  unknown route  3 ms, 2 calls, 1.5 units");
        served.route = Some("POST /front/v1/events".into());
        (served.events, served.rejected) = (Some(2), Some(1));
        let line = "200  POST /front/v1/events  3 ms, 2 calls, 1.5 units, 2 events, 1 rejected";
        assert_eq!(served.to_string(), line);
    }
}
