//! The moment of an erasure: tombstones, freed contacts and the job, all or nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem, Update};

use crate::Store;
use crate::access::PlaceTombstones;
use crate::calls::Sent;
use crate::contact_points::{Change, ContactPoints, REGISTERED, Terms, VERIFIED};
use crate::failure::held;
use crate::item::{self, CURRENT, ERASED_AT, ERASURE, FORMAT, UNTIL, VERSION, number};
use crate::keys::{self, PK, TTL};
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::Customer;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::limit::ERASURE_ITEMS;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::{self, Millis};

/// Who is to lie in it.
#[derive(Clone, Copy, Debug)]
pub enum ErasureTarget<'a> {
    /// Somebody who lives, as it was read.
    Person(&'a Customer, u64),
    /// Nobody, as far as the table knows: what may come there later is refused all the same.
    Nobody(&'a CustomerId),
}

impl ErasureTarget<'_> {
    /// How many items of the transaction it needs at most.
    fn items(&self) -> usize {
        match self {
            // The life itself, its contacts, and the first generation's tombstone; each link with its contacts.
            Self::Person(person, _) => {
                let links: usize = person.links.iter().map(|link| 1 + link.registrations.len()).sum();
                1 + person.registrations.len() + usize::from(person.generation > 0) + links
            }
            Self::Nobody(_) => 1,
        }
    }

    /// How many of these, from the first on, one transaction takes beside its job; the first one always fits.
    #[must_use]
    pub fn fit(targets: &[Self]) -> usize {
        let mut items = 0;
        let fits = |target: &&Self| {
            items += target.items();
            items <= ERASURE_ITEMS
        };
        targets.iter().take_while(fits).count().max(1).min(targets.len())
    }
}

/// How the transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// They are gone.
    Done,
    /// Something was written meanwhile, or an earlier try of this one has done it: look again.
    Changed,
}

/// Contacts to be freed: the lives that give each up.
type Freed = BTreeMap<(ContactPointKind, String), Vec<String>>;

impl<A: PlaceTombstones> Store<A> {
    /// Puts the tombstones of persons and of their linked lives, frees their contacts and leaves a job, all or nothing.
    /// From here on no read returns them. `erasure` then says what it is about. `listed` are the holders that the named
    /// address was seen to list: whoever has joined or left since makes it look again. 2 W per KB of each customer and 1 for
    /// its index entry, 2 W per linked life and contact, and for the job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn place_tombstones(
        &self,
        erasure: &mut Erasure,
        targets: &[ErasureTarget<'_>],
        listed: Option<&[CustomerId]>,
    ) -> Result<Placed, Error> {
        let mut next = erasure.clone();
        next.version = 1;
        let mut items = Vec::new();
        let mut freed = Freed::new();
        for target in targets {
            match target {
                ErasureTarget::Person(person, version) => {
                    items.extend(self.tombstones_of(&mut next, person, *version, &mut freed)?);
                }
                ErasureTarget::Nobody(id) => {
                    next.records.push((*id).clone());
                    // It may have had markers and held the address for as long as the table remembers.
                    next.since = 0;
                    if let Some(address) = &next.address {
                        freed.entry(address.clone()).or_default().push(id.to_string());
                    }
                    items.push(self.nobody(&next, id)?);
                }
            }
        }
        if let Some(address) = &next.address {
            freed.entry(address.clone()).or_default();
        }
        for (contact_point, ids) in freed {
            items.push(self.free(&next, &contact_point, ids, listed)?);
            next.contact_points.push(contact_point);
        }
        if next.records.is_empty() {
            next.emptied_at = Some(next.erased_at);
        }
        let job = Put::builder()
            .table_name(self.table())
            .set_item(Some(item::of_erasure(&next, keys::job(&next.id))?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        items.push(TransactWriteItem::builder().put(job.build().map_err(Error::internal)?).build());
        match self.transact(items).await? {
            Sent::Done => {
                *erasure = next;
                Ok(Placed::Done)
            }
            Sent::Refused(_) | Sent::Conflict => Ok(Placed::Changed),
        }
    }

    /// Dates a member's tombstone later: a builder erased it again, so what it created in between is not to come. 1 W.
    pub(super) async fn redate(
        &self,
        channel: &str,
        by: &PersonRef,
        generation: u32,
        as_of: Millis,
    ) -> Result<(), Error> {
        let PersonRef::Member(member) = by else { return Ok(()) };
        let id = self.base.keys.customer_id(channel, NaturalKey::Member(member.as_str()), generation);
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(keys::customer(channel, &id).attributes()))
            .update_expression("SET #erased = :at")
            .condition_expression("#erased < :at")
            .expression_attribute_names("#erased", ERASED_AT)
            .expression_attribute_values(":at", number(as_of))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent).map(|_| ())
    }

    /// A person's own life and its linked ones.
    fn tombstones_of(
        &self,
        erasure: &mut Erasure,
        person: &Customer,
        version: u64,
        freed: &mut Freed,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let channel = &erasure.channel.clone();
        let own = Put::builder()
            .table_name(self.table())
            .set_item(Some(item::of_tombstone(channel, &person.id, person.generation, erasure)))
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", VERSION)
            .expression_attribute_values(":v", number(version));
        let mut items = vec![TransactWriteItem::builder().put(own.build().map_err(Error::internal)?).build()];
        for link in &person.links {
            items.push(self.plain(item::of_tombstone(channel, &link.id, 0, erasure))?);
        }
        if person.generation > 0 {
            items.push(self.release_generation(channel, person, erasure.until)?);
        }
        let own = std::iter::once((&person.id, &person.registrations, person.created_at));
        for (id, registrations, since) in
            own.chain(person.links.iter().map(|link| (&link.id, &link.registrations, link.since)))
        {
            erasure.records.push(id.clone());
            erasure.since = erasure.since.min(since);
            erasure.counts.customers += 1;
            erasure.counts.contact_points += registrations.len() as u64;
            for (kind, registration) in registrations {
                if registration.overflow {
                    let contact_points = ContactPoints { table: self.table(), channel, id };
                    items.extend(
                        contact_points.items(&Change::Free(*kind, registration.clone()), Terms::default())?,
                    );
                    erasure.contact_points.push((*kind, registration.hash.clone()));
                } else {
                    freed.entry((*kind, registration.hash.clone())).or_default().push(id.to_string());
                }
            }
        }
        Ok(items)
    }

    /// A tombstone where nobody lives; an expired visitor's item may still lie there.
    fn nobody(&self, erasure: &Erasure, id: &CustomerId) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(self.table())
            .set_item(Some(item::of_tombstone(&erasure.channel, id, 0, erasure)))
            .condition_expression("attribute_not_exists(#pk) OR #ttl <= :now")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", number(self.now().div_euclid(1000)));
        Ok(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build())
    }

    /// Takes lives out of a contact's list. One that the erasure was asked for by remembers it.
    fn free(
        &self,
        erasure: &Erasure,
        contact_point: &(ContactPointKind, String),
        ids: Vec<String>,
        listed: Option<&[CustomerId]>,
    ) -> Result<TransactWriteItem, Error> {
        let (kind, hash) = contact_point;
        let mut update = Update::builder()
            .table_name(self.table())
            .set_key(Some(keys::contact_point(&erasure.channel, *kind, hash).attributes()));
        let mut text = String::new();
        if erasure.address.as_ref() == Some(contact_point) {
            text.push_str("SET #f = :f, #erased = :erased, #erasure = :erasure, #until = :until ");
            update = update
                .expression_attribute_names("#f", FORMAT)
                .expression_attribute_names("#erased", ERASED_AT)
                .expression_attribute_names("#erasure", ERASURE)
                .expression_attribute_names("#until", UNTIL)
                .expression_attribute_values(":f", number(1))
                .expression_attribute_values(":erased", number(erasure.dated()))
                .expression_attribute_values(":erasure", AttributeValue::S(erasure.id.clone()))
                .expression_attribute_values(":until", number(time::ttl(erasure.until)));
            if let Some(listed) = listed {
                update = unchanged(update, listed);
            }
        }
        if !ids.is_empty() {
            text.push_str("DELETE #holders :ids, #verified :ids");
            update = update
                .expression_attribute_names("#holders", REGISTERED)
                .expression_attribute_names("#verified", VERIFIED)
                .expression_attribute_values(":ids", AttributeValue::Ss(ids));
        }
        let update = update.update_expression(text).build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The first generation's tombstone names a later life and stays as long as that: now it may go with this one.
    fn release_generation(
        &self,
        channel: &str,
        person: &Customer,
        until: i64,
    ) -> Result<TransactWriteItem, Error> {
        let member = person.member_id.as_deref().unwrap_or_default();
        let first = self.base.keys.customer_id(channel, NaturalKey::Member(member), 0);
        let update = Update::builder()
            .table_name(self.table())
            .set_key(Some(keys::customer(channel, &first).attributes()))
            .update_expression("SET #ttl = :ttl")
            .condition_expression("#cur = :gen")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#cur", CURRENT)
            .expression_attribute_values(":ttl", number(time::ttl(until)))
            .expression_attribute_values(":gen", number(person.generation));
        Ok(TransactWriteItem::builder().update(update.build().map_err(Error::internal)?).build())
    }
}

/// The condition that a contact still lists these holders and no others.
fn unchanged(mut update: UpdateBuilder, listed: &[CustomerId]) -> UpdateBuilder {
    update = update.expression_attribute_names("#holders", REGISTERED);
    if listed.is_empty() {
        return update.condition_expression("attribute_not_exists(#holders)");
    }
    let mut condition = "size(#holders) = :n".to_owned();
    for (at, id) in listed.iter().enumerate() {
        condition.push_str(&format!(" AND contains(#holders, :h{at})"));
        update = update.expression_attribute_values(format!(":h{at}"), AttributeValue::S(id.to_string()));
    }
    update.expression_attribute_values(":n", number(listed.len())).condition_expression(condition)
}
