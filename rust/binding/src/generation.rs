//! Distributed key generation for Python.

use holdfast_threshold::generation as core;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rand_core::OsRng;

use crate::bounded::Bounded;
use crate::errors::{Fault, threshold_fault};
use crate::opaque::{Once, opaque};
use crate::shares::{GroupKey, KeyShare, Messages};

opaque!(
    /// The secret between `dkg_begin` and `dkg_exchange`.
    DkgRound1Secret(core::Round1Secret)
);
opaque!(
    /// The secret between `dkg_exchange` and `dkg_finish`.
    DkgRound2Secret(core::Round2Secret)
);

fn consumed() -> PyErr {
    Fault::SecretAlreadyConsumed.because("the secret of this round was already used; begin again")
}

/// Start a key generation.
#[pyfunction]
fn dkg_begin(
    py: Python<'_>,
    identifier: Bounded<u16>,
    signers: Bounded<u16>,
    threshold: Bounded<u16>,
) -> PyResult<(DkgRound1Secret, Bound<'_, PyBytes>)> {
    let begun = py.detach(|| core::begin(identifier.0, signers.0, threshold.0, &mut OsRng));
    let (secret, message) = begun.map_err(threshold_fault)?;
    Ok((DkgRound1Secret(Once::new(secret)), PyBytes::new(py, &message)))
}

/// Check every other signer's public message, and make the secret ones.
#[pyfunction]
fn dkg_exchange<'py>(
    py: Python<'py>,
    secret: &DkgRound1Secret,
    round1: Messages,
) -> PyResult<(DkgRound2Secret, Bound<'py, PyDict>)> {
    let secret = secret.0.take().ok_or_else(consumed)?;
    let (secret, messages) = py.detach(|| secret.exchange(&round1.slices())).map_err(threshold_fault)?;
    let sent = PyDict::new(py);
    for (recipient, message) in &messages {
        sent.set_item(recipient, PyBytes::new(py, message))?;
    }
    Ok((DkgRound2Secret(Once::new(secret)), sent))
}

/// Check every secret message, and make the share.
#[pyfunction]
fn dkg_finish(
    py: Python<'_>,
    secret: &DkgRound2Secret,
    round1: Messages,
    round2: Messages,
) -> PyResult<(KeyShare, GroupKey)> {
    let secret = secret.0.take().ok_or_else(consumed)?;
    let share = py.detach(|| secret.finish(&round1.slices(), &round2.slices())).map_err(threshold_fault)?;
    let group_key = GroupKey(share.group_key().clone());
    Ok((KeyShare(share), group_key))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<DkgRound1Secret>()?;
    module.add_class::<DkgRound2Secret>()?;
    module.add_function(wrap_pyfunction!(dkg_begin, module)?)?;
    module.add_function(wrap_pyfunction!(dkg_exchange, module)?)?;
    module.add_function(wrap_pyfunction!(dkg_finish, module)?)
}
