//! Public keys seen lately and the channels they lead to. An instance remembers a channel for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use okyaku_domain::channel::Channel;
use okyaku_domain::time::{MINUTE, Millis};

use crate::items::credential::{Credential, CredentialKind};

/// A channel and the credential that led to it.
pub type Known = (Arc<Channel>, Credential);

/// How long a channel is believed, in ms.
const KNOWN_FOR: Millis = MINUTE;
/// How long an unknown key is, in ms.
const UNKNOWN_FOR: Millis = MINUTE / 2;
/// Entries at most, so that a flood of unknown keys does not fill the memory.
const ENTRIES: usize = 1000;

type Entries = HashMap<(CredentialKind, String), (Millis, Option<Known>)>;

/// Keys seen lately and where they lead.
#[derive(Debug, Default)]
pub struct ChannelCache(Mutex<Entries>);

impl ChannelCache {
    pub(crate) fn get(&self, key: &(CredentialKind, String), now: Millis) -> Option<Option<Known>> {
        let entries = self.0.lock().ok()?;
        entries.get(key).filter(|(until, _)| *until > now).map(|(_, known)| known.clone())
    }

    pub(crate) fn put(&self, key: (CredentialKind, String), known: Option<Known>, now: Millis) {
        let until = now + if known.is_some() { KNOWN_FOR } else { UNKNOWN_FOR };
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= ENTRIES {
                entries.clear();
            }
            entries.insert(key, (until, known));
        }
    }

    /// Forgets everything, as another instance that never saw it.
    pub fn clear(&self) {
        if let Ok(mut entries) = self.0.lock() {
            entries.clear();
        }
    }
}
