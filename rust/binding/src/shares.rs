//! Group keys and key shares for Python. A share is an opaque handle: no printing, no copying, no pickling.

use std::collections::BTreeMap;

use holdfast_threshold::{self as core, DATA_KEY_BYTES, DerivationPath, XpubNetwork};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyDict};
use rand_core::OsRng;
use zeroize::Zeroizing;

use crate::bounded::Bounded;
use crate::errors::{Fault, threshold_fault};

/// Messages by signer, as Rust reads them.
pub struct Messages(BTreeMap<u16, PyBackedBytes>);

impl<'py> FromPyObject<'_, 'py> for Messages {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut messages = BTreeMap::new();
        for (signer, message) in object.cast::<PyDict>()?.iter() {
            let Bounded(signer) = signer.extract::<Bounded<u16>>()?;
            messages.insert(signer, message.extract::<PyBackedBytes>()?);
        }
        Ok(Self(messages))
    }
}

impl Messages {
    /// The messages, borrowed.
    pub fn slices(&self) -> BTreeMap<u16, &[u8]> {
        self.0.iter().map(|(signer, message)| (*signer, &**message)).collect()
    }
}

/// A data key, from `bytes` or `bytearray`, in memory that is wiped.
pub struct DataKey(Zeroizing<[u8; DATA_KEY_BYTES]>);

impl<'py> FromPyObject<'_, 'py> for DataKey {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return exactly(bytes.as_bytes(), "a data key").map(|key| Self(Zeroizing::new(key)));
        }
        let copied = Zeroizing::new(object.cast::<PyByteArray>()?.to_vec());
        exactly(&copied, "a data key").map(|key| Self(Zeroizing::new(key)))
    }
}

/// Exactly `N` bytes, or `ParametersInvalid` naming what they should have been.
pub fn exactly<const N: usize>(bytes: &[u8], what: &str) -> PyResult<[u8; N]> {
    bytes.try_into().map_err(|_| Fault::ParametersInvalid.because(format!("{what} has {N} bytes, not {}", bytes.len())))
}

/// A checked derivation path.
pub fn derivation_path(indices: &[Bounded<u32>]) -> PyResult<DerivationPath> {
    let indices: Vec<u32> = indices.iter().map(|index| index.0).collect();
    DerivationPath::new(&indices).map_err(threshold_fault)
}

/// The error for an attempt to copy or pickle a secret.
pub fn no_copies(name: &str) -> PyErr {
    PyTypeError::new_err(format!("a {name} cannot be copied or pickled"))
}

/// The public side of a shared key.
#[pyclass(frozen, eq, skip_from_py_object, module = "holdfast._core")]
#[derive(Clone, PartialEq, Eq)]
pub struct GroupKey(pub core::GroupKey);

#[pymethods]
impl GroupKey {
    /// Read the canonical bytes.
    #[staticmethod]
    fn decoded(py: Python<'_>, encoded: PyBackedBytes) -> PyResult<Self> {
        py.detach(|| core::GroupKey::decoded(&encoded)).map(Self).map_err(threshold_fault)
    }

    /// The canonical bytes.
    fn encoded<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.encoded())
    }

    #[getter]
    fn threshold(&self) -> u16 {
        self.0.threshold()
    }

    #[getter]
    fn verifying_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.verifying_key())
    }

    #[getter]
    fn verifying_shares<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shares = PyDict::new(py);
        for (identifier, share) in self.0.verifying_shares() {
            shares.set_item(identifier, PyBytes::new(py, share))?;
        }
        Ok(shares)
    }

    #[getter]
    fn chain_code<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.chain_code())
    }

    /// The x-only taproot output key at a path.
    fn output_key<'py>(&self, py: Python<'py>, path: Vec<Bounded<u32>>) -> PyResult<Bound<'py, PyBytes>> {
        let path = derivation_path(&path)?;
        let key = py.detach(|| self.0.output_key(&path)).map_err(threshold_fault)?;
        Ok(PyBytes::new(py, &key))
    }

    /// The group key as a BIP-32 extended public key.
    fn extended_public_key(&self, network: &str) -> PyResult<String> {
        let network = match network {
            "main" => XpubNetwork::Main,
            "testnet" | "signet" | "regtest" => XpubNetwork::Test,
            _ => return Err(Fault::NetworkUnknown.because("known networks: main, testnet, signet, regtest")),
        };
        Ok(self.0.extended_public_key(network))
    }

    fn __hash__(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0.chain_code();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn __repr__(&self) -> String {
        let key: String = self.0.verifying_key().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("<GroupKey {key}: {} of {}>", self.0.threshold(), self.0.verifying_shares().len())
    }
}

/// The x-only taproot output key at a path below a compressed group key.
#[pyfunction]
fn derive_output_key<'py>(
    py: Python<'py>,
    verifying_key: PyBackedBytes,
    path: Vec<Bounded<u32>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (parent, path) = (exactly(&verifying_key, "a group key")?, derivation_path(&path)?);
    let key = py.detach(|| core::derivation::output_key(&parent, &path)).map_err(threshold_fault)?;
    Ok(PyBytes::new(py, &key))
}

/// One signer's secret share.
#[pyclass(frozen, module = "holdfast._core")]
pub struct KeyShare(pub core::KeyShare);

#[pymethods]
impl KeyShare {
    #[getter]
    fn identifier(&self) -> u16 {
        self.0.identifier()
    }

    #[getter]
    fn group_key(&self) -> GroupKey {
        GroupKey(self.0.group_key().clone())
    }

    /// Encrypt under a data key, bound to a context.
    fn seal<'py>(&self, py: Python<'py>, data_key: DataKey, context: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = self.0.seal(&data_key.0, &context, &mut OsRng).map_err(threshold_fault)?;
        Ok(PyBytes::new(py, &sealed))
    }

    /// Decrypt what `seal` gave.
    #[staticmethod]
    fn unseal(py: Python<'_>, sealed: PyBackedBytes, data_key: DataKey, context: PyBackedBytes) -> PyResult<Self> {
        py.detach(|| core::KeyShare::unseal(&sealed, &data_key.0, &context)).map(Self).map_err(threshold_fault)
    }

    fn __repr__(&self) -> &'static str {
        "<KeyShare redacted>"
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_copies("KeyShare"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(no_copies("KeyShare"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(no_copies("KeyShare"))
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<GroupKey>()?;
    module.add_class::<KeyShare>()?;
    module.add_function(wrap_pyfunction!(derive_output_key, module)?)
}
