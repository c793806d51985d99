//! What the macros write, looked at without a compiler: as text, for the names
//! in it, and for code that somebody is typing.

mod editor;
mod expansions;
mod file;
mod hygiene;
