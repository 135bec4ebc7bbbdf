//! What a page changes of its own customer after the boot (R4, R5).

use crate::customer::Customer;
use crate::detail::Detail;
use crate::error::Error;
use crate::patch::Patch;
use crate::sender::Sender;
use crate::tag;
use crate::time::Millis;

/// A change of tags.
#[derive(Clone, Debug)]
pub enum TagChange {
    /// These too.
    Add(Vec<String>),
    /// These no longer.
    Remove(Vec<String>),
}

impl TagChange {
    /// The tags it names.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        match self {
            Self::Add(tags) | Self::Remove(tags) => tags,
        }
    }
}

/// Applies a page's patch. Returns what the page is told that it cannot have: it never fails as a whole.
pub fn update(customer: &mut Customer, patch: &Patch, now: Millis) -> Vec<Detail> {
    customer.apply(patch, Sender::Page, now).unwrap_or_else(|refused| refused)
}

/// Changes tags, as far as a page may.
///
/// # Errors
/// [`Error::Invalid`] if there would be more than 20.
pub fn change_tags(customer: &mut Customer, change: &TagChange) -> Result<(), Error> {
    match change {
        TagChange::Add(tags) => tag::add(&mut customer.tags, tags, Sender::Page)
            .map_err(|message| Error::invalid("tags", message)),
        TagChange::Remove(tags) => {
            tag::remove(&mut customer.tags, tags, Sender::Page);
            Ok(())
        }
    }
}
