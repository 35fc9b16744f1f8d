//! Threshold signing for Python.

use holdfast_threshold::signing as core;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use rand_core::OsRng;

use crate::bounded::Bounded;
use crate::errors::{Fault, threshold_fault};
use crate::opaque::{Once, opaque};
use crate::shares::{GroupKey, KeyShare, Messages, derivation_path, exactly};

opaque!(
    /// One signer's secret nonces for one signature.
    SigningNonces(core::Nonces)
);

/// Round 1: fresh nonces, and the commitments to send.
#[pyfunction]
fn commit<'py>(py: Python<'py>, share: &KeyShare) -> PyResult<(SigningNonces, Bound<'py, PyBytes>)> {
    let (nonces, commitments) = py.detach(|| core::commit(&share.0, &mut OsRng)).map_err(threshold_fault)?;
    Ok((SigningNonces(Once::new(nonces)), PyBytes::new(py, &commitments)))
}

/// Round 2: this signer's share of the signature.
#[pyfunction]
fn sign<'py>(
    py: Python<'py>,
    share: &KeyShare,
    nonces: &SigningNonces,
    message: &Bound<'py, PyAny>,
    commitments: &Bound<'py, PyAny>,
    path: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    // Taken before any argument is looked at: whatever fails below, these nonces are gone.
    let nonces = nonces.0.take().ok_or_else(|| Fault::NonceAlreadyUsed.because("these nonces were already used"))?;
    let message = exactly(&message.extract::<PyBackedBytes>()?, "a message")?;
    let commitments = commitments.extract::<Messages>()?;
    let path = derivation_path(&path.extract::<Vec<Bounded<u32>>>()?)?;
    let signed =
        py.detach(|| core::sign(&share.0, nonces, &message, &commitments.slices(), &path)).map_err(threshold_fault)?;
    Ok(PyBytes::new(py, &signed))
}

/// Join signature shares into one verified signature.
#[pyfunction]
fn aggregate<'py>(
    py: Python<'py>,
    group_key: &GroupKey,
    message: PyBackedBytes,
    commitments: Messages,
    shares: Messages,
    path: Vec<Bounded<u32>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let message = exactly(&message, "a message")?;
    let path = derivation_path(&path)?;
    let signature = py
        .detach(|| core::aggregate(&group_key.0, &message, &commitments.slices(), &shares.slices(), &path))
        .map_err(threshold_fault)?;
    Ok(PyBytes::new(py, &signature))
}

/// Verify a BIP-340 signature.
#[pyfunction]
fn verify(py: Python<'_>, output_key: PyBackedBytes, message: PyBackedBytes, signature: PyBackedBytes) -> PyResult<()> {
    let output_key = exactly(&output_key, "an output key")?;
    let message = exactly(&message, "a message")?;
    let signature = exactly(&signature, "a signature")?;
    py.detach(|| core::verify(&output_key, &message, &signature)).map_err(threshold_fault)
}

/// Check that bytes are commitments.
#[pyfunction]
fn check_commitments(commitments: PyBackedBytes) -> PyResult<()> {
    core::check_commitments(&commitments).map_err(threshold_fault)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SigningNonces>()?;
    module.add_function(wrap_pyfunction!(commit, module)?)?;
    module.add_function(wrap_pyfunction!(check_commitments, module)?)?;
    module.add_function(wrap_pyfunction!(sign, module)?)?;
    module.add_function(wrap_pyfunction!(aggregate, module)?)?;
    module.add_function(wrap_pyfunction!(verify, module)?)
}
