//! The cache of public keys and their channels. An instance remembers a channel for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use okyaku_domain::channel::Channel;
use okyaku_domain::time::{MINUTE, Millis};

use crate::items::credential::{Credential, CredentialKind};

/// A channel and the credential that led to it.
pub type Known = (Arc<Channel>, Credential);

/// How long the cache keeps a channel, in ms.
const KNOWN_FOR: Millis = MINUTE;
/// How long the cache keeps an unknown key, in ms.
const UNKNOWN_FOR: Millis = MINUTE / 2;
/// The most entries. The bound keeps a flood of unknown keys from filling the memory.
const ENTRIES: usize = 1000;

type Entries = HashMap<(CredentialKind, String), (Millis, Option<Known>)>;

/// The public keys that an instance saw lately, each with its channel.
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
            // Start again with an empty cache when the cache is full.
            if entries.len() >= ENTRIES {
                entries.clear();
            }
            entries.insert(key, (until, known));
        }
    }

    /// Empties the cache. Afterwards the instance behaves like a new instance.
    pub fn clear(&self) {
        if let Ok(mut entries) = self.0.lock() {
            entries.clear();
        }
    }
}
