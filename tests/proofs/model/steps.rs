//! What can happen to a shop: five people, three devices each, two channels, a clock.

use proptest::prelude::*;
use support::model::{Write, Writes};

/// One thing that happens. Numbers are taken modulo what is there, so that every sequence means something.
#[derive(Debug, Clone)]
pub enum Step {
    Boot {
        channel: usize,
        person: Option<u8>,
        wrong_hash: bool,
        device: u8,
        veil: Veil,
        app: bool,
        writes: Writes,
    },
    Touch {
        channel: usize,
        session: u8,
    },
    UpdateMe {
        channel: usize,
        session: u8,
        writes: Writes,
    },
    TagMe {
        channel: usize,
        session: u8,
        bits: u8,
        add: bool,
    },
    Track {
        channel: usize,
        session: u8,
        events: Vec<(u8, u8)>,
        retry: bool,
    },
    TrackAgain {
        channel: usize,
        nth: u8,
        lone: bool,
        retry: bool,
    },
    Put {
        channel: usize,
        named: Target,
        writes: Writes,
        revive: bool,
    },
    Patch {
        channel: usize,
        named: Target,
        writes: Writes,
    },
    ServerTouch {
        channel: usize,
        named: Target,
    },
    RotateKey {
        channel: usize,
    },
    Block {
        channel: usize,
        named: Target,
        blocked: bool,
    },
    PostEvent {
        channel: usize,
        named: Target,
        id: Option<u8>,
        at: u8,
    },
    PostEventAgain {
        channel: usize,
    },
    /// The server sends an event with the id and time of a page's event.
    PostTracked {
        channel: usize,
        nth: u8,
    },
    /// A page sends an event with the id and time of the server's event.
    TrackPosted {
        channel: usize,
        lone: bool,
        retry: bool,
    },
    DeleteEvent {
        channel: usize,
        named: Target,
        nth: u8,
    },
    Lead {
        channel: usize,
        writes: Writes,
        qualified: u8,
        force: bool,
    },
    Delete {
        channel: usize,
        named: Target,
    },
    Erase {
        channel: usize,
        by: Key,
        all: bool,
    },
    /// A builder's order of a person, whoever had the order before.
    Order {
        channel: usize,
        person: u8,
        order: u8,
        total: u16,
    },
    CancelOrder {
        channel: usize,
        order: u8,
    },
    RefundOrder {
        channel: usize,
        order: u8,
        amount: Option<u16>,
    },
    Clock(Jump),
    Sweep,
}

/// Which veilId a boot brings.
#[derive(Debug, Clone, Copy)]
pub enum Veil {
    /// What the device was answered last.
    Own,
    None,
    /// Any that was ever seen, in any channel.
    Any(u8),
    Malformed,
}

/// Whom a server names.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    Member(u8),
    /// Any id that was ever answered in this channel, the newest first.
    Record(u8),
    /// An id of the other channel.
    Foreign(u8),
    Nobody,
}

/// What an erasure names.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Id(Target),
    MemberId(u8),
    Cafe24(u8),
    Email(u8),
    Mobile(u8),
    Veil(u8),
}

#[derive(Debug, Clone, Copy)]
pub enum Jump {
    Seconds,
    ElevenMinutes,
    HalfHour,
    NextMonth,
    Days91,
    Days401,
}

fn channel() -> impl Strategy<Value = usize> {
    prop_oneof![5 => Just(0usize), 1 => Just(1usize)]
}

fn few(most: u8) -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0u8), 3 => 0..2u8, 2 => 0..most]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![10 => Just(Write::Absent), 1 => Just(Write::Null), 3 => (0..3u8).prop_map(Write::One)]
}

fn writes() -> impl Strategy<Value = Writes> {
    let profile = (write(), write(), write(), write(), write(), write(), write());
    let rest = (write(), write(), prop::bool::weighted(0.06), prop::option::weighted(0.2, 0..16u8));
    (profile, rest).prop_map(
        |((grade, utm_term, email, mobile, name, memo, once_grade), (language, unsubscribe, reset, tags))| {
            Writes {
                grade,
                utm_term,
                email,
                mobile,
                name,
                memo,
                once_grade,
                language,
                unsubscribe,
                reset,
                tags,
            }
        },
    )
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        6 => few(5).prop_map(Target::Member),
        6 => (0..8u8).prop_map(Target::Record),
        1 => (0..8u8).prop_map(Target::Foreign),
        1 => Just(Target::Nobody),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        2 => target().prop_map(Key::Id),
        2 => few(5).prop_map(Key::MemberId),
        1 => few(5).prop_map(Key::Cafe24),
        2 => (0..3u8).prop_map(Key::Email),
        2 => (0..3u8).prop_map(Key::Mobile),
        2 => (0..6u8).prop_map(Key::Veil),
    ]
}

fn veil() -> impl Strategy<Value = Veil> {
    prop_oneof![12 => Just(Veil::Own), 2 => Just(Veil::None), 5 => (0..8u8).prop_map(Veil::Any),
        1 => Just(Veil::Malformed)]
}

fn jump() -> impl Strategy<Value = Jump> {
    prop_oneof![4 => Just(Jump::Seconds), 2 => Just(Jump::ElevenMinutes), 3 => Just(Jump::HalfHour),
        2 => Just(Jump::NextMonth), 1 => Just(Jump::Days91), 1 => Just(Jump::Days401)]
}

fn boot() -> impl Strategy<Value = Step> {
    let who = (prop::option::weighted(0.5, few(5)), prop::bool::weighted(0.05), 0..6u8);
    (channel(), who, veil(), prop::bool::weighted(0.15), writes()).prop_map(
        |(channel, (person, wrong_hash, device), veil, app, writes)| {
            // A person's own devices, but for the first two, which everybody uses.
            let device = if device < 3 { device } else { person.unwrap_or(0) * 3 + device % 3 };
            Step::Boot { channel, person, wrong_hash, device, veil, app, writes }
        },
    )
}

fn page() -> impl Strategy<Value = Step> {
    let session = || few(6);
    prop_oneof![
        2 => (channel(), session()).prop_map(|(channel, session)| Step::Touch { channel, session }),
        4 => (channel(), session(), writes())
            .prop_map(|(channel, session, writes)| Step::UpdateMe { channel, session, writes }),
        1 => (channel(), session(), 1..16u8, any::<bool>())
            .prop_map(|(channel, session, bits, add)| Step::TagMe { channel, session, bits, add }),
        5 => (channel(), session(), prop::collection::vec((0..4u8, 0..8u8), 1..4), prop::bool::weighted(0.2))
            .prop_map(|(channel, session, events, retry)| Step::Track { channel, session, events, retry }),
        3 => (channel(), few(5), any::<bool>(), any::<bool>())
            .prop_map(|(channel, nth, lone, retry)| Step::TrackAgain { channel, nth, lone, retry }),
    ]
}

fn server() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (channel(), target(), writes(), prop::bool::weighted(0.3))
            .prop_map(|(channel, named, writes, revive)| Step::Put { channel, named, writes, revive }),
        3 => (channel(), target(), writes())
            .prop_map(|(channel, named, writes)| Step::Patch { channel, named, writes }),
        1 => (channel(), target()).prop_map(|(channel, named)| Step::ServerTouch { channel, named }),
        1 => channel().prop_map(|channel| Step::RotateKey { channel }),
        1 => (channel(), target(), any::<bool>())
            .prop_map(|(channel, named, blocked)| Step::Block { channel, named, blocked }),
        3 => (channel(), target(), prop::option::weighted(0.7, 0..4u8), 0..8u8)
            .prop_map(|(channel, named, id, at)| Step::PostEvent { channel, named, id, at }),
        1 => channel().prop_map(|channel| Step::PostEventAgain { channel }),
        1 => (channel(), few(5)).prop_map(|(channel, nth)| Step::PostTracked { channel, nth }),
        1 => (channel(), any::<bool>(), any::<bool>())
            .prop_map(|(channel, lone, retry)| Step::TrackPosted { channel, lone, retry }),
        1 => (channel(), target(), 0..6u8)
            .prop_map(|(channel, named, nth)| Step::DeleteEvent { channel, named, nth }),
        3 => (channel(), writes(), 0..4u8, any::<bool>())
            .prop_map(|(channel, writes, qualified, force)| Step::Lead { channel, writes, qualified, force }),
    ]
}

fn builder() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![Just(100u16), 1..500u16];
    prop_oneof![
        4 => (channel(), few(5), 0..2u8, amount())
            .prop_map(|(channel, person, order, total)| Step::Order { channel, person, order, total }),
        1 => (channel(), 0..2u8).prop_map(|(channel, order)| Step::CancelOrder { channel, order }),
        2 => (channel(), 0..2u8, prop::option::weighted(0.7, amount()))
            .prop_map(|(channel, order, amount)| Step::RefundOrder { channel, order, amount }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => boot(),
        9 => page(),
        8 => server(),
        4 => builder(),
        3 => (channel(), target()).prop_map(|(channel, named)| Step::Delete { channel, named }),
        2 => (channel(), key(), prop::bool::weighted(0.4))
            .prop_map(|(channel, by, all)| Step::Erase { channel, by, all }),
        4 => jump().prop_map(Step::Clock),
        1 => Just(Step::Sweep),
    ]
}

/// Six to twenty-six steps.
pub fn sequence() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 6..=26)
}
