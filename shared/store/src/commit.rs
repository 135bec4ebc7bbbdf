//! Writing a customer: the whole item, on the condition that the version it was decided on is still there.

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
use crate::items::contact_point::{self, Change, Conditions, RememberedErasures};
use crate::items::{customer, journal};
use crate::loaded::State;
use crate::orders::OrderChange;
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::transaction::{Sent, Transaction};
use crate::table::write::Write;

/// A decided change of a customer.
#[derive(Debug)]
pub struct CustomerWrite<'a> {
    /// The channel.
    pub channel: &'a ChannelId,
    /// When the stored customer was last written, epoch ms, and what only the table knows of it; `None` for a new one.
    pub before: Option<(Millis, State)>,
    /// What is to be stored.
    pub after: Customer,
    /// A visitor that is linked by it, as it will be.
    pub link: Option<(Box<Customer>, State)>,
    /// Whether its contact points must be nobody's (R10).
    pub unique: bool,
    /// Whether a new visitor brought its veilId. A repeated boot finds it and writes nothing, so its marker goes along
    /// (R7); one whose veilId was minted by the boot itself is never met again.
    pub adopted: bool,
    /// An address that was erased at this time or later, epoch ms, is refused
    /// ([`okyaku_domain::revival::Proof::refused_by_erasures_since`]).
    pub refused_by_erasures_since: Option<Millis>,
    /// An order of the customer that changes with it (R13).
    pub order: Option<OrderChange>,
}

/// How a write ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Stored.
    Stored(T),
    /// Somebody else wrote first: load and decide again.
    Lost,
    /// A condition of the command refuses it.
    Refused(Refusal),
}

/// Why a write was refused for good.
#[derive(Debug)]
pub enum Refusal {
    /// A contact point that had to be nobody's is somebody's.
    Taken(Registrant),
    /// An address that it brings was erased (R12).
    Erased,
}

/// Who is registered for a contact point that had to be nobody's.
#[derive(Debug)]
pub enum Registrant {
    /// This customer.
    Listed(CustomerId),
    /// Only those with overflow registrations, if any of them is left: see [`Store::overflow_registrant`].
    Overflow(ContactPointKind, String),
}

/// Whose part of the transaction a write is.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The customer's own: its item, its link, order and marker.
    Own,
    /// Of the contact point change at this place.
    ContactPoint(usize),
}

/// How often a transaction is sent again with the other form of a registration. Each contact point has two forms; if
/// others keep changing the lists, it is a lost race.
const FORMS: usize = 4;

impl<A: WriteCustomers> Store<A> {
    /// Stores a change. 1 W per KB for an ordinary one; a transaction of 2 W per KB and item where contact points, a
    /// link, a new lead or member, or a new generation are involved; 1 W more in the customer's first write of a month.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn commit(
        &self,
        mut write: CustomerWrite<'_>,
        invocation: &Invocation,
    ) -> Result<Outcome<Box<Customer>>, Error> {
        let (written_at, mut state) = write.before.take().unzip();
        let old = state.as_ref().map(|state: &State| state.registrations.clone()).unwrap_or_default();
        let (registrations, changes) =
            contact_points::changes(self.keys(), write.channel, &write.after, &old);
        let version = state.as_ref().map(|state| state.version);
        let mut new_state = state.take().unwrap_or_default();
        new_state.registrations = registrations;
        if let Some((visitor, visitors)) = &write.link {
            new_state.link_registrations.insert(visitor.id.clone(), visitors.registrations.clone());
        }
        let commit = Commit { write, version, state: new_state, changes };
        let (id, at) = (commit.write.after.id.clone(), commit.write.after.updated_at);
        let new = version.is_none();
        let first_of_month = written_at.is_none_or(|before| month(before) != month(at));
        // An existing customer's marker goes before it, a new visitor's after it; a new lead's or member's goes along
        // (R7).
        if first_of_month && !new {
            self.send_plain(self.mark(commit.write.channel, &id, at)).await?;
        }
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
            if refused.iter().any(|(part, _)| matches!(part, Part::Own)) {
                return Ok(Outcome::Lost);
            }
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
        }
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
        let guard = Guard::new(version, &invocation.id, self.now());
        let item = customer::item(channel, customer, state, guard.version(), &invocation.id)?;
        Ok(Write::put(item).when(|terms| guard.condition(terms)))
    }
}

/// A change with what the table needs to know of it.
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

    fn conditions(&self, now: Millis) -> Conditions {
        let since = self.write.refused_by_erasures_since;
        let erasures = since.map(|since| RememberedErasures { now: now.div_euclid(1000), since });
        Conditions { unique: self.write.unique, erasures }
    }

    /// A registration was refused. It takes the other form (in the list, or as an overflow), unless the refusal is for
    /// good: what an overflow's condition and the list's condition say is each other's opposite.
    fn other_form(&mut self, at: usize, item: Option<&Item>, now: Millis) -> Option<Refusal> {
        let Some(Change::Register(kind, registration)) = self.changes.get_mut(at) else { return None };
        if let (Some(since), Some(item)) = (self.write.refused_by_erasures_since, item)
            && contact_point::is_remembered(item, now, since)
        {
            return Some(Refusal::Erased);
        }
        if self.write.unique {
            let listed = item.and_then(|item| contact_point::registered(item).into_iter().next());
            let overflow = || Registrant::Overflow(*kind, registration.hash.clone());
            return Some(Refusal::Taken(listed.map_or_else(overflow, Registrant::Listed)));
        }
        registration.overflow = !registration.overflow;
        self.state.registrations.insert(*kind, registration.clone());
        None
    }
}
