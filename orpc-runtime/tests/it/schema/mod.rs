//! Schemas and the types that they describe.

mod agreement;
mod endless;
