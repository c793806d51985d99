//! The macros: messages for mistakes, accepted forms, generated code at run time.

mod cases;
mod compile_fail;
mod docs;
mod failures;
mod generated;
