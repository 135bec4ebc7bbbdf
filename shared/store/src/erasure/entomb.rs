//! The moment of an erasure: tombstones, freed contacts and the job, all or nothing.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem, Update};

use crate::Store;
use crate::access::Entomb;
use crate::calls::Sent;
use crate::contacts::{Change, Contacts, HOLDERS, Terms, VERIFIED};
use crate::failure::held;
use crate::item::{self, CURRENT, ERASED_AT, ERASURE, FORMAT, UNTIL, VERSION, number};
use crate::keys::{self, PK, TTL};
use okyaku_domain::contact_point::ContactKind;
use okyaku_domain::customer::Customer;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::id::Identifier;
use okyaku_domain::limit::ERASURE_ITEMS;
use okyaku_domain::person_ref::By;
use okyaku_domain::time::{self, Millis};

/// Who is to lie in it.
#[derive(Clone, Copy, Debug)]
pub enum Grave<'a> {
    /// Somebody who lives, as it was read.
    Person(&'a Customer, u64),
    /// Nobody, as far as the table knows: what may come there later is refused all the same.
    Nobody(&'a CustomerId),
}

impl Grave<'_> {
    /// How many items of the transaction it needs at most.
    fn items(&self) -> usize {
        match self {
            // The life itself, its contacts, and the first generation's tombstone; each link with its contacts.
            Self::Person(person, _) => {
                let links: usize = person.links.iter().map(|link| 1 + link.holdings.len()).sum();
                1 + person.holdings.len() + usize::from(person.generation > 0) + links
            }
            Self::Nobody(_) => 1,
        }
    }

    /// How many of these, from the first on, one transaction takes beside its job; the first one always fits.
    #[must_use]
    pub fn fit(graves: &[Self]) -> usize {
        let mut items = 0;
        let fits = |grave: &&Self| {
            items += grave.items();
            items <= ERASURE_ITEMS
        };
        graves.iter().take_while(fits).count().max(1).min(graves.len())
    }
}

/// How the transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entombed {
    /// They are gone.
    Done,
    /// Something was written meanwhile, or an earlier try of this one has done it: look again.
    Changed,
}

/// Contacts to be freed: the lives that give each up.
type Freed = BTreeMap<(ContactKind, String), Vec<String>>;

impl<A: Entomb> Store<A> {
    /// Puts the tombstones of persons and of their linked lives, frees their contacts and leaves a job, all or nothing.
    /// From here on no read returns them. `erasure` then says what it is about. `listed` are the holders that the named
    /// address was seen to list: whoever has joined or left since makes it look again. 2 W per KB of each customer and 1 for
    /// its index entry, 2 W per linked life and contact, and for the job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn entomb(
        &self,
        erasure: &mut Erasure,
        graves: &[Grave<'_>],
        listed: Option<&[CustomerId]>,
    ) -> Result<Entombed, Error> {
        let mut next = erasure.clone();
        next.version = 1;
        let mut items = Vec::new();
        let mut freed = Freed::new();
        for grave in graves {
            match grave {
                Grave::Person(person, version) => {
                    items.extend(self.bury(&mut next, person, *version, &mut freed)?);
                }
                Grave::Nobody(id) => {
                    next.lives.push((*id).clone());
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
        for (contact, ids) in freed {
            items.push(self.free(&next, &contact, ids, listed)?);
            next.contacts.push(contact);
        }
        if next.lives.is_empty() {
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
                Ok(Entombed::Done)
            }
            Sent::Refused(_) | Sent::Conflict => Ok(Entombed::Changed),
        }
    }

    /// Dates a member's tombstone later: a builder erased it again, so what it created in between is not to come. 1 W.
    pub(super) async fn redate(
        &self,
        channel: &str,
        by: &By,
        generation: u32,
        as_of: Millis,
    ) -> Result<(), Error> {
        let By::Member(member) = by else { return Ok(()) };
        let id = self.base.keys.customer_id(channel, Identifier::Member(member.as_str()), generation);
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
    fn bury(
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
            items.push(self.let_go(channel, person, erasure.until)?);
        }
        let own = std::iter::once((&person.id, &person.holdings, person.created_at));
        for (id, holdings, since) in
            own.chain(person.links.iter().map(|link| (&link.id, &link.holdings, link.since)))
        {
            erasure.lives.push(id.clone());
            erasure.since = erasure.since.min(since);
            erasure.counts.customers += 1;
            erasure.counts.contacts += holdings.len() as u64;
            for (kind, holding) in holdings {
                if holding.apart {
                    let contacts = Contacts { table: self.table(), channel, id };
                    items.extend(contacts.items(&Change::Free(*kind, holding.clone()), Terms::default())?);
                    erasure.contacts.push((*kind, holding.hash.clone()));
                } else {
                    freed.entry((*kind, holding.hash.clone())).or_default().push(id.to_string());
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
        contact: &(ContactKind, String),
        ids: Vec<String>,
        listed: Option<&[CustomerId]>,
    ) -> Result<TransactWriteItem, Error> {
        let (kind, hash) = contact;
        let mut update = Update::builder()
            .table_name(self.table())
            .set_key(Some(keys::contact(&erasure.channel, *kind, hash).attributes()));
        let mut text = String::new();
        if erasure.address.as_ref() == Some(contact) {
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
                .expression_attribute_names("#holders", HOLDERS)
                .expression_attribute_names("#verified", VERIFIED)
                .expression_attribute_values(":ids", AttributeValue::Ss(ids));
        }
        let update = update.update_expression(text).build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The first generation's tombstone names a later life and stays as long as that: now it may go with this one.
    fn let_go(&self, channel: &str, person: &Customer, until: i64) -> Result<TransactWriteItem, Error> {
        let member = person.member_id.as_deref().unwrap_or_default();
        let first = self.base.keys.customer_id(channel, Identifier::Member(member), 0);
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
    update = update.expression_attribute_names("#holders", HOLDERS);
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
