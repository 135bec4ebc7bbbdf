//! The item of a customer or a tombstone, in the partition of the record.
//!
//! Attribute names have one or two letters, because every touch pays for each byte. `docs/reference/TABLE.md` explains
//! the names.

use std::collections::BTreeMap;

use okyaku_domain::builder_tags::BuilderTags;
use okyaku_domain::customer::{Customer, Link};
use okyaku_domain::device::{Mobile, Web};
use okyaku_domain::digest::Digest;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, MemberId, VeilId};
use okyaku_domain::limit::ANONYMOUS_MS;
use okyaku_domain::purchase::Purchases;
use okyaku_domain::record::Tombstone;
use okyaku_domain::tag::Tags;
use okyaku_domain::time::{self, Millis};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{
    ERASED_AT, ERASURE, FORMAT, REQUEST, VERSION, bytes, expired, integer, into_bytes, number, string, text,
    version,
};
use super::contact_point::Registrations;
use super::profile;
use crate::item::Item;
use crate::key::{Key, PK, TTL};
use crate::loaded::{Found, Loaded, State};
use crate::table::write::Write;

/// The sort key of a customer in the record's partition. An erasure leaves only this item there.
pub const CUSTOMER: &str = "P";
/// The name of the sparse index of leads and members.
pub const CONTACTS_INDEX: &str = "contacts";
/// The index's partition key attribute.
pub const LIST_PK: &str = "lpk";
/// The index's sort key attribute.
pub const LIST_SK: &str = "lsk";
/// The filter document, which the index has beside each entry.
pub const FILTER_DOCUMENT: &str = "fd";
/// The number of partitions of a channel's list.
pub const LIST_SHARDS: u8 = 8;
/// The time of the first erasure, on a tombstone that was moved to a later date, epoch ms.
const FIRST_ERASED_AT: &str = "firstErasedAt";
/// The current generation, on the tombstone of generation 0.
const CURRENT: &str = "cur";
const GENERATION: &str = "g";

/// Returns the partition of a record.
#[must_use]
pub fn partition(channel: &ChannelId, id: &CustomerId) -> String {
    format!("C#{channel}#{id}")
}

/// Returns the key of a customer or a tombstone.
#[must_use]
pub fn key(channel: &ChannelId, id: &CustomerId) -> Key {
    Key::new(partition(channel, id), CUSTOMER)
}

/// Returns the index keys of a lead or member. The keys never change, so an entry keeps its place.
fn listing(
    channel: &ChannelId,
    id: &CustomerId,
    created_at: Millis,
) -> [(String, aws_sdk_dynamodb::types::AttributeValue); 2] {
    let number = id.as_str().bytes().last().unwrap_or(0) % LIST_SHARDS;
    [(LIST_PK.to_owned(), text(shard(channel, number))), (LIST_SK.to_owned(), text(list_time(created_at)))]
}

/// Returns the index's partition of a shard of a channel's list.
pub(crate) fn shard(channel: &ChannelId, number: u8) -> String {
    format!("L#{channel}#{number}")
}

/// Returns a time as the index sorts it.
pub(crate) fn list_time(at: Millis) -> String {
    format!("{at:013}")
}

/// The attributes of a customer. Absent, empty and zero values are left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(rename = "g", skip_serializing_if = "is_zero")]
    generation: u32,
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    veil_id: Option<VeilId>,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    profile: Option<ByteBuf>,
    #[serde(rename = "t", skip_serializing_if = "BTreeMap::is_empty")]
    tags: Tags,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(rename = "y", skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(rename = "ue", skip_serializing_if = "is_false")]
    unsubscribe_email: bool,
    #[serde(rename = "ut", skip_serializing_if = "is_false")]
    unsubscribe_texting: bool,
    #[serde(rename = "k", skip_serializing_if = "is_false")]
    blocked: bool,
    #[serde(rename = "h", skip_serializing_if = "is_false")]
    has_push_token: bool,
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    web: Option<Device>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    mobile: Option<Device>,
    #[serde(rename = "s", skip_serializing_if = "is_zero")]
    sessions_count: u32,
    #[serde(rename = "z", skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Millis>,
    #[serde(rename = "o")]
    created_at: Millis,
    #[serde(rename = "u")]
    updated_at: Millis,
    #[serde(rename = "r", skip_serializing_if = "BTreeMap::is_empty")]
    registrations: Registrations,
    #[serde(rename = "j", skip_serializing_if = "Vec::is_empty")]
    links: Vec<StoredLink>,
    #[serde(rename = "q", skip_serializing_if = "Option::is_none")]
    linked_to: Option<CustomerId>,
    /// Whether the linked record was listed. Every other listed record has the keys of the index.
    #[serde(rename = "ql", skip_serializing_if = "is_false")]
    linked_contact: bool,
    #[serde(rename = "qa", skip_serializing_if = "Option::is_none")]
    linked_at: Option<Millis>,
    #[serde(rename = "ra", skip_serializing_if = "Option::is_none")]
    revived_after: Option<Millis>,
    #[serde(rename = "bc", skip_serializing_if = "Option::is_none")]
    builder_created_at: Option<Millis>,
    #[serde(rename = "ft", skip_serializing_if = "BTreeMap::is_empty")]
    field_times: BTreeMap<String, Millis>,
    #[serde(rename = "bt", skip_serializing_if = "BuilderTags::is_empty")]
    builder_tags: BuilderTags,
    #[serde(rename = "pu", skip_serializing_if = "Purchases::is_empty")]
    purchases: Purchases,
    #[serde(rename = "st", skip_serializing_if = "Option::is_none")]
    stale_since: Option<Millis>,
}

/// A link with the visitor's registrations. An erasure can release the registrations without reading the
/// visitor.
#[derive(Serialize, Deserialize)]
struct StoredLink {
    #[serde(rename = "i")]
    id: CustomerId,
    #[serde(rename = "s")]
    since: Millis,
    #[serde(rename = "r", default, skip_serializing_if = "BTreeMap::is_empty")]
    registrations: Registrations,
}

/// A browser or an app.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Device {
    /// The browser with its version, or the app's name.
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    program: Option<String>,
    /// The browser, or the app's version.
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    os_name: Option<String>,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// The hash of the User-Agent header.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(rename = "s", skip_serializing_if = "is_zero")]
    sessions_count: u32,
    #[serde(rename = "z", skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<Millis>,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Device {
    fn of_web(web: Web) -> Option<Self> {
        let Web { browser, browser_name, os, os_name, device, agent, sessions_count, last_seen_at } = web;
        let (program, detail) = (browser, browser_name);
        let stored = Self { program, detail, os, os_name, device, agent, sessions_count, last_seen_at };
        (stored != Self::default()).then_some(stored)
    }

    fn of_mobile(mobile: Mobile) -> Option<Self> {
        let Mobile { app_name, app_version, os, os_name, device, sessions_count, last_seen_at } = mobile;
        let (program, detail) = (app_name, app_version);
        let stored = Self { program, detail, os, os_name, device, agent: None, sessions_count, last_seen_at };
        (stored != Self::default()).then_some(stored)
    }

    fn web(self) -> Web {
        let Self { program, detail, os, os_name, device, agent, sessions_count, last_seen_at } = self;
        Web {
            browser: program,
            browser_name: detail,
            os,
            os_name,
            device,
            agent,
            sessions_count,
            last_seen_at,
        }
    }

    fn mobile(self) -> Mobile {
        let Self { program, detail, os, os_name, device, agent: _, sessions_count, last_seen_at } = self;
        Mobile { app_name: program, app_version: detail, os, os_name, device, sessions_count, last_seen_at }
    }
}

/// Returns a customer as an item. `now` is the time of the write, epoch ms.
///
/// # Errors
/// [`Error::Internal`] if the customer cannot be serialized.
pub fn item(
    channel: &ChannelId,
    customer: &Customer,
    state: &State,
    version: u64,
    request: &str,
    now: Millis,
) -> Result<Item, Error> {
    let customer = customer.clone();
    // Take the facts that the attributes below consume.
    let (id, listed, linked) = (customer.id.clone(), customer.listed, customer.linked_to.is_some());
    // A linked record is a part of its member, so that no person is listed twice.
    let document =
        (listed && !linked).then(|| Digest::bytes(&customer, state.filter_document.as_deref(), now));
    let seen = customer.updated_at.max(customer.last_seen_at.unwrap_or(0));
    let stored_link = |link: Link| StoredLink {
        registrations: state.link_registrations.get(&link.id).cloned().unwrap_or_default(),
        id: link.id,
        since: link.since,
    };
    let profile = (!customer.profile.is_empty()).then(|| profile::encode(&customer.profile)).transpose()?;
    // Fill every attribute. serde gives the short names.
    let attributes = Attributes {
        generation: customer.generation,
        member_id: customer.member_id,
        veil_id: customer.veil_id,
        name: customer.name,
        profile: profile.map(ByteBuf::from),
        tags: customer.tags,
        language: customer.language,
        country: customer.country,
        city: customer.city,
        unsubscribe_email: customer.unsubscribe_email,
        unsubscribe_texting: customer.unsubscribe_texting,
        blocked: customer.blocked,
        has_push_token: customer.has_push_token,
        web: Device::of_web(customer.web),
        mobile: Device::of_mobile(customer.mobile),
        sessions_count: customer.sessions_count,
        last_seen_at: customer.last_seen_at,
        created_at: customer.created_at,
        updated_at: customer.updated_at,
        registrations: state.registrations.clone(),
        links: customer.links.into_iter().map(stored_link).collect(),
        linked_to: customer.linked_to,
        linked_contact: listed && linked,
        linked_at: customer.linked_at,
        revived_after: customer.revived_after,
        builder_created_at: customer.builder_created_at,
        field_times: customer.field_times,
        builder_tags: customer.builder_tags,
        purchases: customer.purchases,
        stale_since: customer.stale_since,
    };
    // Add the key and the attributes that only the table knows.
    let mut item: Item = to_item(attributes).map_err(Error::internal)?;
    item.extend(key(channel, &id).attributes());
    // Only listed customers have the index's keys. An anonymous visitor has a time to live.
    if let Some(document) = document {
        item.extend(listing(channel, &id, customer.created_at));
        item.insert(FILTER_DOCUMENT.into(), bytes(document));
    } else if !linked {
        item.insert(TTL.into(), number(time::ttl(seen + ANONYMOUS_MS)));
    }
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

fn customer(mut item: Item) -> Result<Loaded, Error> {
    let unreadable = || Error::internal("a customer's item cannot be read");
    let id =
        // The id comes from the key. The remaining attributes come from the item.
        string(&item, PK).and_then(|pk| CustomerId::parse(pk.rsplit('#').next()?)).ok_or_else(unreadable)?;
    let (in_index, version) = (item.contains_key(LIST_PK), version(&item).unwrap_or(0));
    let filter_document = item.remove(FILTER_DOCUMENT).and_then(into_bytes);
    let attributes: Attributes = from_item(item).map_err(|_| unreadable())?;
    let profile = attributes.profile.map(|bytes| profile::decode(&bytes)).transpose()?.unwrap_or_default();
    let (mut links, mut link_registrations) = (Vec::new(), BTreeMap::new());
    // Separate the links from the registrations that only the table knows.
    for StoredLink { id, since, registrations } in attributes.links {
        link_registrations.insert(id.clone(), registrations);
        links.push(Link { id, since });
    }
    // Build the customer.
    let customer = Customer {
        id,
        generation: attributes.generation,
        member_id: attributes.member_id,
        veil_id: attributes.veil_id,
        name: attributes.name,
        profile,
        tags: attributes.tags,
        language: attributes.language,
        country: attributes.country,
        city: attributes.city,
        unsubscribe_email: attributes.unsubscribe_email,
        unsubscribe_texting: attributes.unsubscribe_texting,
        blocked: attributes.blocked,
        has_push_token: attributes.has_push_token,
        web: attributes.web.unwrap_or_default().web(),
        mobile: attributes.mobile.unwrap_or_default().mobile(),
        sessions_count: attributes.sessions_count,
        last_seen_at: attributes.last_seen_at,
        created_at: attributes.created_at,
        updated_at: attributes.updated_at,
        listed: in_index || attributes.linked_contact,
        links,
        linked_to: attributes.linked_to,
        linked_at: attributes.linked_at,
        revived_after: attributes.revived_after,
        builder_created_at: attributes.builder_created_at,
        field_times: attributes.field_times,
        builder_tags: attributes.builder_tags,
        purchases: attributes.purchases,
        stale_since: attributes.stale_since,
    };
    // Keep the table's own part apart, for the condition of the next write.
    let registrations = attributes.registrations;
    let state = State { version, registrations, link_registrations, filter_document };
    Ok(Loaded { customer: Box::new(customer), state })
}

/// Returns the customer or tombstone of an item. An expired item counts as absent.
///
/// # Errors
/// [`Error::Internal`] if the item cannot be read.
pub fn read(item: Item, now: Millis) -> Result<Option<Found>, Error> {
    if expired(&item, now) {
        return Ok(None);
    }
    // Only a tombstone has the time of an erasure.
    let Some(erased_at) = integer(&item, ERASED_AT) else {
        return customer(item).map(|loaded| Some(Found::Live(loaded)));
    };
    let count = |name| integer(&item, name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Ok(Some(Found::Erased(Tombstone {
        generation: count(GENERATION),
        current: count(CURRENT),
        erased_at,
        first_erased_at: integer(&item, FIRST_ERASED_AT).unwrap_or(erased_at),
        erasure: string(&item, ERASURE).map(str::to_owned),
    })))
}

/// Returns a tombstone as an item. A tombstone names nobody, because the key is a keyed hash.
pub(crate) fn tombstone(channel: &ChannelId, id: &CustomerId, generation: u32, erasure: &Erasure) -> Item {
    let mut item = key(channel, id).attributes();
    item.insert(ERASED_AT.into(), number(erasure.dated()));
    item.insert(ERASURE.into(), text(&erasure.id));
    item.insert(TTL.into(), number(time::ttl(erasure.until)));
    item.insert(FORMAT.into(), number(1));
    item.insert(GENERATION.into(), number(generation));
    item.insert(CURRENT.into(), number(generation));
    // Every stored version is larger than 0. So a write that read the customer before the erasure fails.
    item.insert(VERSION.into(), number(0));
    item
}

/// Makes the tombstone of generation 0 name a new generation (R12).
///
/// The condition is that the tombstone named the generation before. The tombstone stays as long as the new
/// record exists.
pub(crate) fn name_generation(first: Key, generation: u32) -> Write {
    let write = Write::update(first, |terms| {
        let (current, expires, new) = (terms.name(CURRENT), terms.name(TTL), terms.value(number(generation)));
        format!("SET {current} = {new} REMOVE {expires}")
    });
    write.when(|terms| format!("{} = {}", terms.name(CURRENT), terms.value(number(generation - 1))))
}

/// Lets the tombstone of generation 0 expire at `until`, epoch ms, together with the named generation.
pub(crate) fn release_generation(first: Key, generation: u32, until: Millis) -> Write {
    let write = Write::update(first, |terms| {
        format!("SET {} = {}", terms.name(TTL), terms.value(number(time::ttl(until))))
    });
    write.when(|terms| format!("{} = {}", terms.name(CURRENT), terms.value(number(generation))))
}

/// Moves a tombstone to a later date.
pub(crate) fn redate(at: Key, erased_at: Millis) -> Write {
    let write = Write::update(at, |terms| {
        let (first, dated) = (terms.name(FIRST_ERASED_AT), terms.name(ERASED_AT));
        let later = terms.value(number(erased_at));
        format!("SET {first} = if_not_exists({first}, {dated}), {dated} = {later}")
    });
    write.when(|terms| format!("{} < {}", terms.name(ERASED_AT), terms.value(number(erased_at))))
}
