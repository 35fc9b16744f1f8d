//! The crate by its public names.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod committees;
mod objects;
mod rounds;
