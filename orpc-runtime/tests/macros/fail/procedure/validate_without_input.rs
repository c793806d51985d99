use orpc_runtime::Issue;
use orpc_runtime::prelude::*;

fn check(_: &()) -> Vec<Issue> {
    Vec::new()
}

#[procedure(validate = check)]
pub async fn ping() {}

#[procedure(validate = "check")]
pub async fn echo(text: String) -> String {
    text
}

fn main() {}
