//! An instance that stops at a call, as a process that is killed there.

use base64::Engine as _;

use crate::fault::wire::{Act, Asked, Wire};
use crate::fault::world::World;

/// Where it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the n-th call reaches the table.
    Before(usize),
    /// After it took effect, before its reply came.
    After(usize),
}

/// The instance behind this wire stops at `point`: no later call of it reaches the table, and no answer comes back.
pub fn stop_at(wire: &Wire, point: Point) {
    wire.hook(move |asked: &Asked| match point {
        Point::Before(n) if asked.call < n => Act::Pass,
        Point::After(n) if asked.call < n => Act::Pass,
        Point::After(n) if asked.call == n && asked.attempt == 1 => Act::HangAfter,
        _ => Act::HangBefore,
    });
}

/// Every form in which a planted text could still lie in a table: as it is, in any case, in hex, and in base64 at any
/// offset.
pub fn forms(canary: &str) -> Vec<String> {
    let mut forms =
        vec![canary.to_lowercase(), hex::encode(canary), canary.replace(['-', '+'], "").to_lowercase()];
    for pad in 0..3 {
        let bytes = [vec![b' '; pad], canary.as_bytes().to_vec()].concat();
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&bytes);
        // The first and the last letters also depend on what lies around it.
        let from = [0, 2, 3][pad];
        forms.push(text[from..text.len() - 1].to_lowercase());
    }
    forms
}

/// The planted texts that are still somewhere in the table, with the item each is in.
pub fn found(world: &World, canaries: &[&str]) -> Vec<String> {
    let forms: Vec<String> = canaries.iter().flat_map(|canary| forms(canary)).collect();
    let mut found = Vec::new();
    for item in world.items() {
        let text = item.to_string().to_lowercase();
        found
            .extend(forms.iter().filter(|form| text.contains(*form)).map(|form| format!("{form} in {item}")));
    }
    found
}
