//! The wire protocols, byte for byte.

mod vectors;
