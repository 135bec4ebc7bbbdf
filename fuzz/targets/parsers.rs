//! Parsers of what anybody may send: they never panic, and what they made normal they leave as it is.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use okyaku_api::{gzip, json};
use okyaku_domain::customer::Customer;
use okyaku_domain::device::Web;
use okyaku_domain::digest::{Digest, Entry};
use okyaku_domain::error::Error;
use okyaku_domain::event::{self, Bounds, EventKey};
use okyaku_domain::field;
use okyaku_domain::filter::{Answer, Context, Filter, Keys, Person};
use okyaku_domain::id::{CustomerId, MemberId, VeilId};
use okyaku_domain::month::Month;
use okyaku_domain::profile::{Profile, Writer};
use okyaku_domain::sender::Sender;
use okyaku_domain::{contact_point, patch, tag, text, unicode};
use okyaku_store::items::profile as stored_profile;
use serde_json::{Map, Value};

const NOW: i64 = 1_795_348_800_000;
const BOUNDS: Bounds = Bounds { now: NOW, retention: 365 * 86_400_000 };
const REGIONS: [&str; 5] = ["KR", "JP", "US", "IT", "ZZ"];
/// The phone library's data is loaded once.
static WARM: LazyLock<()> = LazyLock::new(|| _ = contact_point::mobile_number("010-2468-2468", "KR"));

fuzz_target!(|data: &[u8]| {
    LazyLock::force(&WARM);
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => texts(&String::from_utf8_lossy(rest)),
        1 => compressed(rest),
        _ => bodies(rest),
    }
});

fn texts(said: &str) {
    if let Ok(email) = contact_point::email(said) {
        assert_eq!(contact_point::email(&email).as_ref(), Ok(&email));
        assert!(email.len() <= 254);
    }
    for region in REGIONS {
        if let Ok(number) = contact_point::mobile_number(said, region) {
            assert_eq!(
                contact_point::mobile_number(&number, region).as_ref(),
                Ok(&number),
                "{said:?} in {region}"
            );
            let digits = number.strip_prefix('+').unwrap_or_default();
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{said:?} in {region} is {number:?}");
        }
    }
    if let Ok(member) = MemberId::parse(said) {
        assert_eq!(member.as_str(), unicode::composed(said));
        assert_eq!(MemberId::parse(member.as_str()).as_ref(), Ok(&member), "{said:?}");
        assert!(!member.as_str().contains(['/', '?', '#', '%', '\\']));
    }
    if let Some(veil) = VeilId::parse(said) {
        assert_eq!(veil.as_str(), said);
    }
    if let Some(key) = EventKey::parse(said) {
        assert_eq!(key.to_string(), said);
    }
    if let Some(month) = Month::parse(said) {
        assert_eq!(month.to_string(), said);
    }
    if let Ok(tag) = tag::parse(said) {
        assert_eq!(tag::parse(&tag).as_ref(), Ok(&tag), "{said:?}");
    }
    if let Ok(language) = text::language(said) {
        assert_eq!(text::language(&language).as_ref(), Ok(&language), "{said:?}");
    }
    let _ = text::accepted_language(said);
    let _ = field::key(said);
    Web::default().describe(said);
}

/// A filter that was read splits everybody in two, by the document as by the customer.
fn filters(body: &Map<String, Value>) {
    let value = body.get("filter").unwrap_or(&Value::Null);
    let context = Context { time_zone: "Asia/Tokyo", now: NOW, keys: Keys::All };
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let _ = Filter::default().with_query(query, Keys::WithoutContactPoints);
    let Ok(filter) = Filter::parse(value, context) else { return };
    let mut customer = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW);
    if let Ok((patch, _)) = patch::parse(body, Sender::Server, "KR", &["filter", "query"]) {
        let _ = customer.apply(&patch, Sender::Server, NOW);
    }
    // Only contacts have a document.
    customer.listed = true;
    let told = vec![true; filter.events().len()];
    let exact = filter.judge_with(&Person::new(&customer, 3, NOW), &told);
    assert_ne!(exact, Answer::Maybe);
    let document = Digest::bytes(&customer, None, NOW);
    assert!(document.len() <= okyaku_domain::digest::BYTES);
    let digest = Digest::read(&document);
    let entry = Entry { id: &customer.id, created_at: customer.created_at, digest: digest.as_ref() };
    let answer = filter.judge_with(&entry, &told);
    assert!(answer == exact || answer == Answer::Maybe, "{value}");
}

fn compressed(bytes: &[u8]) {
    const LIMIT: usize = 64 * 1024;
    match gzip::decompress(bytes, LIMIT) {
        Ok(out) => assert!(out.len() <= LIMIT),
        Err(error) => assert!(matches!(error, Error::TooLarge { .. } | Error::Unparsable(_)), "{error:?}"),
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let written = std::io::Write::write_all(&mut encoder, bytes).and_then(|()| encoder.finish());
    if bytes.len() <= LIMIT
        && let Ok(packed) = written
    {
        assert!(gzip::is_gzip(&packed));
        assert_eq!(gzip::decompress(&packed, LIMIT).ok().as_deref(), Some(bytes));
    }
}

fn bodies(bytes: &[u8]) {
    let _ = stored_profile::decode(bytes);
    let _ = Digest::read(bytes);
    let Ok(body) = json::object(bytes) else { return };
    filters(&body);
    for (key, value) in &body {
        if let Ok(normal) = field::value(key, value, "KR") {
            assert_eq!(field::value(key, &normal, "KR").as_ref(), Ok(&normal), "{key}");
        }
    }
    for sender in [Sender::Page, Sender::Server] {
        let Ok((patch, _)) = patch::parse(&body, sender, "KR", &["id"]) else { continue };
        let mut profile = Profile::default();
        let by = Writer { sender, time: NOW, verified: &patch.verified };
        profile.apply_once(&patch.profile_once, by);
        if let Some(fields) = &patch.profile {
            profile.apply(fields, by);
        }
        assert!(profile.bytes() <= okyaku_domain::limit::PROFILE_BYTES);
        // As it lies in the table.
        let stored = stored_profile::encode(&profile).unwrap_or_default();
        assert_eq!(stored_profile::decode(&stored).ok().as_ref(), Some(&profile), "{stored:?}");
    }
    for parsed in [event::of_page(&body, BOUNDS), event::of_server(&body, BOUNDS)].into_iter().flatten() {
        let property = parsed.property.as_deref().map(serde_json::from_str::<Value>);
        assert!(property.is_none_or(|property| property.is_ok_and(|property| property.is_object())));
        assert!((0..=NOW + 600_000).contains(&parsed.created_at));
    }
}
