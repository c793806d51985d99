//! Tests of the procedures, by clients in the same process.

mod account;
mod attachments;
mod board;
mod comments;
mod issues;
mod people;
mod world;
