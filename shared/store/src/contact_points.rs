//! Contacts: which customers an e-mail address or phone number belongs to (R10).
//!
//! A contact's item lists up to 20 holders in a string set, so that registering and freeing are idempotent and need no
//! read; a further holder has an item of its own. Every change goes with the profile it belongs to, in one transaction.

use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};

use super::access::{List, WriteCustomers};
use super::failure::Failure;
use super::item::{ERASED_AT, FORMAT, UNTIL, number, string};
use super::keys::{self, Key, OVERFLOW, SK, TTL};
use super::{Item, Store};
use crate::keyring::Keys;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::{Customer, Registration, Registrations};
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::REGISTRATIONS_INLINE;

/// Set of the holders' ids.
pub(super) const REGISTERED: &str = "registered";
/// Set of those who hold it verified.
pub(super) const VERIFIED: &str = "verified";
/// Whether there were ever holders with items of their own.
pub(super) const HAS_OVERFLOW: &str = "overflow";
/// On a holder's own item that was freed by a function which may not delete.
pub(super) const FREED: &str = "freed";

/// What happens to one contact of a customer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// The customer holds it from now on.
    Take(ContactPointKind, Registration),
    /// The customer holds it already; whether it is verified changed.
    Verify(ContactPointKind, Registration),
    /// The customer no longer holds it.
    Free(ContactPointKind, Registration),
}

/// Compares the contacts that the table registers for a customer with those its profile names, and notes the latter in
/// `customer.registrations`.
pub(super) fn changes(keys: &Keys, channel: &str, customer: &mut Customer) -> Vec<Change> {
    let old = std::mem::take(&mut customer.registrations);
    let mut new = Registrations::new();
    for (contact_point, verified) in customer.contact_points() {
        let hash = keys.contact_point(channel, &contact_point);
        let overflow = old.get(&contact_point.kind).is_some_and(|held| held.hash == hash && held.overflow);
        new.insert(contact_point.kind, Registration { hash, verified, overflow });
    }
    let mut changes = Vec::new();
    for kind in ContactPointKind::ALL {
        match (old.get(&kind), new.get(&kind)) {
            (Some(was), Some(is)) if was == is => {}
            (Some(was), Some(is)) if was.hash == is.hash => changes.push(Change::Verify(kind, is.clone())),
            (was, is) => {
                changes.extend(was.map(|was| Change::Free(kind, was.clone())));
                changes.extend(is.map(|is| Change::Take(kind, is.clone())));
            }
        }
    }
    customer.registrations = new;
    changes
}

/// Which erasures of an address count against taking it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered {
    /// Now, in epoch seconds: those that are over by then do not.
    pub(super) now: i64,
    /// Those before this do not, epoch ms.
    pub(super) since: i64,
}

/// On what terms a contact is taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    /// Only if nobody holds it (R10).
    pub(super) unique: bool,
    /// Only if it is not remembered as erased (R12).
    pub(super) remembers: Option<Remembered>,
}

impl Terms {
    fn with(self, condition: &str) -> String {
        match self.remembers {
            Some(_) => format!(
                "({condition}) AND (attribute_not_exists(#until) OR #until <= :now OR #erased < :since)"
            ),
            None => condition.to_owned(),
        }
    }
}

/// Builds the transaction items of contact changes.
pub(super) struct ContactPoints<'a> {
    pub(super) table: &'a str,
    pub(super) channel: &'a str,
    pub(super) id: &'a CustomerId,
}

impl ContactPoints<'_> {
    /// The items of one change; 2 W each.
    pub(super) fn items(&self, change: &Change, terms: Terms) -> Result<Vec<TransactWriteItem>, Error> {
        match change {
            Change::Take(kind, registration) if registration.overflow => {
                let mut item =
                    keys::registrant(self.channel, *kind, &registration.hash, self.id).attributes();
                item.insert(FORMAT.into(), number(1));
                item.insert(VERIFIED.into(), AttributeValue::Bool(registration.verified));
                let put = Put::builder()
                    .table_name(self.table)
                    .set_item(Some(item))
                    .build()
                    .map_err(Error::internal)?;
                let full = terms.with("size(#holders) >= :max");
                let note = self.update(*kind, registration, "SET #apart = :true", Some(&full), terms)?;
                Ok(vec![TransactWriteItem::builder().put(put).build(), note])
            }
            Change::Take(kind, registration) => {
                let condition = if terms.unique {
                    // Its own id is there already if the reply to a first try was lost.
                    "(attribute_not_exists(#holders) AND attribute_not_exists(#apart)) OR contains(#holders, :id)"
                } else {
                    "attribute_not_exists(#holders) OR size(#holders) < :max OR contains(#holders, :id)"
                };
                // What somebody holds does not expire.
                let update = if registration.verified {
                    "SET #f = :f REMOVE #ttl ADD #holders :ids, #verified :ids"
                } else {
                    "SET #f = :f REMOVE #ttl ADD #holders :ids DELETE #verified :ids"
                };
                Ok(vec![self.update(*kind, registration, update, Some(&terms.with(condition)), terms)?])
            }
            Change::Verify(kind, registration) if registration.overflow => {
                let key = keys::registrant(self.channel, *kind, &registration.hash, self.id);
                let update = Update::builder()
                    .table_name(self.table)
                    .set_key(Some(key.attributes()))
                    .update_expression("SET #verified = :verified")
                    .expression_attribute_names("#verified", VERIFIED)
                    .expression_attribute_values(":verified", AttributeValue::Bool(registration.verified));
                Ok(vec![
                    TransactWriteItem::builder().update(update.build().map_err(Error::internal)?).build(),
                ])
            }
            Change::Verify(kind, registration) => {
                let update =
                    if registration.verified { "ADD #verified :ids" } else { "DELETE #verified :ids" };
                Ok(vec![self.update(*kind, registration, update, None, terms)?])
            }
            Change::Free(kind, registration) if registration.overflow => {
                let key = keys::registrant(self.channel, *kind, &registration.hash, self.id);
                let update = Update::builder()
                    .table_name(self.table)
                    .set_key(Some(key.attributes()))
                    .update_expression("SET #freed = :true, #ttl = :now")
                    .expression_attribute_names("#freed", FREED)
                    .expression_attribute_names("#ttl", TTL)
                    .expression_attribute_values(":true", AttributeValue::Bool(true))
                    // Nothing refers to it any more: the engine may remove it at once.
                    .expression_attribute_values(":now", number(1));
                Ok(vec![
                    TransactWriteItem::builder().update(update.build().map_err(Error::internal)?).build(),
                ])
            }
            Change::Free(kind, registration) => Ok(vec![self.update(
                *kind,
                registration,
                "DELETE #holders :ids, #verified :ids",
                None,
                terms,
            )?]),
        }
    }

    /// An update of the contact's own item, with the names and values that its texts use.
    fn update(
        &self,
        kind: ContactPointKind,
        registration: &Registration,
        update: &str,
        condition: Option<&str>,
        terms: Terms,
    ) -> Result<TransactWriteItem, Error> {
        let key: Key = keys::contact_point(self.channel, kind, &registration.hash);
        let text = format!("{update} {}", condition.unwrap_or(""));
        let mut builder = Update::builder()
            .table_name(self.table)
            .set_key(Some(key.attributes()))
            .update_expression(update)
            .set_condition_expression(condition.map(str::to_owned))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        // The engine refuses a name or value that no expression uses.
        let names = [
            ("#holders", REGISTERED),
            ("#verified", VERIFIED),
            ("#apart", HAS_OVERFLOW),
            ("#f", FORMAT),
            ("#ttl", TTL),
            ("#until", UNTIL),
            ("#erased", ERASED_AT),
        ];
        for (name, attribute) in names {
            if text.contains(name) {
                builder = builder.expression_attribute_names(name, attribute);
            }
        }
        let values = [
            (":ids", AttributeValue::Ss(vec![self.id.to_string()])),
            (":id)", AttributeValue::S(self.id.to_string())),
            (":max", number(REGISTRATIONS_INLINE)),
            (":true", AttributeValue::Bool(true)),
            (":f", number(1)),
            (":now", number(terms.remembers.map_or(0, |remembered| remembered.now))),
            (":since", number(terms.remembers.map_or(0, |remembered| remembered.since))),
        ];
        for (name, value) in values {
            if text.contains(name) {
                builder = builder.expression_attribute_values(name.trim_end_matches(')'), value);
            }
        }
        Ok(TransactWriteItem::builder().update(builder.build().map_err(Error::internal)?).build())
    }
}

impl<A: List + WriteCustomers> Store<A> {
    /// Somebody who holds a contact with an item of its own. If nobody is left, the contact forgets that there ever
    /// was one, so that it can be taken again. 1 R per 4 KB; 1 W if nobody is left.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn overflow_registrant(
        &self,
        channel: &str,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Option<CustomerId>, Error> {
        let key = keys::contact_point(channel, kind, hash);
        let items = self.partition(key.pk.clone()).await?;
        let of = |item: &Item| CustomerId::parse(string(item, SK)?.strip_prefix(OVERFLOW)?);
        if let Some(id) = items.iter().filter(|item| !item.contains_key(FREED)).find_map(of) {
            return Ok(Some(id));
        }
        // Whoever came meanwhile is in the list: only a full one sends holders apart.
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .update_expression("REMOVE #apart")
            .condition_expression("attribute_not_exists(#holders)")
            .expression_attribute_names("#apart", HAS_OVERFLOW)
            .expression_attribute_names("#holders", REGISTERED)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent.map_err(Failure::of) {
            Ok(_) | Err(Failure::Condition | Failure::Conflict) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// The ids in a contact's own list.
pub(super) fn registrants(item: &Item) -> Vec<CustomerId> {
    let ids = item.get(REGISTERED).and_then(|set| set.as_ss().ok());
    ids.into_iter().flatten().filter_map(|id| CustomerId::parse(id)).collect()
}
