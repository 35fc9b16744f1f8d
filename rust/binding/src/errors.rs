//! The module's exceptions: each derives from `holdfast.errors.HoldfastError`, with its stable code.

use holdfast_solvency::SolvencyError;
use holdfast_threshold::ThresholdError;
use holdfast_transaction::TransactionError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

/// What went wrong, one variant for each exception class; the order is that of [`CLASSES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    CoreError,
    NumberOutOfRange,
    TransactionMalformed,
    PreviousTransactionMismatch,
    SpendInvalid,
    AddressMalformed,
    AddressOfOtherNetwork,
    ScriptWithoutAddress,
    NetworkUnknown,
    KeysError,
    ParametersInvalid,
    MessageMalformed,
    CheaterFound,
    TooFewSigners,
    TranscriptMismatch,
    SignatureInvalid,
    DerivationInvalid,
    SealBroken,
    NonceAlreadyUsed,
    SecretAlreadyConsumed,
    SolvencyError,
    EpochMalformed,
    SumOverflow,
    ProofInvalid,
    EventMalformed,
}

struct Class {
    fault: Fault,
    base: Option<Fault>,
    name: &'static str,
    code: &'static str,
    exit_status: u8,
    doc: &'static str,
}

const fn class(
    fault: Fault,
    base: Option<Fault>,
    name: &'static str,
    code: &'static str,
    exit_status: u8,
    doc: &'static str,
) -> Class {
    Class { fault, base, name, code, exit_status, doc }
}

const CORE: Option<Fault> = Some(Fault::CoreError);
const KEYS: Option<Fault> = Some(Fault::KeysError);
const SOLVENCY: Option<Fault> = Some(Fault::SolvencyError);

#[rustfmt::skip]
const CLASSES: [Class; 25] = [
    class(Fault::CoreError, None, "CoreError", "core.fault", 3, "Base of every error of the Rust core."),
    class(Fault::NumberOutOfRange, CORE, "NumberOutOfRange", "core.number_out_of_range", 2, "An integer that its field cannot hold."),
    class(Fault::TransactionMalformed, CORE, "TransactionMalformed", "transaction.malformed", 2, "Not one well-formed transaction within the size limits."),
    class(Fault::PreviousTransactionMismatch, CORE, "PreviousTransactionMismatch", "transaction.previous_mismatch", 1, "A previous transaction is not the one that its input spends."),
    class(Fault::SpendInvalid, CORE, "SpendInvalid", "transaction.spend_invalid", 1, "Well formed, but not to be signed, or not validly signed."),
    class(Fault::AddressMalformed, CORE, "AddressMalformed", "address.malformed", 2, "Not an address, or one whose coins would be lost."),
    class(Fault::AddressOfOtherNetwork, CORE, "AddressOfOtherNetwork", "address.other_network", 2, "A good address of another network."),
    class(Fault::ScriptWithoutAddress, CORE, "ScriptWithoutAddress", "address.no_address", 2, "No address stands for this script."),
    class(Fault::NetworkUnknown, CORE, "NetworkUnknown", "address.network_unknown", 2, "The name of no known network."),
    class(Fault::KeysError, CORE, "KeysError", "keys.fault", 1, "Base of every error about shares, signatures and their keeping."),
    class(Fault::ParametersInvalid, KEYS, "ParametersInvalid", "keys.parameters_invalid", 2, "Numbers of signers, identifiers or lengths that no ceremony has."),
    class(Fault::MessageMalformed, KEYS, "MessageMalformed", "keys.message_malformed", 2, "Bytes that are not the object they should be."),
    class(Fault::CheaterFound, KEYS, "CheaterFound", "keys.cheater_found", 1, "Signers, in `culprits`, whose messages prove them wrong."),
    class(Fault::TooFewSigners, KEYS, "TooFewSigners", "keys.too_few_signers", 1, "Fewer signers than the threshold."),
    class(Fault::TranscriptMismatch, KEYS, "TranscriptMismatch", "keys.transcript_mismatch", 1, "Messages that contradict what this signer itself said or saw before."),
    class(Fault::SignatureInvalid, KEYS, "SignatureInvalid", "keys.signature_invalid", 1, "A signature that is not valid."),
    class(Fault::DerivationInvalid, KEYS, "DerivationInvalid", "keys.derivation_invalid", 2, "A path that cannot be derived from a public key."),
    class(Fault::SealBroken, KEYS, "SealBroken", "keys.seal_broken", 1, "A sealed share that was altered, or that another data key or context sealed."),
    class(Fault::NonceAlreadyUsed, KEYS, "NonceAlreadyUsed", "keys.nonce_already_used", 1, "Nonces serve one signature; a second would reveal the share."),
    class(Fault::SecretAlreadyConsumed, KEYS, "SecretAlreadyConsumed", "keys.secret_already_consumed", 1, "The secret of a round serves one step."),
    class(Fault::SolvencyError, CORE, "SolvencyError", "reserves.core_fault", 1, "Base of every error about trees of balances and proofs in them."),
    class(Fault::EpochMalformed, SOLVENCY, "EpochMalformed", "reserves.epoch_malformed", 2, "Values that no tree, epoch or proof of this version has."),
    class(Fault::SumOverflow, SOLVENCY, "SumOverflow", "reserves.sum_overflow", 1, "Balances whose sum does not fit 128 bits."),
    class(Fault::ProofInvalid, SOLVENCY, "ProofInvalid", "reserves.proof_invalid", 1, "A proof that does not lead to what the epoch publishes."),
    class(Fault::EventMalformed, CORE, "EventMalformed", "risk.event_malformed", 2, "Bytes that are no whole number of events, or no engine's secret."),
];

static TYPES: PyOnceLock<Vec<(Fault, Py<PyType>)>> = PyOnceLock::new();

impl Fault {
    /// The exception with this message, ready to raise.
    pub fn because(self, message: impl ToString) -> PyErr {
        let message = message.to_string();
        Python::attach(|py| match types(py).and_then(|types| find(types, self)) {
            Ok(class) => PyErr::from_type(class.bind(py).clone(), message),
            Err(fault) => fault,
        })
    }
}

/// The exception for a fault of the transaction crate.
pub fn transaction_fault(error: TransactionError) -> PyErr {
    let fault = match error {
        TransactionError::Malformed(_) => Fault::TransactionMalformed,
        TransactionError::PreviousMismatch { .. } => Fault::PreviousTransactionMismatch,
        TransactionError::SpendInvalid(_) => Fault::SpendInvalid,
        TransactionError::AddressMalformed(_) => Fault::AddressMalformed,
        TransactionError::AddressOfOtherNetwork(_) => Fault::AddressOfOtherNetwork,
        TransactionError::ScriptWithoutAddress => Fault::ScriptWithoutAddress,
        TransactionError::NetworkUnknown(_) => Fault::NetworkUnknown,
        _ => Fault::CoreError,
    };
    fault.because(error)
}

/// The exception for a fault of the solvency crate.
pub fn solvency_fault(error: SolvencyError) -> PyErr {
    let fault = match error {
        SolvencyError::ParametersInvalid(_) => Fault::EpochMalformed,
        SolvencyError::SumOverflow => Fault::SumOverflow,
        SolvencyError::ProofInvalid(_) => Fault::ProofInvalid,
        _ => Fault::SolvencyError,
    };
    fault.because(error)
}

/// The exception for a fault of the threshold crate; `CheaterFound` carries `culprits`.
pub fn threshold_fault(error: ThresholdError) -> PyErr {
    let fault = match &error {
        ThresholdError::ParametersInvalid(_) => Fault::ParametersInvalid,
        ThresholdError::Malformed(_) => Fault::MessageMalformed,
        ThresholdError::CheaterFound { .. } => Fault::CheaterFound,
        ThresholdError::TooFewSigners { .. } => Fault::TooFewSigners,
        ThresholdError::TranscriptMismatch(_) => Fault::TranscriptMismatch,
        ThresholdError::SignatureInvalid => Fault::SignatureInvalid,
        ThresholdError::DerivationInvalid(_) => Fault::DerivationInvalid,
        ThresholdError::SealBroken => Fault::SealBroken,
        _ => Fault::KeysError,
    };
    let raised = fault.because(&error);
    if let ThresholdError::CheaterFound { culprits, .. } = error {
        let attached = Python::attach(|py| raised.value(py).setattr("culprits", culprits));
        return attached.err().unwrap_or(raised);
    }
    raised
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let types = types(py)?;
    for class in &CLASSES {
        module.add(class.name, find(types, class.fault)?.bind(py))?;
    }
    Ok(())
}

fn types(py: Python<'_>) -> PyResult<&Vec<(Fault, Py<PyType>)>> {
    TYPES.get_or_try_init(py, || {
        // Python owns the root of all errors, so that one `except HoldfastError` at the edge catches these too.
        let root = py.import("holdfast.errors")?.getattr("HoldfastError")?.cast_into::<PyType>()?.unbind();
        let mut made: Vec<(Fault, Py<PyType>)> = Vec::with_capacity(CLASSES.len());
        for class in &CLASSES {
            let base = match class.base {
                Some(fault) => find(&made, fault)?,
                None => &root,
            };
            let made_class = make(py, class, base)?;
            made.push((class.fault, made_class));
        }
        Ok(made)
    })
}

fn make(py: Python<'_>, class: &Class, base: &Py<PyType>) -> PyResult<Py<PyType>> {
    let attributes = PyDict::new(py);
    attributes.set_item("__module__", "holdfast._core")?;
    attributes.set_item("__doc__", class.doc)?;
    attributes.set_item("code", class.code)?;
    attributes.set_item("exit_status", class.exit_status)?;
    let made = py.get_type::<PyType>().call1((class.name, (base.bind(py),), attributes))?;
    Ok(made.cast_into::<PyType>()?.unbind())
}

fn find(types: &[(Fault, Py<PyType>)], fault: Fault) -> PyResult<&Py<PyType>> {
    types
        .iter()
        .find(|(each, _)| *each == fault)
        .map(|(_, class)| class)
        .ok_or_else(|| pyo3::exceptions::PySystemError::new_err("an exception class is missing"))
}
