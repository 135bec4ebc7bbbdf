//! Writing a customer: the whole item, on the condition that the version it was decided on is still there.

use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnConsumedCapacity, TransactWriteItem, Update,
};

use super::access::WriteCustomers;
use super::calls::Sent;
use super::contact_points::{self, Change, ContactPoints, Remembered, Terms};
use super::failure::Failure;
use super::item::{self, CURRENT, FORMAT, REQUEST, VERSION, number, text};
use super::keys::{self, PK, TTL};
use super::orders::OrderChange;
use super::retry::Invocation;
use super::{Item, Store};
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::time::{Millis, month};

/// A decided change of a customer.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The channel.
    pub channel: &'a str,
    /// What was read, and its version; `None` for a new customer.
    pub before: Option<(&'a Customer, u64)>,
    /// What is to be stored.
    pub after: Customer,
    /// A visitor that is linked by it, and the version that was read.
    pub link: Option<(Customer, u64)>,
    /// Whether its contacts must be nobody's (R10).
    pub unique: bool,
    /// Whether a new visitor brought its veilId. A repeated boot finds it and writes nothing, so its marker goes along
    /// (R7); one whose veilId was minted by the boot itself is never met again.
    pub adopted: bool,
    /// An address that was erased at this time or later, epoch ms, is refused: to an upsert, which may know nothing of it,
    /// and to a builder's older word (R12).
    pub remembers: Option<Millis>,
    /// An order of the customer that changes with it (R13).
    pub order: Option<OrderChange>,
}

impl<'a> Commit<'a> {
    /// A change of a customer and nothing else; `before` is what was read and its version, `None` for a new one.
    #[must_use]
    pub fn new(channel: &'a str, before: Option<(&'a Customer, u64)>, after: Customer) -> Self {
        Self {
            channel,
            before,
            after,
            link: None,
            unique: false,
            adopted: false,
            remembers: None,
            order: None,
        }
    }
}

/// How a commit ended.
#[derive(Debug)]
pub enum Outcome {
    /// Stored, as it now is.
    Stored(Box<Customer>),
    /// Somebody else wrote first: load and decide again.
    Lost,
    /// A contact that had to be nobody's is somebody's.
    Taken(Registrant),
    /// An address that it brings was erased (R12).
    Erased,
}

/// Who holds a contact that had to be nobody's.
#[derive(Debug)]
pub enum Registrant {
    /// This customer.
    Listed(CustomerId),
    /// Only those whose items lie apart, if any of them is left: see [`Store::overflow_registrant`].
    Overflow(ContactPointKind, String),
}

const NEW: &str = "attribute_not_exists(#pk) OR #ttl <= :now OR (#rid = :rid AND #v = :new)";
const KNOWN: &str = "#v = :old OR (#rid = :rid AND #v = :new)";

impl<A: WriteCustomers> Store<A> {
    /// Stores a change. 1 W per KB for an ordinary one; a transaction of 2 W per KB and item where contacts, a link, a
    /// new lead or member, or a new generation are involved; 1 W more in the customer's first write of a month.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn commit(&self, mut commit: Commit<'_>, invocation: &Invocation) -> Result<Outcome, Error> {
        let changes = contact_points::changes(&self.base.keys, commit.channel, &mut commit.after);
        let (id, at) = (commit.after.id.clone(), commit.after.updated_at);
        let new = commit.before.is_none();
        let first_of_month = commit.before.is_none_or(|(before, _)| month(before.updated_at) != month(at));
        // An existing customer's marker goes before it, a new visitor's after it; a new lead's or member's goes along
        // (R7).
        if first_of_month && !new {
            self.mark(commit.channel, &id, at).await?;
        }
        let together = !changes.is_empty()
            || commit.link.is_some()
            || commit.order.is_some()
            || (new && (commit.after.listed || commit.adopted));
        if together {
            return self.commit_together(commit, changes, invocation).await;
        }
        let outcome = self.commit_alone(&commit, invocation).await?;
        if first_of_month && new && matches!(outcome, Outcome::Stored(_)) {
            self.mark(commit.channel, &id, at).await?;
        }
        Ok(outcome)
    }

    async fn commit_alone(&self, commit: &Commit<'_>, invocation: &Invocation) -> Result<Outcome, Error> {
        let guard = Guard::of(commit.before.map(|(_, version)| version), &invocation.id, self.now());
        let item = item::of_customer(commit.channel, &commit.after, guard.version(), &invocation.id)?;
        let sent = self
            .client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item))
            .condition_expression(guard.condition)
            .set_expression_attribute_names(Some(guard.names()))
            .set_expression_attribute_values(Some(guard.values))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent.map_err(Failure::of) {
            Ok(_) => Ok(Outcome::Stored(Box::new(commit.after.clone()))),
            Err(Failure::Condition | Failure::Conflict) => Ok(Outcome::Lost),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn commit_together(
        &self,
        mut commit: Commit<'_>,
        mut changes: Vec<Change>,
        invocation: &Invocation,
    ) -> Result<Outcome, Error> {
        // Two forms of each contact, so a few turns suffice; if others keep changing the lists, it is a lost race.
        for _ in 0..4 {
            let items = self.items(&commit, &changes, invocation)?;
            let (own, contact_items) = (items.own.len(), items.of_contacts);
            let all = items.own.into_iter().chain(items.contact_points).collect();
            let reasons = match self.transact(all).await? {
                Sent::Done => return Ok(Outcome::Stored(Box::new(commit.after))),
                Sent::Conflict => return Ok(Outcome::Lost),
                Sent::Refused(reasons) => reasons,
            };
            let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
            if reasons.iter().take(own).any(failed) {
                return Ok(Outcome::Lost);
            }
            // What is left is a contact: taken, or its list full.
            for (reason, change) in reasons.iter().skip(own).zip(contact_items) {
                if !failed(reason) {
                    continue;
                }
                let Some(Change::Take(kind, registration)) = changes.get_mut(change) else { continue };
                if let (Some(since), Some(item)) = (commit.remembers, reason.item())
                    && item::is_marked(item, self.now(), since)
                {
                    return Ok(Outcome::Erased);
                }
                if commit.unique {
                    let listed =
                        reason.item().and_then(|item| contact_points::registrants(item).into_iter().next());
                    let overflow = || Registrant::Overflow(*kind, registration.hash.clone());
                    let registrant = listed.map_or_else(overflow, Registrant::Listed);
                    return Ok(Outcome::Taken(registrant));
                }
                // Full, or no longer: what the holder's own item and the list's condition say is each other's opposite.
                registration.overflow = !registration.overflow;
                commit.after.registrations.insert(*kind, registration.clone());
            }
        }
        Ok(Outcome::Lost)
    }

    fn items(
        &self,
        commit: &Commit<'_>,
        changes: &[Change],
        invocation: &Invocation,
    ) -> Result<Items, Error> {
        let (channel, after) = (commit.channel, &commit.after);
        let mut own =
            vec![self.put(channel, after, commit.before.map(|(_, version)| version), invocation)?];
        if let Some((visitor, version)) = &commit.link {
            own.push(self.put(channel, visitor, Some(*version), invocation)?);
            let mut entry = keys::journal(channel, &after.id, after.updated_at, &visitor.id).attributes();
            entry.insert(FORMAT.into(), number(1));
            entry.insert("kind".into(), text("link"));
            entry.insert("visitor".into(), text(visitor.id.as_str()));
            own.push(self.plain(entry)?);
        }
        if commit.before.is_none() && after.generation > 0 {
            own.push(self.name_generation(channel, after)?);
        }
        if commit.before.is_none() {
            own.push(self.mark_within(channel, &after.id, after.updated_at)?);
        }
        let writer = ContactPoints { table: self.table(), channel, id: &after.id };
        if let Some(order) = &commit.order {
            own.extend(self.order_items(channel, &after.id, order, invocation)?);
        }
        let remembers = commit.remembers.map(|since| Remembered { now: self.now().div_euclid(1000), since });
        let terms = Terms { unique: commit.unique, remembers };
        let mut items = Items { own, contact_points: Vec::new(), of_contacts: Vec::new() };
        for (at, change) in changes.iter().enumerate() {
            for item in writer.items(change, terms)? {
                items.contact_points.push(item);
                items.of_contacts.push(at);
            }
        }
        Ok(items)
    }

    fn put(
        &self,
        channel: &str,
        customer: &Customer,
        version: Option<u64>,
        invocation: &Invocation,
    ) -> Result<TransactWriteItem, Error> {
        let guard = Guard::of(version, &invocation.id, self.now());
        let put = Put::builder()
            .table_name(self.table())
            .set_item(Some(item::of_customer(channel, customer, guard.version(), &invocation.id)?))
            .condition_expression(guard.condition)
            .set_expression_attribute_names(Some(guard.names()))
            .set_expression_attribute_values(Some(guard.values));
        Ok(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build())
    }

    /// Makes the tombstone of generation 0 name a new life, on the condition that it named the one before (R12).
    fn name_generation(&self, channel: &str, after: &Customer) -> Result<TransactWriteItem, Error> {
        let member = after.member_id.as_deref().unwrap_or_default();
        let first = self.base.keys.customer_id(channel, NaturalKey::Member(member), 0);
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(keys::customer(channel, &first).attributes()))
            // It stays for as long as there is somebody it leads to.
            .update_expression("SET #cur = :new REMOVE #ttl")
            .condition_expression("#cur = :old")
            .expression_attribute_names("#cur", CURRENT)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":new", number(after.generation))
            .expression_attribute_values(":old", number(after.generation - 1));
        Ok(TransactWriteItem::builder().update(update.build().map_err(Error::internal)?).build())
    }
}

/// The items of a transaction: those of the customer itself, then those of its contacts with the change each is of.
struct Items {
    own: Vec<TransactWriteItem>,
    contact_points: Vec<TransactWriteItem>,
    of_contacts: Vec<usize>,
}

/// The condition of a customer's put. Our own write, repeated after a lost reply, recognises itself by its request id.
pub(super) struct Guard {
    pub(super) condition: &'static str,
    pub(super) values: Item,
    old: Option<u64>,
}

impl Guard {
    pub(super) fn of(old: Option<u64>, request: &str, now: i64) -> Self {
        let mut values = Item::from([
            (":rid".to_owned(), AttributeValue::S(request.to_owned())),
            (":new".to_owned(), number(old.unwrap_or(0) + 1)),
        ]);
        let condition = match old {
            Some(version) => {
                values.insert(":old".into(), number(version));
                KNOWN
            }
            None => {
                values.insert(":now".into(), number(now.div_euclid(1000)));
                NEW
            }
        };
        Self { condition, values, old }
    }

    pub(super) fn version(&self) -> u64 {
        self.old.unwrap_or(0) + 1
    }

    pub(super) fn names(&self) -> std::collections::HashMap<String, String> {
        let mut names = vec![("#rid", REQUEST), ("#v", VERSION)];
        if self.old.is_none() {
            names.extend([("#pk", PK), ("#ttl", TTL)]);
        }
        names.into_iter().map(|(name, attribute)| (name.to_owned(), attribute.to_owned())).collect()
    }
}
