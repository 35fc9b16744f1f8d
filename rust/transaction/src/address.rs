//! Addresses and the scripts that they stand for, and the least that may be paid to a script.

use std::str::FromStr;

use bitcoin::address::NetworkUnchecked;
use bitcoin::secp256k1::XOnlyPublicKey;
use bitcoin::{Address, Network, Script};

use crate::error::TransactionError;

/// The longest address that is read, in characters: bech32's own limit.
const MAX_ADDRESS_CHARS: usize = 90;

/// A Bitcoin network, by the name that Bitcoin Core's `-chain` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(Network);

impl Chain {
    pub(crate) fn network(self) -> Network {
        self.0
    }
}

impl FromStr for Chain {
    type Err = TransactionError;

    /// Read `main`, `testnet`, `signet` or `regtest`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "main" => Ok(Self(Network::Bitcoin)),
            "testnet" => Ok(Self(Network::Testnet)),
            "signet" => Ok(Self(Network::Signet)),
            "regtest" => Ok(Self(Network::Regtest)),
            _ => Err(TransactionError::NetworkUnknown(name.chars().take(20).collect())),
        }
    }
}

/// The scriptPubKey of an address: P2PKH, P2SH, P2WPKH, P2WSH or P2TR.
///
/// # Errors
///
/// - [`TransactionError::AddressMalformed`]: not an address; or a witness version that no rule guards yet, or a
///   taproot output key that is no point on the curve: coins sent there are lost, or anyone's.
/// - [`TransactionError::AddressOfOtherNetwork`]: a good address of another network.
pub fn address_script(address: &str, chain: Chain) -> Result<Vec<u8>, TransactionError> {
    let malformed = |reason: String| TransactionError::AddressMalformed(reason);
    if address.len() > MAX_ADDRESS_CHARS {
        return Err(malformed(format!("longer than {MAX_ADDRESS_CHARS} characters")));
    }
    let read = Address::<NetworkUnchecked>::from_str(address).map_err(|fault| malformed(fault.to_string()))?;
    if !read.is_valid_for_network(chain.network()) {
        return Err(TransactionError::AddressOfOtherNetwork(chain.network().to_core_arg().into()));
    }
    let script = read.assume_checked().script_pubkey();
    if let Some(key) = taproot_key(&script) {
        XOnlyPublicKey::from_slice(key).map_err(|_| malformed("its taproot key is not on the curve".into()))?;
    } else if !(script.is_p2pkh() || script.is_p2sh() || script.is_p2wpkh() || script.is_p2wsh()) {
        return Err(malformed("a witness version that anyone can spend today".into()));
    }
    Ok(script.into_bytes())
}

/// The address that stands for a script on a network.
///
/// # Errors
///
/// [`TransactionError::ScriptWithoutAddress`], for an `OP_RETURN` or a bare multisig say.
pub fn script_address(script: &[u8], chain: Chain) -> Result<String, TransactionError> {
    Address::from_script(Script::from_bytes(script), chain.network())
        .map(|address| address.to_string())
        .map_err(|_| TransactionError::ScriptWithoutAddress)
}

/// The P2SH scriptPubKey (BIP-16) of a redeem script.
pub fn script_hash_script(redeem: &[u8]) -> Vec<u8> {
    Script::from_bytes(redeem).to_p2sh().into_bytes()
}

/// The least value in satoshi that Bitcoin Core relays to this script at its default dust relay fee (3 sat/vB).
pub fn dust_limit(script: &[u8]) -> u64 {
    Script::from_bytes(script).minimal_non_dust().to_sat()
}

/// The x-only output key of a P2TR script (BIP-341), 32 bytes.
pub(crate) fn taproot_key(script: &Script) -> Option<&[u8]> {
    script.is_p2tr().then(|| script.as_bytes().get(2..)).flatten()
}
