//! Changing a customer that exists: load → decide → put, repeated when another writer came first.

use super::Store;
use super::access::WriteCustomers;
use super::commit::{Commit, Outcome};
use super::customers::Whom;
use super::retry::{Invocation, Retry};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;

impl<A: WriteCustomers> Store<A> {
    /// Applies `change` to whom is meant and stores the outcome if anything differs. `change` may run several times.
    /// 1 R and, if something changed, 1 W per KB; more where contacts change.
    ///
    /// # Errors
    /// Those of [`Store::find`] and of `change`; [`Error::Busy`] if others keep writing first.
    pub async fn update(
        &self,
        channel: &str,
        whom: Whom<'_>,
        invocation: &Invocation,
        mut change: impl FnMut(&mut Customer, i64) -> Result<(), Error>,
    ) -> Result<Box<Customer>, Error> {
        let mut retry = Retry::new(invocation);
        loop {
            let (before, version) = self.find(channel, whom).await?;
            let mut after = Customer::clone(&before);
            let now = self.now();
            change(&mut after, now)?;
            if !after.settle(Some(&before), now) {
                return Ok(before);
            }
            let commit = Commit::new(channel, Some((&before, version)), after);
            match self.commit(commit, invocation).await? {
                Outcome::Stored(customer) => return Ok(customer),
                Outcome::Lost | Outcome::Taken(_) | Outcome::Erased => retry.wait().await?,
            }
        }
    }
}
