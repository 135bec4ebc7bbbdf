//! `cargo run -- erase FILE`: a list of people to forget, such as the members who had withdrawn before Okyaku came.

use okyaku_domain::id::ChannelId;
use std::io::Write;
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
use list_file::Names;

mod list_file;

/// Names that are shown before anything happens.
const SAMPLES: usize = 3;
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
    let Names { column, names } = list_file::read(&list.file, &list.by, list.column.as_deref())?;
    if names.is_empty() {
        return Err(format!("{} names nobody", list.file.display()).into());
    }
    say_names(column.as_deref(), &names)?;
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

/// Says which column the names are in, and the first of them, so that a person sees a wrong column at once.
fn say_names(column: Option<&str>, names: &[(u64, String)]) -> Result<(), Failure> {
    let samples: Vec<&str> = names.iter().take(SAMPLES).map(|(_, name)| name.as_str()).collect();
    let column = column.map_or_else(|| "the only column".to_owned(), |name| format!("the column \"{name}\""));
    writeln!(std::io::stdout(), "{:>8}  names in {column}, such as {}", names.len(), samples.join(", "))?;
    Ok(())
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
