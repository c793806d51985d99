//! Output of the macros without a compiler: as text, for the names in it, and for
//! half-typed code.

mod editor;
mod expansions;
mod file;
mod hygiene;
