use orpc_runtime::Issue;
use orpc_runtime::prelude::*;

fn of_a_number(_: &u32) -> Result<(), Issue> {
    Ok(())
}

#[procedure(validate = of_a_number)]
pub async fn other_input(text: String) -> String {
    text
}

fn is_short(text: &String) -> bool {
    text.len() < 5
}

#[procedure(validate = is_short)]
pub async fn other_result(text: String) -> String {
    text
}

fn main() {}
