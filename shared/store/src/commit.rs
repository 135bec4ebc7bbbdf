//! Writes a customer.
//!
//! The write replaces the whole item, on the condition that the stored version is still the version of the
//! decision.

use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::time::{Millis, month};

use crate::access::WriteCustomers;
use crate::contact_points;
use crate::guard::Guard;
use crate::invocation::Invocation;
use crate::item::Item;
use crate::items::contact_point::{self, Change, Conditions, Lists, RememberedErasures};
use crate::items::{customer, journal};
use crate::loaded::State;
use crate::orders::{FormerOwner, OrderChange};
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::transaction::{Sent, Transaction};
use crate::table::write::Write;

/// A decided change of a customer.
#[derive(Debug)]
pub struct CustomerWrite<'a> {
    /// The channel.
    pub channel: &'a ChannelId,
    /// When the stored customer was last written, epoch ms, and the stored customer's state. `None` for a new
    /// customer.
    pub before: Option<(Millis, State)>,
    /// The customer to store.
    pub after: Customer,
    /// The visitor that the change links, with the link already set.
    pub link: Option<(Box<Customer>, State)>,
    /// Whether the customer's contact points must be free (R10).
    pub unique: bool,
    /// The lists beside whose claims the contact points are registered (R10). If a list has changed, the write is lost.
    pub beside: Option<Lists>,
    /// Whether a new visitor brought the veilId.
    ///
    /// A repeated boot finds such a visitor and writes nothing, so the transaction includes the marker (R7).
    /// A boot that failed after it minted a veilId is different: the repeated boot brings another veilId.
    pub adopted: bool,
    /// The time from which an erased address is refused, epoch ms.
    ///
    /// See [`okyaku_domain::revival::Proof::refused_by_erasures_since`].
    pub refused_by_erasures_since: Option<Millis>,
    /// An order of the customer that changes too (R13).
    pub order: Option<OrderChange>,
}

/// The outcome of a write.
#[derive(Debug)]
pub enum Outcome<T> {
    /// The write is stored.
    Stored(T),
    /// Another writer came first. The command loads and decides again.
    Lost,
    /// A condition of the command refuses the write.
    Refused(Refusal),
}

/// Why a write was refused for good.
#[derive(Debug)]
pub enum Refusal {
    /// A contact point is taken, although the command needs a free contact point.
    Taken(Registrant),
    /// The address was erased (R12).
    Erased,
}

/// The registration of a contact point that had to be free.
#[derive(Debug)]
pub enum Registrant {
    /// A customer in the contact point's list.
    Listed(CustomerId),
    /// Only overflow registrations, if any are left. See [`Store::overflow_registrant`].
    Overflow(ContactPointKind, String),
}

/// The origin of a write within the transaction.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The customer's own part: the item, the link, the order and the marker.
    Own,
    /// The contact point change at this place.
    ContactPoint(usize),
}

/// How often a transaction is sent again with the other form of a registration.
///
/// A registration has two forms. If other writers keep changing the lists, the race is lost.
const FORMS: usize = 4;

impl<A: WriteCustomers> Store<A> {
    /// Stores a change of a customer.
    ///
    /// - An ordinary change costs 1 W per KB.
    /// - A transaction costs 2 W per KB of each item. Contact points, a link, an order, a new lead or member,
    ///   and a new generation need a transaction.
    /// - The customer's first write of a month costs 1 W more.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn commit(
        &self,
        mut write: CustomerWrite<'_>,
        invocation: &Invocation,
    ) -> Result<Outcome<Box<Customer>>, Error> {
        // Compare the old registrations with the registrations that the new profile needs.
        let (written_at, mut state) = write.before.take().unzip();
        let old = state.as_ref().map(|state: &State| state.registrations.clone()).unwrap_or_default();
        let (registrations, changes) =
            contact_points::changes(self.keys(), write.channel, &write.after, &old);
        let version = state.as_ref().map(|state| state.version);
        let mut new_state = state.take().unwrap_or_default();
        new_state.registrations = registrations;
        // The member's item keeps a copy of the linked visitor's registrations, for a later erasure.
        if let Some((visitor, visitors)) = &write.link {
            new_state.link_registrations.insert(visitor.id.clone(), visitors.registrations.clone());
        }
        let commit = Commit { write, version, state: new_state, changes };
        let (id, at) = (commit.write.after.id.clone(), commit.write.after.updated_at);
        let new = version.is_none();
        let first_of_month = written_at.is_none_or(|before| month(before) != month(at));
        // After a crash between the two writes, a customer who comes again must have a marker (R7). So an
        // existing customer's marker goes first. A new visitor's marker goes last. A new lead's or member's
        // marker goes into the transaction.
        if first_of_month && !new {
            self.send_plain(self.mark(commit.write.channel, &id, at)).await?;
        }
        // Several items, or a condition on another item, need a transaction.
        if commit.needs_transaction() {
            return self.commit_together(commit, invocation).await;
        }
        let channel = commit.write.channel;
        let outcome = self.commit_alone(commit, invocation).await?;
        if first_of_month && new && matches!(outcome, Outcome::Stored(_)) {
            self.send_plain(self.mark(channel, &id, at)).await?;
        }
        Ok(outcome)
    }

    async fn commit_alone(
        &self,
        commit: Commit<'_>,
        invocation: &Invocation,
    ) -> Result<Outcome<Box<Customer>>, Error> {
        let Commit { write: CustomerWrite { channel, after, .. }, version, state, .. } = commit;
        match self.try_send(self.put(channel, &after, &state, version, invocation)?).await {
            Ok(()) => Ok(Outcome::Stored(Box::new(after))),
            Err(Failure::Condition | Failure::Conflict) => Ok(Outcome::Lost),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn commit_together(
        &self,
        mut commit: Commit<'_>,
        invocation: &Invocation,
    ) -> Result<Outcome<Box<Customer>>, Error> {
        for _ in 0..FORMS {
            let refused = match self.transact(self.transaction(&commit, invocation)?).await? {
                Sent::Done => return Ok(Outcome::Stored(Box::new(commit.write.after))),
                Sent::Conflict => return Ok(Outcome::Lost),
                Sent::Refused(refused) => refused,
            };
            // A refusal of the customer's own part means a lost race. So does a list that has changed.
            if commit.write.beside.is_some() || refused.iter().any(|(part, _)| matches!(part, Part::Own)) {
                return Ok(Outcome::Lost);
            }
            // Each refused registration takes the other form, unless the refusal is for good.
            for (part, item) in refused {
                if let Part::ContactPoint(at) = part
                    && let Some(refusal) = commit.other_form(at, item.as_ref(), self.now())
                {
                    return Ok(Outcome::Refused(refusal));
                }
            }
        }
        Ok(Outcome::Lost)
    }

    fn transaction(&self, commit: &Commit<'_>, invocation: &Invocation) -> Result<Transaction<Part>, Error> {
        let CustomerWrite { channel, after, link, order, .. } = &commit.write;
        let (now, new) = (self.now(), commit.version.is_none());
        let mut all = Transaction::new();
        // The customer's own writes: item, link, generation, marker and order.
        all.add(Part::Own, self.put(channel, after, &commit.state, commit.version, invocation)?);
        if let Some((visitor, state)) = link {
            all.add(Part::Own, self.put(channel, visitor, state, Some(state.version), invocation)?);
            let entry = journal::item(channel, &after.id, after.updated_at, &visitor.id);
            all.add(Part::Own, Write::put(entry));
        }
        if let (true, generation @ 1.., Some(member)) = (new, after.generation, &after.member_id) {
            let first = self.keys().customer_id(channel, NaturalKey::Member(member), 0);
            all.add(Part::Own, customer::name_generation(customer::key(channel, &first), generation));
        }
        if new {
            all.add(Part::Own, self.mark(channel, &after.id, after.updated_at));
        }
        if let Some(order) = order {
            for write in order.writes(channel, &after.id, &invocation.id, now)? {
                all.add(Part::Own, write);
            }
            // The customer that the order leaves.
            if let Some(FormerOwner { customer, state, .. }) = order.former_owner() {
                all.add(Part::Own, self.put(channel, customer, state, Some(state.version), invocation)?);
            }
        }
        // The registrations of changed contact points.
        let conditions = commit.conditions(now);
        for (at, change) in commit.changes.iter().enumerate() {
            for write in contact_point::writes(channel, &after.id, change, conditions) {
                all.add(Part::ContactPoint(at), write);
            }
        }
        Ok(all)
    }

    fn put(
        &self,
        channel: &ChannelId,
        customer: &Customer,
        state: &State,
        version: Option<u64>,
        invocation: &Invocation,
    ) -> Result<Write, Error> {
        let now = self.now();
        let guard = Guard::new(version, &invocation.id, now);
        let item = customer::item(channel, customer, state, guard.version(), &invocation.id, now)?;
        Ok(Write::put(item).when(|terms| guard.condition(terms)))
    }
}

/// A change with the table's part of the customer.
struct Commit<'a> {
    write: CustomerWrite<'a>,
    version: Option<u64>,
    state: State,
    changes: Vec<Change>,
}

impl Commit<'_> {
    fn needs_transaction(&self) -> bool {
        let (write, new) = (&self.write, self.version.is_none());
        !self.changes.is_empty()
            || write.link.is_some()
            || write.order.is_some()
            || (new && (write.after.listed || write.adopted))
    }

    fn conditions(&self, now: Millis) -> Conditions<'_> {
        let since = self.write.refused_by_erasures_since;
        let erasures = since.map(|since| RememberedErasures { now: now.div_euclid(1000), since });
        Conditions { beside: self.write.beside.as_ref(), unique: self.write.unique, erasures }
    }

    /// Switches a refused registration to the other form.
    ///
    /// The forms are a place in the list and an overflow item. The condition of one form is the opposite of
    /// the condition of the other form. Returns the refusal if the refusal is for good.
    fn other_form(&mut self, at: usize, item: Option<&Item>, now: Millis) -> Option<Refusal> {
        let (kind, registration) = match self.changes.get_mut(at) {
            Some(Change::Register(kind, is) | Change::Verify(kind, _, is)) => (kind, is),
            Some(Change::Release(..)) | None => return None,
        };
        // An erasure of the address refuses for good.
        if let (Some(since), Some(item)) = (self.write.refused_by_erasures_since, item)
            && contact_point::is_remembered(item, now, since)
        {
            return Some(Refusal::Erased);
        }
        // A command that needs a free contact point refuses for good.
        if self.write.unique {
            // Name a verified customer rather than a claim.
            let listed = item.map(contact_point::registered_and_verified).unwrap_or_default();
            let listed = listed.into_iter().max_by_key(|(_, verified)| *verified).map(|(id, _)| id);
            let overflow = || Registrant::Overflow(*kind, registration.hash.clone());
            return Some(Refusal::Taken(listed.map_or_else(overflow, Registrant::Listed)));
        }
        // Otherwise the list was full or has room again.
        registration.overflow = !registration.overflow;
        self.state.registrations.insert(*kind, registration.clone());
        None
    }
}
