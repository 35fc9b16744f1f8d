//! Events: what happened on an exchange, in 231 bytes each, little-endian, every field at a fixed place.
//!
//! The layout is `docs/reference/risk-events.md`. A field that says nothing is zero, but for those whose zero means
//! something: they have a value for "unknown" of their own.

use zerocopy::little_endian::{I16, I64, U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::error::EventFault;

/// The bytes of an event.
pub const EVENT_BYTES: usize = 231;

/// The version of the layout.
pub const EVENT_VERSION: u8 = 1;

/// A score from 0 to 1,000 that is not known.
pub const SCORE_UNKNOWN: u16 = u16::MAX;

/// A place on earth that is not known.
pub const PLACE_UNKNOWN: i16 = i16::MIN;

/// A destination's distance to a sanctioned address that is not known.
pub const HOPS_UNKNOWN: u8 = u8::MAX;

/// The latest moment that an event can be of, in microseconds since 1970: the year 2100.
pub const LATEST_US: i64 = 4_102_444_800_000_000;

/// The most that anything is worth, in hundredths of the accounting currency: a hundred million millions.
pub const MOST_CENTS: u64 = 10_000_000_000_000_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Somebody signed in, or tried to.
    Login = 1,
    /// A device was registered or forgotten.
    DeviceChange = 2,
    /// A passkey, a second factor or a password was added, replaced or reset.
    CredentialChange = 3,
    /// An API key was made, changed or used for the first time from somewhere.
    ApiKeyChange = 4,
    /// A destination was put into the address book.
    AddressBookChange = 5,
    /// Coins came in.
    Deposit = 6,
    /// An order was placed on a market.
    Order = 7,
    /// Coins went to another account of the exchange.
    Transfer = 8,
    /// Coins shall leave.
    Withdrawal = 9,
}

impl Kind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::Login,
        Self::DeviceChange,
        Self::CredentialChange,
        Self::ApiKeyChange,
        Self::AddressBookChange,
        Self::Deposit,
        Self::Order,
        Self::Transfer,
        Self::Withdrawal,
    ];

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code).checked_sub(1)?).copied()
    }
}

/// Flags of an event.
pub mod flag {
    /// It succeeded: the login was let in, the deposit confirmed, the order filled.
    pub const SUCCEEDED: u16 = 1 << 0;
    /// The person was verified by their authenticator (WebAuthn user verification).
    pub const USER_VERIFIED: u16 = 1 << 1;
    /// The customer's own passkey signed exactly this.
    pub const CUSTOMER_SIGNED: u16 = 1 << 2;
    /// It came through the API and not from a page.
    pub const BY_API: u16 = 1 << 3;
    /// The address belongs to an anonymising network or a hosting company.
    pub const ANONYMISED: u16 = 1 << 4;
    /// Something was taken away: a device forgotten, a second factor removed.
    pub const REMOVED: u16 = 1 << 5;
    /// The customer asked support for it, and did not do it themselves.
    pub const BY_SUPPORT: u16 = 1 << 6;
    /// Every flag there is.
    pub const ALL: u16 = (1 << 7) - 1;
}

/// An event as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Wire {
    version: u8,
    kind: u8,
    flags: U16,
    asn: U32,
    at_us: I64,
    sequence: U64,
    account: U64,
    counterparty: U64,
    value_cents: U64,
    balance_cents: U64,
    amount: U128,
    device: [u8; 16],
    session: [u8; 16],
    address: [u8; 16],
    api_key: [u8; 16],
    destination: [u8; 32],
    intent: [u8; 32],
    agent: U64,
    country: U16,
    asset: U16,
    market: U16,
    zone_minutes: I16,
    latitude_centi: I16,
    longitude_centi: I16,
    keystroke_score: U16,
    mouse_score: U16,
    price_bp: I16,
    credential: u8,
    reason: u8,
    hops: u8,
    reserved: U16,
}

impl Wire {
    fn read(&self) -> Option<Event> {
        Some(Event {
            kind: Kind::from_code(self.kind)?,
            flags: self.flags.get(),
            at_us: self.at_us.get(),
            sequence: self.sequence.get(),
            account: self.account.get(),
            counterparty: self.counterparty.get(),
            value_cents: self.value_cents.get(),
            balance_cents: self.balance_cents.get(),
            amount: self.amount.get(),
            device: self.device,
            session: self.session,
            address: self.address,
            asn: self.asn.get(),
            api_key: self.api_key,
            destination: self.destination,
            intent: self.intent,
            agent: self.agent.get(),
            country: self.country.get(),
            asset: self.asset.get(),
            market: self.market.get(),
            zone_minutes: self.zone_minutes.get(),
            latitude_centi: self.latitude_centi.get(),
            longitude_centi: self.longitude_centi.get(),
            keystroke_score: self.keystroke_score.get(),
            mouse_score: self.mouse_score.get(),
            price_bp: self.price_bp.get(),
            credential: self.credential,
            reason: self.reason,
            hops: self.hops,
        })
    }
}

/// What an event says. Identifiers are whatever the exchange has, hashed to the width where they are wider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// Flags, as in [`flag`].
    pub flags: u16,
    /// When, in microseconds since 1970.
    pub at_us: i64,
    /// The event's number in its account's history: each is higher than the one before.
    pub sequence: u64,
    /// Whose account; 0 is none.
    pub account: u64,
    /// The other account of a transfer.
    pub counterparty: u64,
    /// What it is worth, in hundredths of the house's accounting currency.
    pub value_cents: u64,
    /// What the account was worth just before.
    pub balance_cents: u64,
    /// The amount, in the asset's base units.
    pub amount: u128,
    /// The device, by its fingerprint.
    pub device: [u8; 16],
    /// The session.
    pub session: [u8; 16],
    /// The address on the Internet: IPv6, or IPv4 mapped into it.
    pub address: [u8; 16],
    /// The autonomous system that the address is announced by.
    pub asn: u32,
    /// The API key that was used.
    pub api_key: [u8; 16],
    /// SHA-256 of the destination's canonical spelling.
    pub destination: [u8; 32],
    /// The intent that a decision shall be bound to.
    pub intent: [u8; 32],
    /// The program, by a hash of what it says and how it speaks.
    pub agent: u64,
    /// The country of the address, two letters as ISO 3166-1 has them.
    pub country: u16,
    /// The asset, by the house's number of it.
    pub asset: u16,
    /// The market, by the house's number of it.
    pub market: u16,
    /// How far the device's own clock says it is from UTC.
    pub zone_minutes: i16,
    /// Latitude of the address in hundredths of a degree.
    pub latitude_centi: i16,
    /// Longitude of the address in hundredths of a degree.
    pub longitude_centi: i16,
    /// How much the typing is the owner's, 0 to 1,000.
    pub keystroke_score: u16,
    /// How much the mouse is moved by the owner, 0 to 1,000.
    pub mouse_score: u16,
    /// How far from the market's price an order is, in hundredths of a per cent.
    pub price_bp: i16,
    /// The kind of credential: 1 passkey, 2 one-time code, 3 text message, 4 password.
    pub credential: u8,
    /// Why it failed, by the house's number.
    pub reason: u8,
    /// How many transactions the destination is away from a sanctioned address.
    pub hops: u8,
}

impl Event {
    /// An event of a kind with everything else unsaid.
    pub fn new(kind: Kind, account: u64, sequence: u64, at_us: i64) -> Self {
        Self {
            kind,
            flags: 0,
            at_us,
            sequence,
            account,
            counterparty: 0,
            value_cents: 0,
            balance_cents: 0,
            amount: 0,
            device: [0; 16],
            session: [0; 16],
            address: [0; 16],
            asn: 0,
            api_key: [0; 16],
            destination: [0; 32],
            intent: [0; 32],
            agent: 0,
            country: 0,
            asset: 0,
            market: 0,
            zone_minutes: 0,
            latitude_centi: PLACE_UNKNOWN,
            longitude_centi: PLACE_UNKNOWN,
            keystroke_score: SCORE_UNKNOWN,
            mouse_score: SCORE_UNKNOWN,
            price_bp: 0,
            credential: 0,
            reason: 0,
            hops: HOPS_UNKNOWN,
        }
    }

    /// What the bytes say.
    ///
    /// # Errors
    ///
    /// The first thing that no event of this version says.
    pub fn decode(bytes: &[u8]) -> Result<Self, EventFault> {
        let wire = Wire::ref_from_bytes(bytes).map_err(|_| EventFault::Length)?;
        if wire.version != EVENT_VERSION {
            return Err(EventFault::Version);
        }
        let event = wire.read().ok_or(EventFault::Kind)?;
        if wire.reserved.get() != 0 || event.flags & !flag::ALL != 0 {
            return Err(EventFault::Reserved);
        }
        if event.account == 0 {
            return Err(EventFault::Account);
        }
        if !(0..=LATEST_US).contains(&event.at_us) {
            return Err(EventFault::Time);
        }
        event.require_ranges()?;
        Ok(event)
    }

    fn require_ranges(&self) -> Result<(), EventFault> {
        let score = |score| score <= 1_000 || score == SCORE_UNKNOWN;
        let place = |place: i16, most: i16| place == PLACE_UNKNOWN || (-most..=most).contains(&place);
        let sound = score(self.keystroke_score)
            && score(self.mouse_score)
            && place(self.latitude_centi, 9_000)
            && place(self.longitude_centi, 18_000)
            && (-1_080..=1_080).contains(&self.zone_minutes)
            && self.value_cents <= MOST_CENTS
            && self.balance_cents <= MOST_CENTS;
        if sound { Ok(()) } else { Err(EventFault::Range) }
    }

    /// Whether a flag is set.
    pub const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// The event in its bytes.
    pub fn encode(&self) -> [u8; EVENT_BYTES] {
        let wire = Wire {
            version: EVENT_VERSION,
            kind: self.kind as u8,
            flags: self.flags.into(),
            asn: self.asn.into(),
            at_us: self.at_us.into(),
            sequence: self.sequence.into(),
            account: self.account.into(),
            counterparty: self.counterparty.into(),
            value_cents: self.value_cents.into(),
            balance_cents: self.balance_cents.into(),
            amount: self.amount.into(),
            device: self.device,
            session: self.session,
            address: self.address,
            api_key: self.api_key,
            destination: self.destination,
            intent: self.intent,
            agent: self.agent.into(),
            country: self.country.into(),
            asset: self.asset.into(),
            market: self.market.into(),
            zone_minutes: self.zone_minutes.into(),
            latitude_centi: self.latitude_centi.into(),
            longitude_centi: self.longitude_centi.into(),
            keystroke_score: self.keystroke_score.into(),
            mouse_score: self.mouse_score.into(),
            price_bp: self.price_bp.into(),
            credential: self.credential,
            reason: self.reason,
            hops: self.hops,
            reserved: 0.into(),
        };
        let mut bytes = [0; EVENT_BYTES];
        bytes.copy_from_slice(wire.as_bytes());
        bytes
    }
}
