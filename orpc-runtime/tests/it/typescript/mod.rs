//! Client types and contracts in TypeScript.

mod build_script;
mod gaps;
mod generated;
