//! The runner of all commands: load, decide, commit, and repeat when another writer came first.

use std::future::Future;

use okyaku_domain::error::Error;
use okyaku_domain::time::Millis;
use okyaku_store::backoff::Backoff;
use okyaku_store::commit::{Outcome, Refusal};
use okyaku_store::{Invocation, Store};

/// The decision of a command.
#[derive(Debug)]
pub(crate) enum Decision<W, N> {
    /// The command ends without a write.
    End(N),
    /// The command stores the write. The note is for the command's answer.
    Write(W, N),
}

/// A write that a function with the access `A` can store.
pub(crate) trait Write<A>: Send {
    /// The stored result.
    type Stored: Send;

    /// Stores the write.
    fn commit(
        self,
        store: &Store<A>,
        now: Millis,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Outcome<Self::Stored>, Error>> + Send;
}

/// A command of a function with the access `A`.
///
/// The rules are in [`okyaku_domain::command`]. `decide` gives the loaded data to the rules.
pub(crate) trait Command<A: 'static>: Send {
    /// The data that the command loads.
    type Found: Send;
    /// The write of the command.
    type Write: Write<A>;
    /// The part of the answer that the stored result lacks.
    type Note: Send;

    /// Loads the data for the decision.
    fn load(&mut self, store: &Store<A>) -> impl Future<Output = Result<Self::Found, Error>> + Send;

    /// Decides. The runner may call `decide` several times.
    fn decide(
        &mut self,
        store: &Store<A>,
        found: Self::Found,
        now: Millis,
    ) -> Result<Decision<Self::Write, Self::Note>, Error>;

    /// Handles a refusal for good: an error, an end, or with `None` another try.
    fn refused(
        &mut self,
        _store: &Store<A>,
        _refusal: Refusal,
    ) -> impl Future<Output = Result<Option<Self::Note>, Error>> + Send {
        async { Ok(None) }
    }
}

/// The end of a command: the stored result, if any, and the note.
pub(crate) type Done<A, C> =
    (Option<<<C as Command<A>>::Write as Write<A>>::Stored>, <C as Command<A>>::Note);

/// Runs a command until its write is stored or the command ends without a write.
///
/// # Errors
/// The errors of the command. [`Error::Busy`] if other writers keep coming first.
pub(crate) async fn run<A: Send + Sync + 'static, C: Command<A>>(
    store: &Store<A>,
    mut command: C,
    invocation: &Invocation,
) -> Result<Done<A, C>, Error> {
    let mut backoff = Backoff::until(invocation.deadline);
    loop {
        // Load, with the current time for the decision.
        let found = command.load(store).await?;
        let now = store.now();
        let (write, note) = match command.decide(store, found, now)? {
            Decision::End(note) => return Ok((None, note)),
            Decision::Write(write, note) => (write, note),
        };
        // Commit on the condition that the loaded data is still current.
        match write.commit(store, now, invocation).await? {
            Outcome::Stored(stored) => return Ok((Some(stored), note)),
            Outcome::Refused(refusal) => {
                if let Some(note) = command.refused(store, refusal).await? {
                    return Ok((None, note));
                }
            }
            Outcome::Lost => {
                tracing::debug!("another writer came first");
            }
        }
        // The race was lost or the refusal has passed. Wait, then load and decide again.
        backoff.wait().await?;
    }
}
