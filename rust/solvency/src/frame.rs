//! Framing: a byte for the kind, the domain, and every field after its length, so that no two inputs read alike.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::error::SolvencyError;

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The first field of every hash: the format and its version.
const DOMAIN: &[u8] = b"holdfast/reserves/v1";

/// The longest text that is hashed, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// What is hashed; the byte that every input begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Leaf = 0,
    Node = 1,
    SuperRoot = 2,
    Account = 3,
    Holdings = 4,
    Ownership = 5,
    UserKey = 6,
    Mask = 7,
    Salt = 8,
    Count = 9,
    Cut = 10,
    Place = 11,
    Padding = 12,
    PaddingPlace = 13,
}

/// A SHA-256 over framed fields.
pub(crate) struct Frame(Sha256);

impl Frame {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Sha256::new_with_prefix([kind as u8])).field(DOMAIN)
    }

    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update(length(bytes));
        self.0.update(bytes);
        self
    }

    pub(crate) fn hash(self) -> Hash {
        self.0.finalize().into()
    }
}

/// An HMAC-SHA-256 (RFC 2104) over the same framing.
pub(crate) fn keyed(key: &Hash, kind: Kind, fields: &[&[u8]]) -> Hash {
    // HMAC takes a key of any length: this cannot fail, and a hash of nothing would be noticed.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(&[kind as u8]);
    for field in [&[DOMAIN], fields].concat() {
        mac.update(&length(field));
        mac.update(field);
    }
    mac.finalize().into_bytes().into()
}

/// Texts are at most [`MAX_TEXT_BYTES`] long and all else has a fixed width, so that four bytes are plenty.
fn length(bytes: &[u8]) -> [u8; 4] {
    (bytes.len() as u32).to_be_bytes()
}

/// Refuse a text that is empty or overlong.
pub(crate) fn require_text(text: &str, what: &str) -> Result<(), SolvencyError> {
    if (1..=MAX_TEXT_BYTES).contains(&text.len()) {
        return Ok(());
    }
    Err(SolvencyError::parameters(format!("{what} has 1 to {MAX_TEXT_BYTES} bytes, not {}", text.len())))
}
