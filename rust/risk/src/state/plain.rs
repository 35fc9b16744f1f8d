//! What the event itself says, whatever came before it.

use crate::digest::Digest;
use crate::event::{Event, flag};
use crate::parameter::{Declaring, Parameter, Window};

/// How many parameters the event alone gives.
pub(crate) const WIDTH: usize = 7;

pub(crate) fn declare() -> Vec<Parameter> {
    let mut all = Declaring::of("event");
    let nobody = "nobody: the house writes it";
    let this = Window::Event;
    all.one("kind", this, "code", "none", "what happened, by its code", nobody)
        .one("magnitude", this, "log2 of currency", "0", "how much it is worth", "whoever splits it")
        .one(
            "balance",
            this,
            "log2 of currency",
            "0",
            "what the account was worth before",
            "whoever moves coins there first",
        )
        .one("succeeded", this, "yes or no", "0", "it succeeded", nobody)
        .one("by_api", this, "yes or no", "0", "it came through the API", "whoever uses the pages")
        .one("by_support", this, "yes or no", "0", "support did it for the customer", "whoever talks support into it")
        .one(
            "credential",
            this,
            "code",
            "0 (none)",
            "the kind of credential, from a passkey (1) to a password (4)",
            "whoever holds a stronger one",
        );
    all.all
}

pub(crate) fn values(digest: &Digest, event: &Event) -> [f32; WIDTH] {
    let flagged = |flag: u16| f32::from(u8::from(event.has(flag)));
    [
        f32::from(digest.kind as u8),
        digest.magnitude,
        crate::number::magnitude(event.balance_cents as f32 / 100.0),
        flagged(flag::SUCCEEDED),
        flagged(flag::BY_API),
        flagged(flag::BY_SUPPORT),
        f32::from(event.credential),
    ]
}
