//! The one runner of all commands: load, decide, commit, and repeat when another writer came first.

use std::future::Future;

use okyaku_domain::error::Error;
use okyaku_domain::time::Millis;
use okyaku_store::backoff::Backoff;
use okyaku_store::commit::{Outcome, Refusal};
use okyaku_store::{Invocation, Store};

/// What a command decided.
#[derive(Debug)]
pub(crate) enum Decision<W, N> {
    /// The command ends, and nothing is to be stored.
    End(N),
    /// This is to be stored. The note is for the command's answer.
    Write(W, N),
}

/// What can be stored by a function with the access `A`.
pub(crate) trait Write<A>: Send {
    /// What was stored.
    type Stored: Send;

    /// Stores it.
    fn commit(
        self,
        store: &Store<A>,
        now: Millis,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Outcome<Self::Stored>, Error>> + Send;
}

/// A command of a function with the access `A`. The rules are in [`okyaku_domain::command`]: `decide` hands them what was
/// found.
pub(crate) trait Command<A: 'static>: Send {
    /// What it has to know.
    type Found: Send;
    /// What it stores.
    type Write: Write<A>;
    /// What its answer needs beside what was stored.
    type Note: Send;

    /// Reads what it has to know.
    fn load(&mut self, store: &Store<A>) -> impl Future<Output = Result<Self::Found, Error>> + Send;

    /// Decides. It may run several times.
    fn decide(
        &mut self,
        store: &Store<A>,
        found: Self::Found,
        now: Millis,
    ) -> Result<Decision<Self::Write, Self::Note>, Error>;

    /// What a refusal for good means: an error, an end, or with `None` that it is tried again.
    fn refused(
        &mut self,
        _store: &Store<A>,
        _refusal: Refusal,
    ) -> impl Future<Output = Result<Option<Self::Note>, Error>> + Send {
        async { Ok(None) }
    }
}

/// How a command ended: what was stored, if anything was, and its note.
pub(crate) type Done<A, C> =
    (Option<<<C as Command<A>>::Write as Write<A>>::Stored>, <C as Command<A>>::Note);

/// Runs a command until it is stored, or needs nothing to be stored.
///
/// # Errors
/// Those of the command; [`Error::Busy`] if others keep writing first.
pub(crate) async fn run<A: Send + Sync + 'static, C: Command<A>>(
    store: &Store<A>,
    mut command: C,
    invocation: &Invocation,
) -> Result<Done<A, C>, Error> {
    let mut backoff = Backoff::until(invocation.deadline);
    loop {
        let found = command.load(store).await?;
        let now = store.now();
        let (write, note) = match command.decide(store, found, now)? {
            Decision::End(note) => return Ok((None, note)),
            Decision::Write(write, note) => (write, note),
        };
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
        backoff.wait().await?;
    }
}
