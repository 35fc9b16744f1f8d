//! Trees of balances for Python: planting, verifying, and the hashes that an epoch publishes.

use holdfast_solvency::{self as core, AssetRoot, Chooser, Claim, Coin, Epoch, EpochHead, Holder, Node, Vault};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyBytes;

use crate::bounded::Bounded;
use crate::errors::{Fault, solvency_fault};

/// A venue and the number of its epoch.
type EpochOf = (PyBackedStr, Bounded<u64>);

/// A customer, whether their page chose the nonce, the nonce, and the balance.
type HolderOf = (PyBackedStr, bool, PyBackedBytes, Bounded<u128>);

/// An asset, its root, its total and its number of leaves.
type RootOf = (PyBackedStr, PyBackedBytes, Bounded<u128>, Bounded<u64>);

/// A customer, whether their page chose the nonce, the nonce, and the salt.
type ClaimOf = (PyBackedStr, bool, PyBackedBytes, PyBackedBytes);

/// A leaf's index, its value, and hash and value of every sibling on its way to the root.
type FragmentOf = (Bounded<u64>, Bounded<u128>, Vec<(PyBackedBytes, Bounded<u128>)>);

/// A network, a height and a block's hash.
type BlockOf = (PyBackedStr, Bounded<u64>, PyBackedBytes);

/// An asset, its decimals, its root, its total and its number of leaves.
type AssetOf = (String, Bounded<u8>, PyBackedBytes, Bounded<u128>, Bounded<u64>);

/// A txid, an output's index, a value, and chain and position.
type CoinOf = (PyBackedBytes, Bounded<u32>, Bounded<u128>, (Bounded<u32>, Bounded<u32>));

/// A vault's name, its asset, its group key and its coins.
type VaultOf = (String, String, PyBackedBytes, Vec<CoinOf>);

/// The planted tree of one asset.
#[pyclass(frozen, module = "holdfast._core")]
struct SumTree(core::Planted);

#[pymethods]
impl SumTree {
    #[getter]
    fn root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.tree.root().hash)
    }

    #[getter]
    fn total(&self) -> u128 {
        self.0.tree.root().value
    }

    #[getter]
    fn leaves(&self) -> u64 {
        self.0.tree.leaves()
    }

    /// Index and value of every fragment, in order, for each holder in order.
    #[getter]
    fn fragments(&self) -> Vec<Vec<(u64, u128)>> {
        self.0.fragments.clone()
    }

    /// Every node, leaves first.
    fn node_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.0.tree.node_bytes());
        PyBytes::new(py, &bytes)
    }

    fn __repr__(&self) -> String {
        format!("<SumTree of {} leaves>", self.0.tree.leaves())
    }
}

/// Plant the tree of one asset.
#[pyfunction]
fn plant_tree(
    py: Python<'_>,
    epoch: EpochOf,
    asset: PyBackedStr,
    secret: PyBackedBytes,
    holders: Vec<HolderOf>,
) -> PyResult<SumTree> {
    let secret = exactly(&secret, "an epoch's secret")?;
    let holders = holders
        .iter()
        .map(|(customer, by_customer, nonce, balance)| {
            let nonce = exactly(nonce, "a nonce")?;
            Ok(Holder { customer, chooser: chooser(*by_customer), nonce, balance: balance.0 })
        })
        .collect::<PyResult<Vec<Holder<'_>>>>()?;
    py.detach(|| core::plant(epoch_of(&epoch), &asset, &secret, &holders)).map(SumTree).map_err(solvency_fault)
}

/// The house's part of a customer's key.
#[pyfunction]
fn customer_salt<'py>(py: Python<'py>, secret: PyBackedBytes, customer: &str) -> PyResult<Bound<'py, PyBytes>> {
    let salt = core::salt(&exactly(&secret, "an epoch's secret")?, customer);
    Ok(PyBytes::new(py, &salt))
}

/// Verify a customer's fragments in one tree; their sum.
#[pyfunction]
fn verify_balance(
    py: Python<'_>,
    epoch: EpochOf,
    tree: RootOf,
    claim: ClaimOf,
    fragments: Vec<FragmentOf>,
) -> PyResult<u128> {
    let (asset, root, total, leaves) = &tree;
    let root = Node { hash: exactly(root, "a root")?, value: total.0 };
    let (customer, by_customer, nonce, salt) = &claim;
    let claim = Claim {
        customer,
        chooser: chooser(*by_customer),
        nonce: exactly(nonce, "a nonce")?,
        salt: exactly(salt, "a salt")?,
    };
    let fragments = fragments.iter().map(fragment_of).collect::<PyResult<Vec<_>>>()?;
    py.detach(|| core::verify(epoch_of(&epoch), asset, &root, leaves.0, &claim, &fragments)).map_err(solvency_fault)
}

/// The digest of the coins that an epoch counts.
#[pyfunction]
fn holdings_digest<'py>(py: Python<'py>, vaults: Vec<VaultOf>) -> PyResult<Bound<'py, PyBytes>> {
    let vaults = vaults.into_iter().map(vault_of).collect::<PyResult<Vec<_>>>()?;
    let digest = py.detach(|| core::holdings_digest(&vaults)).map_err(solvency_fault)?;
    Ok(PyBytes::new(py, &digest))
}

/// The hash that binds everything an epoch publishes.
#[pyfunction]
fn super_root<'py>(
    py: Python<'py>,
    epoch: EpochOf,
    at_s: Bounded<u64>,
    previous: PyBackedBytes,
    block: BlockOf,
    holdings: PyBackedBytes,
    assets: Vec<AssetOf>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (network, height, block_hash) = &block;
    let head = EpochHead {
        epoch: epoch_of(&epoch),
        at_s: at_s.0,
        previous: exactly(&previous, "a super-root")?,
        network,
        height: height.0,
        block_hash: exactly(block_hash, "a block's hash")?,
        holdings: exactly(&holdings, "a digest of holdings")?,
    };
    let assets = assets
        .into_iter()
        .map(|(asset, decimals, root, total, leaves)| {
            let root = exactly(&root, "a root")?;
            Ok(AssetRoot { asset, decimals: decimals.0, root, total: total.0, leaves: leaves.0 })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let root = core::super_root(&head, &assets).map_err(solvency_fault)?;
    Ok(PyBytes::new(py, &root))
}

/// What the vaults' signers sign.
#[pyfunction]
fn ownership_message<'py>(
    py: Python<'py>,
    epoch: EpochOf,
    super_root: PyBackedBytes,
    block_hash: PyBackedBytes,
) -> PyResult<Bound<'py, PyBytes>> {
    let (super_root, block_hash) = (exactly(&super_root, "a super-root")?, exactly(&block_hash, "a block's hash")?);
    Ok(PyBytes::new(py, &core::ownership_message(&epoch_of(&epoch), &super_root, &block_hash)))
}

fn epoch_of((venue, number): &EpochOf) -> Epoch<'_> {
    Epoch { venue, number: number.0 }
}

fn chooser(by_customer: bool) -> Chooser {
    if by_customer { Chooser::Customer } else { Chooser::House }
}

fn fragment_of((index, value, path): &FragmentOf) -> PyResult<core::Fragment> {
    let path = path
        .iter()
        .map(|(hash, value)| Ok(Node { hash: exactly(hash, "a sibling's hash")?, value: value.0 }))
        .collect::<PyResult<Vec<_>>>()?;
    Ok(core::Fragment { index: index.0, value: value.0, path })
}

fn vault_of((name, asset, key, coins): VaultOf) -> PyResult<Vault> {
    let coins = coins
        .iter()
        .map(|(txid, vout, value, (chain, position))| {
            let txid = exactly(txid, "a txid")?;
            Ok(Coin { txid, vout: vout.0, value: value.0, path: (chain.0, position.0) })
        })
        .collect::<PyResult<Vec<_>>>()?;
    Ok(Vault { name, asset, key: exactly(&key, "a group key")?, coins })
}

fn exactly<const N: usize>(bytes: &[u8], what: &str) -> PyResult<[u8; N]> {
    bytes.try_into().map_err(|_| Fault::EpochMalformed.because(format!("{what} has {N} bytes, not {}", bytes.len())))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SumTree>()?;
    module.add_function(wrap_pyfunction!(plant_tree, module)?)?;
    module.add_function(wrap_pyfunction!(customer_salt, module)?)?;
    module.add_function(wrap_pyfunction!(verify_balance, module)?)?;
    module.add_function(wrap_pyfunction!(holdings_digest, module)?)?;
    module.add_function(wrap_pyfunction!(super_root, module)?)?;
    module.add_function(wrap_pyfunction!(ownership_message, module)?)
}
