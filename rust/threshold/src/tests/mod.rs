//! Tests that need what the public names hide: published vectors prescribe nonces and coefficients, and only a
//! holder of the data key could seal a wrong share.

mod shares;
mod vectors;
