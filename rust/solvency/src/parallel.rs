//! Mapping a slice on all cores.

use std::num::NonZero;
use std::thread;

/// Below this, starting threads costs more than it saves.
const WORTH_IT: usize = 4_096;

/// `each` of every item, in order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 || items.len() < WORTH_IT {
        return items.iter().map(each).collect();
    }
    let each = &each;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(cores));
        let workers: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(each).collect::<Vec<R>>())).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
            .collect()
    })
}
