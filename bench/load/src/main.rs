//! The load generator: one thread, which calls each server in turn and counts the CPU time that it takes.
//!
//! `load table` measures the table, `load growth` the cost as the work grows; see `run`.

mod calls;
mod connection;
mod events;
mod growth;
mod message;
mod options;
mod reader;
mod report;
mod servers;
mod table;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = options::Options::read().and_then(|options| match options.command.as_str() {
        "table" => table::run(&options),
        "growth" => growth::run(&options),
        other => Err(message::error(format!("`{other}`: say `table` or `growth`"))),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
