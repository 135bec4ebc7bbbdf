//! The command that erases a list.

use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::BULK;
use okyaku_domain::person_ref::PersonRef;
use serde::Deserialize;
use serde_json::Value;

/// A command: `{"action":"erase","channelId":"…","by":"memberId","values":["…"]}`.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// Erases every customer of a list.
    Erase {
        /// The channel.
        channel_id: ChannelId,
        /// The kind of the values: one of [`PersonRef::KINDS`].
        by: String,
        /// The values, at most 100,000.
        values: Vec<Value>,
        /// Whether the command only reports the result that an erasure would have.
        #[serde(default)]
        dry_run: bool,
    },
}

/// Reads a command.
///
/// # Errors
/// [`Error::Invalid`] with the name of the wrong field.
pub fn parse(command: Value) -> Result<Command, Error> {
    let shape = "must be erase, with channelId, by, values and, if you like, dryRun";
    let command: Command = serde_json::from_value(command).map_err(|_| Error::invalid("action", shape))?;
    let Command::Erase { by, values, .. } = &command;
    if !PersonRef::KINDS.contains(&by.as_str()) {
        return Err(Error::invalid("by", format!("must be one of {}", PersonRef::KINDS.join(", "))));
    }
    if values.is_empty() || values.len() > BULK {
        return Err(Error::invalid("values", format!("must hold 1 to {BULK}")));
    }
    Ok(command)
}
