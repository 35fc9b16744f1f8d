//! Transactions for Python: frozen values, parsed in Rust.

use holdfast_transaction as core;
use holdfast_transaction::{InputSpec, OutputSpec, Parsed};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;

use crate::bounded::Bounded;
use crate::errors::transaction_fault;

/// One input: the output that it spends, and its sequence number.
#[pyclass(frozen, eq, hash, get_all, skip_from_py_object, module = "holdfast._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct TransactionInput {
    txid: String,
    vout: u32,
    sequence: u32,
}

#[pymethods]
impl TransactionInput {
    fn __repr__(&self) -> String {
        format!("TransactionInput(txid='{}', vout={}, sequence={})", self.txid, self.vout, self.sequence)
    }
}

/// One output: satoshi and scriptPubKey.
#[pyclass(frozen, eq, hash, get_all, skip_from_py_object, module = "holdfast._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct TransactionOutput {
    value: u64,
    script: Vec<u8>,
}

#[pymethods]
impl TransactionOutput {
    fn __repr__(&self) -> String {
        let script: String = self.script.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("TransactionOutput(value={}, script=bytes.fromhex('{script}'))", self.value)
    }
}

/// One parsed transaction.
#[pyclass(frozen, eq, hash, get_all, skip_from_py_object, module = "holdfast._core")]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Transaction {
    txid: String,
    version: i32,
    lock_time: u32,
    inputs: Vec<TransactionInput>,
    outputs: Vec<TransactionOutput>,
    weight: u64,
    vsize: usize,
    has_witness: bool,
}

#[pymethods]
impl Transaction {
    fn __repr__(&self) -> String {
        format!("<Transaction {}: {} inputs, {} outputs>", self.txid, self.inputs.len(), self.outputs.len())
    }
}

impl From<&Parsed> for Transaction {
    fn from(parsed: &Parsed) -> Self {
        let transaction = parsed.transaction();
        Self {
            txid: transaction.compute_txid().to_string(),
            version: transaction.version.0,
            lock_time: transaction.lock_time.to_consensus_u32(),
            inputs: transaction
                .input
                .iter()
                .map(|input| TransactionInput {
                    txid: input.previous_output.txid.to_string(),
                    vout: input.previous_output.vout,
                    sequence: input.sequence.0,
                })
                .collect(),
            outputs: outputs(&transaction.output),
            weight: transaction.weight().to_wu(),
            vsize: transaction.vsize(),
            has_witness: parsed.has_witness(),
        }
    }
}

/// An unsigned transaction, checked against what it spends.
#[pyclass(frozen, eq, get_all, skip_from_py_object, module = "holdfast._core")]
#[derive(Clone, PartialEq, Eq)]
struct CheckedSpend {
    transaction: Transaction,
    spent: Vec<TransactionOutput>,
    fee: u64,
    taproot_sighashes: Vec<Vec<u8>>,
}

#[pymethods]
impl CheckedSpend {
    fn __repr__(&self) -> String {
        format!("<CheckedSpend {}: fee {} satoshi>", self.transaction.txid, self.fee)
    }
}

fn outputs(outputs: &[core::TxOut]) -> Vec<TransactionOutput> {
    outputs
        .iter()
        .map(|output| TransactionOutput { value: output.value.to_sat(), script: output.script_pubkey.to_bytes() })
        .collect()
}

fn slices(owned: &[PyBackedBytes]) -> Vec<&[u8]> {
    owned.iter().map(|bytes| &**bytes).collect()
}

fn output_specs(outputs: &[(Bounded<u64>, PyBackedBytes)]) -> Vec<OutputSpec<'_>> {
    outputs.iter().map(|(value, script)| OutputSpec { value: value.0, script }).collect()
}

/// Parse one transaction.
#[pyfunction]
fn parse_transaction(py: Python<'_>, raw: PyBackedBytes) -> PyResult<Transaction> {
    py.detach(|| core::parse(&raw).map(|parsed| Transaction::from(&parsed))).map_err(transaction_fault)
}

/// Check an unsigned transaction against one full previous transaction for each input.
#[pyfunction]
fn check_spend(py: Python<'_>, raw: PyBackedBytes, previous: Vec<PyBackedBytes>) -> PyResult<CheckedSpend> {
    let checked = py.detach(|| core::check_spend(&raw, &slices(&previous))).map_err(transaction_fault)?;
    Ok(CheckedSpend {
        transaction: Transaction::from(checked.transaction()),
        spent: outputs(checked.spent()),
        fee: checked.fee().to_sat(),
        taproot_sighashes: checked.taproot_sighashes().iter().map(|hash| hash.to_vec()).collect(),
    })
}

/// The raw bytes of an unsigned version-2 transaction.
#[pyfunction]
fn build_transaction<'py>(
    py: Python<'py>,
    inputs: Vec<(PyBackedStr, Bounded<u32>, Bounded<u32>)>,
    outputs: Vec<(Bounded<u64>, PyBackedBytes)>,
    lock_time: Bounded<u32>,
) -> PyResult<Bound<'py, PyBytes>> {
    let inputs: Vec<InputSpec<'_>> =
        inputs.iter().map(|(txid, vout, sequence)| InputSpec { txid, vout: vout.0, sequence: sequence.0 }).collect();
    let raw = core::build(&inputs, &output_specs(&outputs), lock_time.0).map_err(transaction_fault)?;
    Ok(PyBytes::new(py, &raw))
}

/// Put one key-path signature into each input's witness.
#[pyfunction]
fn with_key_spend_witnesses<'py>(
    py: Python<'py>,
    raw: PyBackedBytes,
    signatures: Vec<PyBackedBytes>,
) -> PyResult<Bound<'py, PyBytes>> {
    let signed = py.detach(|| core::with_key_spend_witnesses(&raw, &slices(&signatures))).map_err(transaction_fault)?;
    Ok(PyBytes::new(py, &signed))
}

/// The exact virtual size of a transaction of taproot key spends.
#[pyfunction]
fn estimated_vsize(input_count: Bounded<usize>, output_scripts: Vec<PyBackedBytes>) -> PyResult<usize> {
    core::estimated_vsize(input_count.0, &slices(&output_scripts)).map_err(transaction_fault)
}

/// Verify the signature of every input as a taproot key spend.
#[pyfunction]
fn verify_key_spends(py: Python<'_>, raw: PyBackedBytes, spent: Vec<(Bounded<u64>, PyBackedBytes)>) -> PyResult<()> {
    py.detach(|| core::verify_key_spends(&raw, &output_specs(&spent))).map_err(transaction_fault)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<TransactionInput>()?;
    module.add_class::<TransactionOutput>()?;
    module.add_class::<Transaction>()?;
    module.add_class::<CheckedSpend>()?;
    module.add_function(wrap_pyfunction!(parse_transaction, module)?)?;
    module.add_function(wrap_pyfunction!(check_spend, module)?)?;
    module.add_function(wrap_pyfunction!(build_transaction, module)?)?;
    module.add_function(wrap_pyfunction!(with_key_spend_witnesses, module)?)?;
    module.add_function(wrap_pyfunction!(estimated_vsize, module)?)?;
    module.add_function(wrap_pyfunction!(verify_key_spends, module)?)
}
