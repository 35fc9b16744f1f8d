//! Integers of a fixed width that refuse, with a stable code, what they cannot hold.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::errors::Fault;

/// An integer argument: Python's own `OverflowError` becomes `NumberOutOfRange`.
#[derive(Debug, Clone, Copy)]
pub struct Bounded<T>(pub T);

impl<'py, T> FromPyObject<'_, 'py> for Bounded<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract::<T>().map(Self).map_err(|fault: PyErr| {
            if fault.is_instance_of::<PyOverflowError>(object.py()) {
                Fault::NumberOutOfRange.because("an integer is negative or too large for its field")
            } else {
                fault
            }
        })
    }
}
