//! A page's changes of its own customer after the boot (R4, R5).

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
    /// Adds tags.
    Add(Vec<String>),
    /// Removes tags.
    Remove(Vec<String>),
}

impl TagChange {
    /// Returns the tags of the change.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        match self {
            Self::Add(tags) | Self::Remove(tags) => tags,
        }
    }
}

/// Applies a page's patch. Returns the refused fields for the page. A page's patch never fails as a whole.
pub fn update(customer: &mut Customer, patch: &Patch, now: Millis) -> Vec<Detail> {
    customer.apply(patch, Sender::Page, now).unwrap_or_else(|refused| refused)
}

/// Changes tags within the rights of a page.
///
/// # Errors
/// [`Error::Invalid`] if the customer would have more than 20 tags.
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
