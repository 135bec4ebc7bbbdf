//! What a row of the load table does.

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A visitor's first boot.
    First,
    /// The boot of a visitor that was here within the minute: nothing new is stored.
    Again,
    /// A batch of so many events.
    Track(usize),
}

impl Operation {
    /// How many events it sends.
    pub(crate) fn events(self) -> usize {
        if let Self::Track(events) = self { events } else { 0 }
    }
}
