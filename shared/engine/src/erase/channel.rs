//! Ends a whole channel after its shop left the builder.

use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::commit::Outcome;
use okyaku_store::keyring::random;
use okyaku_store::{Invocation, Store};

use crate::app::App;
use crate::runner::{Command, Decision, Write, run};

struct EndChannel {
    job: Erasure,
}

struct End(Erasure);

impl<A: PlaceTombstones> Write<A> for End {
    type Stored = ();

    async fn commit(self, store: &Store<A>, _: Millis, _: &Invocation) -> Result<Outcome<()>, Error> {
        Ok(if store.end_channel(&self.0).await? { Outcome::Stored(()) } else { Outcome::Lost })
    }
}

impl<A: PlaceTombstones> Command<A> for EndChannel {
    type Found = ();
    type Write = End;
    type Note = ();

    async fn load(&mut self, _: &Store<A>) -> Result<(), Error> {
        Ok(())
    }

    fn decide(&mut self, _: &Store<A>, (): (), _: Millis) -> Result<Decision<End, ()>, Error> {
        Ok(Decision::Write(End(self.job.clone()), ()))
    }
}

/// Ends a channel and creates the job that empties the channel. A repeated call changes nothing. Costs 4 W.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn end_channel<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    invocation: &Invocation,
) -> Result<(), Error> {
    let job = Erasure { whole: true, version: 1, ..Erasure::begin(channel, random()?, app.now()) };
    run(&app.store, EndChannel { job }, invocation).await.map(|_| ())
}
