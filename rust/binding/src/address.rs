//! Addresses and scripts for Python.

use std::borrow::Cow;

use holdfast_transaction as core;
use pyo3::prelude::*;

use crate::errors::transaction_fault;

/// The scriptPubKey of an address of `network`.
#[pyfunction]
fn address_script(address: &str, network: &str) -> PyResult<Cow<'static, [u8]>> {
    let chain = network.parse().map_err(transaction_fault)?;
    core::address_script(address, chain).map(Cow::Owned).map_err(transaction_fault)
}

/// The address of a scriptPubKey on `network`.
#[pyfunction]
fn script_address(script: &[u8], network: &str) -> PyResult<String> {
    let chain = network.parse().map_err(transaction_fault)?;
    core::script_address(script, chain).map_err(transaction_fault)
}

/// The P2SH scriptPubKey of a redeem script.
#[pyfunction]
fn script_hash_script(redeem: &[u8]) -> Cow<'static, [u8]> {
    Cow::Owned(core::script_hash_script(redeem))
}

/// The least value in satoshi that Bitcoin Core relays to a script.
#[pyfunction]
fn dust_limit(script: &[u8]) -> u64 {
    core::dust_limit(script)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(address_script, module)?)?;
    module.add_function(wrap_pyfunction!(script_address, module)?)?;
    module.add_function(wrap_pyfunction!(script_hash_script, module)?)?;
    module.add_function(wrap_pyfunction!(dust_limit, module)?)
}
