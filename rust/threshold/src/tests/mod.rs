//! Tests that need what the public names hide: published vectors prescribe nonces and coefficients.

mod vectors;
