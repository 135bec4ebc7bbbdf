//! Parses a boot's body, headers and proof into domain types.

use lambda_http::http::Uri;
use okyaku_api::{Call, json};
use okyaku_builders::firstmall;
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::Channel;
use okyaku_domain::command::boot::{AppInfo, Boot, Claim};
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::field;
use okyaku_domain::id::{MemberId, VeilId};
use okyaku_domain::json::json_bytes;
use okyaku_domain::limit::{ARRIVAL_BYTES, NAME_CHARS};
use okyaku_domain::patch::{self, Patch};
use okyaku_domain::sender::Sender;
use okyaku_domain::{member_hash, text};
use okyaku_engine::App;
use serde_json::{Map, Value};

use crate::access::Access;

/// The keys of a boot beside the keys of a patch.
const KNOWN: [&str; 6] = ["pluginKey", "memberId", "memberHash", "veilId", "page", "app"];
/// The query parameters of a page's address, with their profile keys (R2).
const UTM: [(&str, &str); 5] = [
    ("utm_source", "utmSource"),
    ("utm_medium", "utmMedium"),
    ("utm_campaign", "utmCampaign"),
    ("utm_content", "utmContent"),
    ("utm_term", "utmTerm"),
];

/// Parses a boot. Returns the boot and the dropped fields.
///
/// A wrong field is dropped, and the boot goes on without it (R5).
///
/// # Errors
/// [`Error::Unauthorized`] if the memberId needs a proof and has none (R1). [`Error::TooLarge`].
pub(crate) fn boot(
    app: &App<Access>,
    channel: &Channel,
    call: &Call,
    mut body: Map<String, Value>,
) -> Result<(Boot, Vec<Detail>), Error> {
    // A page's template may fill empty values with null. At boot null counts as absent, and clears nothing.
    body.retain(|_, value| !value.is_null());
    let mut dropped = Vec::new();
    // Read the parts of the body. The remaining keys are a patch.
    let claim = claim(app, channel, &body, &mut dropped)?;
    let veil = readable(json::text(&body, "veilId"), &mut dropped)?.and_then(VeilId::parse);
    let info = readable(json::child(&body, "app"), &mut dropped)?;
    let info = info.map(|app| app_info(&app, &mut dropped));
    let arrival = arrival(&body, &mut dropped)?;
    let mut patch = patch(channel, &mut body, &KNOWN, &mut dropped)?;
    // The arrival fills `profileOnce`. A value that the page sent itself wins.
    for (key, value) in arrival {
        match field::value(key, &value, &channel.region) {
            Ok(value) if json_bytes(&value) <= ARRIVAL_BYTES => {
                patch.profile_once.entry(key.to_owned()).or_insert(value);
            }
            _ => dropped
                .push(Detail::new(format!("profileOnce.{key}"), "is too long or has control characters")),
        }
    }
    // The page's language wins over the browser's language.
    let given = patch.language.take().flatten();
    let accepted = || text::accepted_language(call.header("accept-language")?);
    let boot = Boot {
        claim,
        veil,
        patch,
        user_agent: call.header("user-agent").map(str::to_owned),
        app: info,
        language: given.or_else(accepted),
        place: place(call),
    };
    Ok((boot, dropped))
}

/// Parses a page's patch, and adds the dropped fields. `known` names further keys that the route itself reads.
///
/// # Errors
/// [`Error::TooLarge`].
pub(crate) fn patch(
    channel: &Channel,
    body: &mut Map<String, Value>,
    known: &[&str],
    dropped: &mut Vec<Detail>,
) -> Result<Patch, Error> {
    patch::lift(body);
    dropped.extend(supplied(channel, body)?);
    let (patch, refused) = patch::parse(body, Sender::Page, &channel.region, known)?;
    dropped.extend(refused);
    Ok(patch)
}

/// Returns a part of a page's body. If the part is wrong, its fields are dropped.
///
/// # Errors
/// Any error other than [`Error::Invalid`].
fn readable<T>(read: Result<Option<T>, Error>, dropped: &mut Vec<Detail>) -> Result<Option<T>, Error> {
    read.or_else(|error| match error {
        Error::Invalid(details) => {
            dropped.extend(details);
            Ok(None)
        }
        error => Err(error),
    })
}

/// Keeps only the fields of a page's body that the channel's builder supplies (R13).
///
/// Only Firstmall has a fixed list of fields. Returns the dropped fields.
///
/// # Errors
/// [`Error::TooLarge`] by the limits of any page. The dropped fields count too, because the page sent them.
fn supplied(channel: &Channel, body: &mut Map<String, Value>) -> Result<Vec<Detail>, Error> {
    let mut dropped = Vec::new();
    if !channel.limits_pages_to(Builder::Firstmall) {
        return Ok(dropped);
    }
    patch::fits_a_page(body)?;
    // Drop every profile field outside Firstmall's list.
    for within in ["profile", "profileOnce"] {
        if let Some(Value::Object(fields)) = body.get_mut(within) {
            let (kept, refused) = firstmall::supply(within, std::mem::take(fields));
            *fields = kept;
            dropped.extend(refused);
        }
    }
    Ok(dropped)
}

fn claim(
    app: &App<Access>,
    channel: &Channel,
    body: &Map<String, Value>,
    dropped: &mut Vec<Detail>,
) -> Result<Option<Claim>, Error> {
    let hash = readable(json::text(body, "memberHash"), dropped)?;
    // A shop's database has numbers as ids, and its page writes them as numbers.
    let text = match body.get("memberId") {
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => readable(json::text(body, "memberId"), dropped)?.map(str::to_owned),
    };
    let Some(text) = text else { return Ok(None) };
    // A malformed memberId is dropped, and the boot goes on as a visitor's boot.
    let member_id = match MemberId::parse(&text) {
        Ok(member_id) => member_id,
        Err(message) => {
            dropped.push(Detail::new("memberId", message));
            return Ok(None);
        }
    };
    // Without a member-hash secret in use, every memberId is an unproven claim.
    if !channel.member_hash_enabled {
        return Ok(Some(Claim { member_id, proven: false }));
    }
    // The memberHash must prove the memberId, over the bytes that the page sent.
    let secret = app.keys().open(&channel.member_hash_secret)?;
    if !hash.is_some_and(|hash| member_hash::proves(&secret, &text, hash)) {
        return Err(Error::Unauthorized("the memberHash is missing or wrong"));
    }
    Ok(Some(Claim { member_id, proven: true }))
}

fn app_info(app: &Map<String, Value>, dropped: &mut Vec<Detail>) -> AppInfo {
    // Keep only whether a token exists. Okyaku sends no messages, so the token itself is useless.
    let has_push_token = match app.get("pushToken") {
        None => None,
        Some(Value::Null) => Some(false),
        Some(Value::String(token)) => Some(!token.is_empty()),
        Some(_) => {
            dropped.push(Detail::new("app.pushToken", "must be text"));
            None
        }
    };
    // A wrong text is dropped, and the others stay.
    let mut read = |key: &str| {
        let value = app.get(key).filter(|value| !value.is_null())?;
        let text = value.as_str().ok_or_else(|| "must be text".to_owned());
        let text = text.and_then(|text| text::short(text, NAME_CHARS));
        text.map_err(|message| dropped.push(Detail::new(format!("app.{key}"), message))).ok()
    };
    AppInfo {
        name: read("name"),
        version: read("version"),
        os: read("os"),
        os_name: read("osName"),
        device: read("device"),
        has_push_token,
    }
}

/// Returns the referrer and UTM values of the first page, for `profileOnce` (R2).
///
/// For example, `?utm_source=newsletter` gives `utmSource` with the value `newsletter`.
fn arrival(
    body: &Map<String, Value>,
    dropped: &mut Vec<Detail>,
) -> Result<Vec<(&'static str, Value)>, Error> {
    let Some(page) = readable(json::child(body, "page"), dropped)? else { return Ok(Vec::new()) };
    let mut text = |key: &str, field: &str| match page.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => {
            dropped.push(Detail::new(field, "must be text"));
            None
        }
    };
    let (url, referrer) = (text("url", "page.url"), text("referrer", "page.referrer"));
    let query = url.and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    // Leave the fragment out.
    let query = query.split('#').next().unwrap_or_default();
    let mut found: Vec<(&'static str, Value)> = Vec::new();
    for (utm, key) in UTM {
        let value =
            form_urlencoded::parse(query.as_bytes()).find(|(name, value)| name == utm && !value.is_empty());
        found.extend(value.map(|(_, value)| (key, Value::from(value))));
    }
    // A referrer from the same host is a click within the shop.
    let host = |address: &str| address.parse::<Uri>().ok()?.host().map(str::to_owned);
    if let Some(referrer) = referrer.filter(|from| !from.is_empty() && host(from) != url.and_then(host)) {
        found.push(("referrer", referrer.into()));
    }
    Ok(found)
}

/// Returns country and city, if the proxy in front proves itself with the origin secret.
fn place(call: &Call) -> Option<(Option<String>, Option<String>)> {
    if !call.gate.proxied {
        return None;
    }
    // CloudFront adds these headers from the viewer's address.
    let header = |name| call.header(name).and_then(|value| text::short(value, NAME_CHARS).ok());
    let country = header("cloudfront-viewer-country")
        .filter(|country| country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()));
    Some((country, header("cloudfront-viewer-city")))
}
