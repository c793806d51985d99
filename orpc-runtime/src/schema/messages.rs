//! Parts of the messages of issues.

use serde_json::Value;

use crate::value::to_raw;

/// Message of a member, or an input, that is not there.
pub(super) const REQUIRED: &str = "Invalid input: required, received undefined";

/// Formats a number like JavaScript.
pub(super) fn number(value: &Value) -> String {
    to_raw(value).map_or_else(|_| value.to_string(), |raw| raw.get().to_owned())
}

/// Returns a count with its noun.
pub(super) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns the message of a value that is not among the listed ones.
pub(super) fn options<'v>(options: impl Iterator<Item = &'v Value>) -> String {
    let options: Vec<_> = options.map(Value::to_string).collect();
    match options.as_slice() {
        [only] => format!("Invalid input: expected {only}"),
        _ => format!("Invalid input: expected one of {}", options.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::options;

    #[test]
    fn the_only_option_is_named_alone() {
        let (one, other) = (json!("a"), json!(2));
        assert_eq!(options([&one].into_iter()), "Invalid input: expected \"a\"");
        let both = options([&one, &other].into_iter());
        assert_eq!(both, "Invalid input: expected one of \"a\", 2");
    }
}
