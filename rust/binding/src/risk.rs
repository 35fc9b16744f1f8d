//! The risk engine's core for Python: events in packed bytes, rows of parameters in packed bytes, the catalogue.

use std::sync::Mutex;

use holdfast_risk::{self as core, Capacities, EVENT_BYTES, Event, EventFault, KeySecret, Window};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::bounded::Bounded;
use crate::errors::Fault;

/// Identifier, meaning, entity, window, half-life in seconds or 0, unit, value where nothing is known, who could game it.
type Declared = (String, String, &'static str, String, u32, &'static str, &'static str, &'static str);

/// Number and code of each event that was not taken.
type Refused = Vec<(usize, &'static str)>;

/// All states of the risk engine.
#[pyclass(frozen, module = "holdfast._core")]
struct RiskStates {
    engine: Mutex<core::Engine>,
}

#[pymethods]
impl RiskStates {
    #[new]
    fn new(secret: PyBackedBytes, accounts: Bounded<u32>, shards: Bounded<u8>) -> PyResult<Self> {
        let secret: [u8; 16] =
            secret.as_ref().try_into().map_err(|_| Fault::EventMalformed.because("a secret of keys has 16 bytes"))?;
        let capacities = Capacities::for_accounts(accounts.0 as usize);
        let engine = core::Engine::new(KeySecret::new(secret), usize::from(shards.0), &capacities);
        Ok(Self { engine: Mutex::new(engine) })
    }

    /// Take packed events in: packed rows, and the number and code of each event that was not taken.
    fn take<'py>(
        &self,
        py: Python<'py>,
        events: PyBackedBytes,
        latest_us: Bounded<i64>,
    ) -> PyResult<(Bound<'py, PyBytes>, Refused)> {
        if !events.len().is_multiple_of(EVENT_BYTES) {
            return Err(Fault::EventMalformed.because(format!("events are of {EVENT_BYTES} bytes each")));
        }
        let (rows, faults) = py.detach(|| self.taken(&events, latest_us.0))?;
        Ok((PyBytes::new(py, &rows), faults))
    }

    /// Accounts, other entities, and how many had to give way.
    fn held(&self) -> PyResult<(usize, usize, u64)> {
        let held = self.locked()?.held();
        Ok((held.accounts, held.others, held.evicted))
    }

    fn __repr__(&self) -> &'static str {
        "<RiskStates>"
    }
}

impl RiskStates {
    fn locked(&self) -> PyResult<std::sync::MutexGuard<'_, core::Engine>> {
        // A thread that panicked may have left a batch half taken in.
        self.engine.lock().map_err(|_| Fault::CoreError.because("the states are in doubt after a fault"))
    }

    fn taken(&self, events: &[u8], latest_us: i64) -> PyResult<(Vec<u8>, Refused)> {
        let read: Vec<Result<Event, EventFault>> = events.chunks_exact(EVENT_BYTES).map(Event::decode).collect();
        let good: Vec<Event> = read.iter().flatten().cloned().collect();
        let mut rows = Vec::new();
        let told = self.locked()?.take(&good, latest_us, &mut rows);
        let mut taken = rows.chunks_exact(core::WIDTH).zip(told);
        let mut packed = Vec::with_capacity(read.len() * core::WIDTH * size_of::<f32>());
        let mut faults = Vec::new();
        for (number, event) in read.into_iter().enumerate() {
            let outcome = event.and_then(|_| match taken.next() {
                Some((row, Ok(()))) => Ok(row),
                Some((_, Err(fault))) => Err(fault),
                None => Err(EventFault::Length),
            });
            match outcome {
                Ok(row) => packed.extend(row.iter().flat_map(|value| value.to_le_bytes())),
                Err(fault) => {
                    packed.resize(packed.len() + core::WIDTH * size_of::<f32>(), 0);
                    faults.push((number, fault.code()));
                }
            }
        }
        Ok((packed, faults))
    }
}

/// Every parameter that a row has, in its order.
#[pyfunction]
fn risk_parameters() -> Vec<Declared> {
    core::catalogue()
        .into_iter()
        .map(|each| {
            let half_life_s = if let Window::HalfLife(seconds) = each.window { seconds } else { 0 };
            let window = each.window.to_string();
            (each.identifier, each.meaning, each.entity, window, half_life_s, each.unit, each.missing, each.gamed_by)
        })
        .collect()
}

/// The most bytes that the states of so many accounts, and of what they bring with them, take.
#[pyfunction]
fn risk_state_bytes(accounts: Bounded<u32>) -> usize {
    Capacities::for_accounts(accounts.0 as usize).bytes()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RiskStates>()?;
    module.add_function(wrap_pyfunction!(risk_parameters, module)?)?;
    module.add_function(wrap_pyfunction!(risk_state_bytes, module)?)
}
