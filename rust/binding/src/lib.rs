//! `holdfast._core`: the Rust crates as one Python module, documented for Python in `src/holdfast/_core.pyi`.
//!
//! Nothing is decided here. Values are converted, faults become Python exceptions, and the interpreter's lock is
//! released around anything slow. Layers above import it through `holdfast.keys`, `holdfast.chains`,
//! `holdfast.authority`, `holdfast.reserves` and `holdfast.risk`.

mod address;
mod bounded;
mod errors;
mod generation;
mod opaque;
mod risk;
mod shares;
mod signing;
mod solvency;
mod transaction;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::register(module)?;
    address::register(module)?;
    transaction::register(module)?;
    shares::register(module)?;
    generation::register(module)?;
    signing::register(module)?;
    solvency::register(module)?;
    risk::register(module)
}
