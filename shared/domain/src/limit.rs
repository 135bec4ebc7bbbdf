//! Every limit in one place. Each has a test at the limit and one past it (`tests/rules/limits.rs`), except for
//! [`COUNTED_PAGES`], which would take 40 MB of events.

use super::time::DAY;

/// Bytes of a request body after decoding.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Bytes of a builder's delivery.
pub const WEBHOOK_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of one event's name and property as compact JSON.
pub const EVENT_BYTES: usize = 32 * 1024;
/// Bytes of a batch of events, as sent and decoded.
pub const BATCH_BYTES: usize = 500 * 1024;
/// Bytes of a body that carries its session token inside, as a page that goes away sends it.
pub const BEACON_BYTES: usize = 60 * 1024;
/// Events in one batch.
pub const BATCH_EVENTS: usize = 100;
/// Levels of nesting in an event's property, the property itself being the first.
pub const NESTING: usize = 8;
/// Characters of an event's name.
pub const EVENT_NAME_CHARS: usize = 64;
/// Characters of an event's id, as its caller names it.
pub const EVENT_ID_CHARS: usize = 100;
/// Characters of a memberId.
pub const MEMBER_ID_CHARS: usize = 64;
/// Keys of a profile.
pub const PROFILE_KEYS: usize = 200;
/// Bytes of a profile: its keys and values as compact JSON.
pub const PROFILE_BYTES: usize = 32 * 1024;
/// Bytes of `profile` and `profileOnce` together in one request of a page, as compact JSON.
pub const PAGE_PATCH_BYTES: usize = 8 * 1024;
/// Bytes, as JSON, of a UTM value or referrer taken from a boot's `page`: a longer one is dropped, the boot goes on.
pub const ARRIVAL_BYTES: usize = 1024;
/// Characters of a profile key.
pub const PROFILE_KEY_CHARS: usize = 64;
/// Tags of one customer.
pub const TAGS: usize = 20;
/// Tags of one customer of which a builder's latest word is remembered; the first [`TAGS`] are shown. Shopify allows 250.
pub const BUILDER_TAGS: usize = 250;
/// Characters of a tag.
pub const TAG_CHARS: usize = 100;
/// Characters of a channel's name, of `app` texts and of a city.
pub const NAME_CHARS: usize = 256;
/// Lives linked to one member (R11). A further one is not linked, and reported.
pub const LINKS: usize = 40;
/// Names in one list to erase.
pub const BULK: usize = 100_000;
/// Erasures that one answer of `listErasures` lists.
pub const ERASURES_LISTED: usize = 500;
/// Members in one of Cafe24's lists that are read; further ones are dropped.
pub const MEMBERS_LISTED: usize = 1000;
/// Candidates that the refusal of an erasure by address names.
pub const CANDIDATES: usize = 50;
/// Holders of one contact that its own item lists; further ones have an item each.
pub const REGISTRATIONS_INLINE: usize = 20;
/// Events counted for a customer at a glance.
pub const COUNTED_EVENTS: usize = 50_000;
/// Megabytes of events read for those counts.
pub const COUNTED_PAGES: usize = 40;
/// Events on one page of a timeline.
pub const TIMELINE_PAGE: usize = 500;
/// Bytes of the events on one page of a timeline; it ends before the event that would pass them, though never before
/// the first. A reply may have 6 MB, and what it quotes may double.
pub const TIMELINE_BYTES: usize = 1024 * 1024;
/// Fields that one reply names as wrong or dropped; further ones are left out.
pub const DETAILS: usize = 50;
/// Characters of a field's name in a reply; the rest is cut off.
pub const DETAIL_FIELD_CHARS: usize = 200;
/// How long an anonymous visitor is kept after it was last seen, in ms (Channel Talk keeps 90 days too).
pub const ANONYMOUS_MS: i64 = 90 * DAY;
/// How long month markers are kept, in ms. A month's total outlives them.
pub const MARKERS_MS: i64 = 400 * DAY;
/// Refunds of one order that are kept; further ones are not, so that the order keeps its place in the table.
pub const REFUNDS: usize = 200;
/// How long refunds wait for an order that has not come yet, in ms.
pub const WAITING_MS: i64 = 30 * DAY;
/// How long a request for a person's data is kept, in ms: a shop has 30 days to answer it.
pub const DATA_REQUEST_MS: i64 = 60 * DAY;
/// How far in the future an event may lie, in ms.
pub const FUTURE_MS: i64 = 10 * 60 * 1000;
/// Days that the log of drops shows, today included.
pub const REJECTION_DAYS: u32 = 14;
/// Different drops, by origin, reason and field, that an instance notes for a channel and day under names of their own,
/// and that are shown of a day.
pub const REJECTIONS_A_DAY: usize = 500;
