//! `cargo run -- erase FILE`: a list of people to forget, such as the members who had withdrawn before Okyaku came.

use okyaku_domain::id::ChannelId;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::erase::ListReport;
use okyaku_engine::sweep;
use okyaku_sweep::command::Command;
use serde_json::Value;

use crate::args::{Args, List};
use crate::failure::Failure;
use crate::home::Home;

/// Names of one step: the bar moves after each.
const STEP: usize = 250;
/// Pauses before a step is tried again, while the table is busy, in ms.
const PAUSES: [u64; 5] = [100, 300, 1000, 3000, 10_000];
/// Lines that are named as wrong; further ones are only counted.
const NAMED: usize = 20;

/// What became of the whole list, and the lines that need somebody's eyes.
#[derive(Default)]
struct Total {
    erased: usize,
    already: usize,
    unknown: usize,
    invalid: Vec<u64>,
    ambiguous: Vec<u64>,
}

/// Erases everybody in the list and shows how far it is.
pub(crate) async fn run(args: &Args, list: &List) -> Result<(), Failure> {
    let names = read(&list.file, &list.by)?;
    if names.is_empty() {
        return Err(format!("{} names nobody", list.file.display()).into());
    }
    let home = Home::for_command(args)?;
    let base = home.base(&args.table).await?;
    let channel = channel(&base.app(), list.channel.as_deref()).await?;
    let app = base.app::<okyaku_sweep::Access>();
    let bar = ProgressBar::new(names.len() as u64);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len}, {eta} left {msg}")?);
    let mut total = Total::default();
    let mut from = 0;
    while let Some(step) = names.get(from..names.len().min(from + STEP)).filter(|step| !step.is_empty()) {
        let done = try_step(&app, &channel, list, step).await?;
        total.add(&done, step);
        from += done.handled;
        bar.set_position(from as u64);
        bar.set_message(total.line());
    }
    if !list.dry_run {
        bar.set_message("deleting what is left of them");
        while sweep::run(&app).await?.deleted > 0 {}
    }
    bar.finish_and_clear();
    total.say(list)
}

/// The names with their lines. A header that has a column called `by` tells which column they are in.
fn read(file: &Path, by: &str) -> Result<Vec<(u64, String)>, Failure> {
    let failed = |error: csv::Error| format!("{}: {error}", file.display());
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes.as_slice());
    let (mut column, mut names, mut lines) = (0, Vec::new(), Lines { bytes: &bytes, at: 0, line: 1 });
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, |start| lines.line_of(start.byte()));
        let plain = |field: &str| field.trim_start_matches('\u{feff}').to_owned();
        if at == 0
            && let Some(found) = record.iter().position(|field| plain(field) == by)
        {
            column = found;
            continue;
        }
        match record.get(column).map(plain).filter(|name| !name.is_empty()) {
            Some(name) => names.push((line, name)),
            None => return Err(format!("{}: line {line} has no {by}", file.display()).into()),
        }
    }
    Ok(names)
}

/// Counts the lines of a file once, from its begin to its end.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that begins at a byte, or after the blank lines that follow it. Records come in order.
    fn line_of(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            let blank = matches!(byte, b'\r' | b'\n');
            if self.at >= start && !blank {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

async fn channel(app: &App<okyaku_admin::Access>, named: Option<&str>) -> Result<ChannelId, Failure> {
    let channels = app.store.channels().await?;
    match (named, channels.as_slice()) {
        (Some(id), channels) => match channels.iter().find(|channel| channel.id.as_str() == id) {
            Some(channel) => Ok(channel.id.clone()),
            None => Err(format!("there is no channel {id}").into()),
        },
        (None, [only]) => Ok(only.id.clone()),
        (None, []) => Err("there is no channel".into()),
        (None, _) => Err("there are several channels: choose one with --channel".into()),
    }
}

/// One step, again after a pause while the table is busy.
async fn try_step(
    app: &App<okyaku_sweep::Access>,
    channel: &ChannelId,
    list: &List,
    step: &[(u64, String)],
) -> Result<ListReport, Failure> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let command = Command::Erase {
            channel_id: channel.clone(),
            by: list.by.clone(),
            values: step.iter().map(|(_, name)| Value::from(name.as_str())).collect(),
            dry_run: list.dry_run,
        };
        match okyaku_sweep::erase_list(app, command).await {
            Ok(done) => return Ok(done),
            Err(Error::Busy) => match pauses.next() {
                Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                None => return Err("the table is busy: run the same again to go on".into()),
            },
            Err(error) => return Err(error.into()),
        }
    }
}

impl Total {
    fn add(&mut self, done: &ListReport, step: &[(u64, String)]) {
        let line = |at: &usize| step.get(*at).map_or(0, |(line, _)| *line);
        self.erased += done.erased;
        self.already += done.already;
        self.unknown += done.unknown;
        self.invalid.extend(done.invalid.iter().map(line));
        self.ambiguous.extend(done.ambiguous.iter().map(line));
    }

    fn line(&self) -> String {
        format!("erased {}, before {}, unknown {}", self.erased, self.already, self.unknown)
    }

    fn say(&self, list: &List) -> Result<(), Failure> {
        let erased = if list.dry_run { "to be erased" } else { "erased" };
        let mut out = std::io::stdout();
        writeln!(out, "{:>8}  {erased}\n{:>8}  erased before", self.erased, self.already)?;
        writeln!(out, "{:>8}  unknown; refused should they come", self.unknown)?;
        if !list.dry_run && self.erased + self.unknown > 0 {
            writeln!(
                out,
                "A last sweep follows in 70 seconds, by whichever Okyaku runs on this table then."
            )?;
        }
        let by = &list.by;
        let wrong =
            [(format!("no {by}"), &self.invalid), (format!("{by} of none or several"), &self.ambiguous)];
        for (what, lines) in wrong.iter().filter(|(_, lines)| !lines.is_empty()) {
            let named: Vec<String> = lines.iter().take(NAMED).map(u64::to_string).collect();
            let more = if lines.len() > NAMED { " …" } else { "" };
            writeln!(out, "{:>8}  {what}: lines {}{more}", lines.len(), named.join(", "))?;
        }
        if self.invalid.is_empty() && self.ambiguous.is_empty() {
            return Ok(());
        }
        Err("some lines erased nobody".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, by: &str) -> Result<Vec<(u64, String)>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path(), by).map_err(|error| error.to_string())
    }

    #[test]
    fn list_has_one_identifier_per_line() {
        let expected = vec![(1, "a".to_owned()), (3, "b".to_owned())];
        assert_eq!(names("a\r\n\r\n b \r\n", "memberId").unwrap(), expected);
    }

    #[test]
    fn lines_of_a_long_list_are_counted_once() {
        let text = "a\n\n".repeat(100_000);
        let list = names(&text, "memberId").unwrap();
        assert_eq!((list.len(), list.last().unwrap().0), (100_000, 199_999));
        // Windows' line ends, blank lines before everything, and fields with line breaks in them.
        let list = names(&"a\r\n".repeat(100_000), "memberId").unwrap();
        assert_eq!(list.last().unwrap().0, 100_000);
        let list = names(&format!("{}a", "\n".repeat(100_000)), "memberId").unwrap();
        assert_eq!(list, [(100_001, "a".to_owned())]);
        let text = format!("memberId,note\n{}", "a,\"two\nlines\"\n".repeat(50_000));
        let list = names(&text, "memberId").unwrap();
        assert_eq!((list.len(), list.last().unwrap().0), (50_000, 100_000));
    }

    #[test]
    fn header_selects_the_column() {
        let text = "\u{feff}name,email\n\"Lee, Ann\",lee@example.com\nKim,kim@example.com\n";
        let expected = vec![(2, "lee@example.com".to_owned()), (3, "kim@example.com".to_owned())];
        assert_eq!(names(text, "email").unwrap(), expected);
    }

    #[test]
    fn line_without_identifier_stops_before_any_erasure() {
        let refused = names("name,memberId\nLee,1\nKim,\n", "memberId").unwrap_err();
        assert!(refused.ends_with("line 3 has no memberId"), "{refused}");
    }
}
