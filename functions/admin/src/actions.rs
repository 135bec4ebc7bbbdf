//! The list of all actions and their fields.
//!
//! The parser, its errors and `cargo run -- admin --help` use this list.

/// An action, such as `setOrigins`.
#[derive(Debug)]
pub struct Action {
    /// The name, as in `action`.
    pub name: &'static str,
    /// The fields that the action needs.
    pub required: &'static [&'static str],
    /// The fields that have a default value.
    pub optional: &'static [&'static str],
    /// The effect, in a few words.
    pub effect: &'static str,
}

const fn action(
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    effect: &'static str,
) -> Action {
    Action { name, required, optional, effect }
}

/// Every action.
pub const ACTIONS: [Action; 16] = [
    action(
        "createChannel",
        &["name"],
        &["region", "origins", "eventDays", "memberHash", "pluginKey", "accessKey", "accessSecret"],
        "creates a channel and shows its keys",
    ),
    action("listChannels", &[], &[], "lists the channels"),
    action("listKeys", &["channelId"], &[], "lists the public keys of a channel"),
    action(
        "rotateKey",
        &["channelId", "kind"],
        &["key", "graceHours", "scopes"],
        "creates a key and ends another",
    ),
    action("setName", &["channelId", "name"], &[], "renames a channel"),
    action("setRegion", &["channelId", "region"], &[], "sets how national phone numbers are read"),
    action("setEventDays", &["channelId", "eventDays"], &[], "sets how long new events are kept"),
    action("setOrigins", &["channelId", "origins"], &[], "replaces the origins of the pages"),
    action("setSecret", &["channelId"], &["secret", "enabled"], "replaces the member-hash secret"),
    action(
        "setBuilder",
        &["channelId", "builder", "shop"],
        &["secret", "enabled"],
        "connects a shop at a builder",
    ),
    action("setPurchaseWindow", &["channelId", "months"], &[], "sets how long a purchase counts as recent"),
    action("listDataRequests", &["channelId"], &[], "lists the data requests of builders"),
    action("listErasures", &["channelId", "since"], &["after"], "lists the erasures since a time"),
    action("replayErasures", &["channelId", "erasures"], &[], "repeats listed erasures after a restore"),
    action("deleteChannel", &["channelId", "name"], &[], "ends a channel, whose data is deleted a day later"),
    action("reopenChannel", &["channelId"], &[], "takes back the end of a channel, within a day"),
];

/// Returns the form of a field, for the errors.
pub(crate) fn form(field: &str) -> &'static str {
    match field {
        "channelId" => "must be a channel's id, such as dec0de00000000000000",
        "name" | "shop" | "key" | "after" | "secret" => "must be text",
        "pluginKey" | "accessKey" | "accessSecret" => {
            "must be text of 16 to 200 ASCII letters, digits and signs"
        }
        "region" => "must be ISO 3166-1 alpha-2, such as KR",
        "origins" => "must be a list of origins, such as [\"https://shop.example.com\"]",
        "eventDays" => "must be from 1 to 3650",
        "memberHash" | "enabled" => "must be true or false",
        "kind" => "must be plugin, access or webhook",
        "graceHours" => "must be a whole number of hours",
        "scopes" => "must be a list of read, write and erase",
        "builder" => "must be shopify, cafe24 or firstmall",
        "months" => "must be from 1 to 12",
        "since" => "must be a time in epoch milliseconds",
        "erasures" => "must be the erasures of listErasures",
        _ => "is not valid",
    }
}

/// Returns one line for each action, for `--help`.
#[must_use]
pub fn help() -> String {
    let line = |action: &Action| {
        let mut fields: Vec<String> = action.required.iter().map(|&field| field.to_owned()).collect();
        fields.extend(action.optional.iter().map(|field| format!("[{field}]")));
        let head = format!("  {} {}", action.name, fields.join(" "));
        format!("{}\n      {}\n", head.trim_end(), action.effect)
    };
    ACTIONS.iter().map(line).collect()
}
