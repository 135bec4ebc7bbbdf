//! Every limit in one place. Each limit has a test at the limit and a test one past the limit
//! (`tests/rules/limits.rs`). The exception is [`COUNTED_PAGES`], because the test would take 40 MB of
//! events.

use super::time::DAY;

/// Bytes of a request body after decoding.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Bytes of a builder's delivery.
pub const WEBHOOK_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one event's name and property as compact JSON.
pub const EVENT_BYTES: usize = 32 * 1024;
/// Bytes of a batch of events, both as sent and as decoded.
pub const BATCH_BYTES: usize = 500 * 1024;
/// Bytes of a body with its session token inside, sent by a page that goes away.
pub const BEACON_BYTES: usize = 60 * 1024;
/// Events in one batch.
pub const BATCH_EVENTS: usize = 100;
/// Levels of nesting in an event's property. The property itself is the first level.
pub const NESTING: usize = 8;
/// Characters of an event's name.
pub const EVENT_NAME_CHARS: usize = 64;
/// Characters of an event's id from the caller.
pub const EVENT_ID_CHARS: usize = 100;
/// Characters of a memberId.
pub const MEMBER_ID_CHARS: usize = 64;
/// Keys of a profile.
pub const PROFILE_KEYS: usize = 200;
/// Bytes of a profile: its keys and values as compact JSON.
pub const PROFILE_BYTES: usize = 32 * 1024;
/// Keys of a profile that pages may set. Pages are anybody, so half of the room stays for the shop.
pub const PAGE_KEYS: usize = PROFILE_KEYS / 2;
/// Bytes of a profile that pages may fill.
pub const PAGE_BYTES: usize = PROFILE_BYTES / 2;
/// Bytes of `profile` and `profileOnce` together in one request of a page, as compact JSON.
pub const PAGE_PATCH_BYTES: usize = 8 * 1024;
/// Bytes, as JSON, of a UTM value or referrer from a boot's `page`. A longer value is dropped, and the boot
/// goes on.
pub const ARRIVAL_BYTES: usize = 1024;
/// Characters of a profile key.
pub const PROFILE_KEY_CHARS: usize = 64;
/// Tags of one customer.
pub const TAGS: usize = 20;
/// Tags of one customer that pages may set.
pub const PAGE_TAGS: usize = TAGS / 2;
/// Tags of one customer with a remembered builder update. The first [`TAGS`] are shown. Shopify allows 250.
pub const BUILDER_TAGS: usize = 250;
/// Characters of a tag.
pub const TAG_CHARS: usize = 100;
/// Characters of a channel's name, of `app` texts and of a city.
pub const NAME_CHARS: usize = 256;
/// Records linked to one member (R11). A further visitor stays unlinked, and the boot reports the limit.
pub const LINKS: usize = 40;
/// Names in one list to erase.
pub const BULK: usize = 100_000;
/// Erasures in one answer of `listErasures`.
pub const ERASURES_LISTED: usize = 500;
/// Members read from one of Cafe24's lists. Further members are dropped.
pub const MEMBERS_LISTED: usize = 1000;
/// Updates of one delivery that are applied at once. More become a job.
pub const UPDATES_AT_ONCE: usize = 20;
/// Bytes of one job. A longer delivery becomes several jobs. An item of DynamoDB has at most 400 KB.
pub const JOB_BYTES: usize = 300_000;
/// Candidates in the refusal of an erasure by address.
pub const CANDIDATES: usize = 50;
/// Verified registrations in the item of one contact point. Each further one has an item of its own.
pub const REGISTRATIONS_INLINE: usize = 20;
/// Registrations in the item of one contact point beside which a claim is listed. Each further claim has an item of its
/// own.
pub const CLAIMS_INLINE: usize = 10;
/// Events counted for a customer at a glance.
pub const COUNTED_EVENTS: usize = 50_000;
/// Names of events that a customer at a glance shows. The events of further names are counted together.
pub const COUNTED_NAMES: usize = 500;
/// Megabytes of events read for those counts.
pub const COUNTED_PAGES: usize = 40;
/// Events on one page of a timeline.
pub const TIMELINE_PAGE: usize = 500;
/// The most contacts on a page of the list.
pub const CONTACTS_PAGE: usize = 500;
/// Bytes of a filter as compact JSON.
pub const FILTER_BYTES: usize = 32 * 1024;
/// Keys in the `fields` of a search.
pub const SEARCH_FIELDS: usize = 100;
/// People of one act by a list of ids.
pub const BULK_IDS: usize = 1000;
/// Tags in one list of tags. The rarest of more are left out.
pub const TAGS_LISTED: usize = 1000;
/// Terms of one look-up.
pub const LOOKUP_TERMS: usize = 1000;
/// Characters of a search text.
pub const QUERY_CHARS: usize = 100;
/// Bytes of the events on one page of a timeline.
///
/// The page ends before the event that would pass this limit, but the page has at least one event. A reply
/// may have 6 MB, and the quotes in a reply may double its bytes.
pub const TIMELINE_BYTES: usize = 1024 * 1024;
/// Fields that one reply names as wrong or dropped. Further fields are left out.
pub const DETAILS: usize = 50;
/// Characters of a field's name in a reply. The rest is cut off.
pub const DETAIL_FIELD_CHARS: usize = 200;
/// The retention of an anonymous visitor after the last sight, in ms. Channel Talk keeps 90 days too.
pub const ANONYMOUS_MS: i64 = 90 * DAY;
/// The retention of month markers, in ms. A month's total outlives the markers.
pub const MARKERS_MS: i64 = 400 * DAY;
/// Stored refunds of one order. Further refunds are left out, so that the order still fits into the table.
pub const REFUNDS: usize = 200;
/// The time that refunds wait for an order that has yet to come, in ms.
pub const WAITING_MS: i64 = 30 * DAY;
/// The retention of a data request, in ms. A shop has 30 days to answer the request.
pub const DATA_REQUEST_MS: i64 = 60 * DAY;
/// The time by which an event may lie in the future, in ms.
pub const FUTURE_MS: i64 = 10 * 60 * 1000;
/// Days in the log of rejections, today included.
pub const REJECTION_DAYS: u32 = 14;
/// Different rejections, by sender, reason and field, of one channel and day.
///
/// An instance counts up to this number under names of their own. The log shows up to this number of a day.
pub const REJECTIONS_A_DAY: usize = 500;
