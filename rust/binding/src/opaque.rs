//! Secrets that one step consumes, as Python sees them: a handle that is empty after its first use.

use std::sync::Mutex;

/// A value that is taken once. Two threads racing for it: one gets it.
pub struct Once<T>(Mutex<Option<T>>);

impl<T> Once<T> {
    pub fn new(secret: T) -> Self {
        Self(Mutex::new(Some(secret)))
    }

    /// The secret, the first time only. A lock poisoned by a panic counts as used.
    pub fn take(&self) -> Option<T> {
        self.0.lock().ok().and_then(|mut secret| secret.take())
    }
}

/// A Python class around [`Once`] that shows nothing and cannot be copied.
macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident($secret:ty)) => {
        $(#[$doc])*
        #[pyo3::pyclass(frozen, module = "holdfast._core")]
        pub struct $name(pub $crate::opaque::Once<$secret>);

        #[pyo3::pymethods]
        impl $name {
            fn __repr__(&self) -> &'static str {
                concat!("<", stringify!($name), " redacted>")
            }

            fn __reduce_ex__(&self, _protocol: &pyo3::Bound<'_, pyo3::PyAny>) -> pyo3::PyResult<()> {
                Err($crate::shares::no_copies(stringify!($name)))
            }

            fn __copy__(&self) -> pyo3::PyResult<()> {
                Err($crate::shares::no_copies(stringify!($name)))
            }

            fn __deepcopy__(&self, _memo: &pyo3::Bound<'_, pyo3::PyAny>) -> pyo3::PyResult<()> {
                Err($crate::shares::no_copies(stringify!($name)))
            }
        }
    };
}

pub(crate) use opaque;
