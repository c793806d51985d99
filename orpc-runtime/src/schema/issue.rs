//! Issues of an input, in the format of Standard Schema.

use serde::Serialize;
use serde_json::Value;

use super::instance::Instance;
use super::issue_tree::IssueTree;
use super::walk::Walk;
use crate::value::{Kind, PathSegment, ReadError, Set, Value as TypedValue};

/// Maximum number of issues; a client can make an input invalid in as many places as
/// its body has bytes.
const MAX_ISSUES: usize = 1_000;

/// Maximum bytes of the texts and keys in a list of issues: each issue may be below the
/// longest key that a body can contain.
const MAX_BYTES: usize = 1024 * 1024;

/// Maximum bytes of the errors at all places of a value.
const MAX_ERRORS: usize = 64 * 1024 * 1024;

/// Bytes of an error beside the text of its path.
const ERROR: usize = 512;

/// One failure of an input: `{"message": …, "path": […]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Issue {
    /// Message for people.
    pub message: String,
    /// Path of the value: keys and indexes from the root of the input.
    pub path: Vec<PathSegment>,
}

impl Issue {
    /// Creates an issue of the whole input; [`at`](Self::at) names a part of it.
    ///
    /// ```
    /// use orpc_runtime::Issue;
    /// use orpc_runtime::prelude::*;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// pub struct Booking {
    ///     first_night: u32,
    ///     last_night: u32,
    /// }
    ///
    /// fn in_order(booking: &Booking) -> Result<(), Issue> {
    ///     if booking.first_night <= booking.last_night {
    ///         return Ok(());
    ///     }
    ///     Err(Issue::new("Must not be before the first night").at("last_night"))
    /// }
    ///
    /// #[procedure(validate = in_order)]
    /// pub async fn book(booking: Booking) -> u32 {
    ///     booking.last_night - booking.first_night + 1
    /// }
    /// ```
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), path: Vec::new() }
    }

    /// Appends a name, as clients write it, or an index to the path.
    #[must_use]
    pub fn at(mut self, segment: impl Into<PathSegment>) -> Self {
        self.path.push(segment.into());
        self
    }
}

/// Result of a function that checks a decoded input.
#[diagnostic::on_unimplemented(
    message = "return `Result<(), Issue>`, `Result<(), Vec<Issue>>` or `Vec<Issue>` from the function in `validate = …`: `{Self}` has no issues",
    label = "not a result of a check"
)]
pub trait IntoIssues {
    /// Returns the issues; none if the input is valid.
    fn into_issues(self) -> Vec<Issue>;
}

impl IntoIssues for Vec<Issue> {
    fn into_issues(self) -> Vec<Issue> {
        self
    }
}

impl IntoIssues for Result<(), Issue> {
    fn into_issues(self) -> Vec<Issue> {
        self.err().into_iter().collect()
    }
}

impl IntoIssues for Result<(), Vec<Issue>> {
    fn into_issues(self) -> Vec<Issue> {
        self.err().unwrap_or_default()
    }
}

/// Collects the issues of a value that a schema refuses. `root` is the value as JSON.
pub(super) fn collect_issues(
    tree: &IssueTree,
    value: Instance<'_>,
    root: &Value,
    undefined: bool,
) -> Vec<Issue> {
    if !errors_fit(root, 0, &mut { MAX_ERRORS }) {
        let message = "Invalid input: too large to say what is wrong".to_owned();
        return vec![Issue { message, path: Vec::new() }];
    }
    Walk::issues(tree, value, undefined)
}

/// Returns `true` if errors at a value and at all of its parts take at most `left`
/// bytes. `place` is the length of the text of its path.
fn errors_fit(value: &Value, place: usize, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(ERROR + place) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| errors_fit(item, place + 8, left)),
        Value::Object(members) => {
            members.iter().all(|(name, member)| errors_fit(member, place + name.len() + 1, left))
        }
        _ => true,
    }
}

/// Creates the issues of dates that are parsed differently by time zone and engine.
pub(super) fn date_issues(places: Vec<Vec<PathSegment>>) -> Vec<Issue> {
    let mut bounds = Bounds::default();
    let mut issues = Vec::new();
    for path in places {
        let message = "Invalid date: expected ISO 8601 form with a time zone".to_owned();
        let issue = Issue { message, path };
        if !bounds.admit(&issue) {
            break;
        }
        issues.push(issue);
    }
    bounds.close(issues)
}

/// Remaining size of a list of issues.
#[derive(Default)]
pub(super) struct Bounds {
    issues: usize,
    bytes: usize,
    pub(super) are_passed: bool,
}

impl Bounds {
    /// Returns `true` if one more issue fits into the list. The first one always does.
    pub(super) fn admit(&mut self, issue: &Issue) -> bool {
        let key_length = |segment: &PathSegment| match segment {
            PathSegment::Key(key) => key.len(),
            PathSegment::Index(_) => 0,
        };
        self.issues += 1;
        self.bytes += issue.message.len() + issue.path.iter().map(key_length).sum::<usize>();
        self.are_passed = self.issues > MAX_ISSUES || (self.issues > 1 && self.bytes > MAX_BYTES);
        !self.are_passed
    }

    /// Adds an issue about omitted issues, if there are any.
    pub(super) fn close(&self, mut issues: Vec<Issue>) -> Vec<Issue> {
        if self.are_passed {
            let admitted = self.issues - 1;
            let message = format!("More than {admitted} issues, the rest is left out");
            issues.push(Issue { message, path: Vec::new() });
        }
        issues
    }
}

/// Returns the issue of a value that the schema accepts and the type refuses.
pub(super) fn deserialisation_issue(
    error: &ReadError,
    path: Vec<PathSegment>,
    value: &TypedValue,
) -> Issue {
    let mut issue = Issue { message: format!("Invalid input: {error}"), path };
    // A type that accepts any plain JSON, but no other types.
    if let Some(kind) = value_at(value, &issue.path).and_then(TypedValue::kind)
        && (issue.message.contains("byte array")
            || matches!(kind, Kind::Custom(_)) && issue.message.contains("invalid type: map"))
    {
        issue.message = format!("Invalid input: expected a JSON value, received {}", kind.name());
    }
    issue
}

fn value_at<'v>(value: &'v TypedValue, path: &[PathSegment]) -> Option<&'v TypedValue> {
    path.iter().try_fold(value, |value, segment| match (value, segment) {
        (TypedValue::Object(members), PathSegment::Key(name)) => members.get(name),
        (TypedValue::Array(items) | TypedValue::Set(Set(items)), PathSegment::Index(index)) => {
            items.get(*index)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_returns_its_issues_in_one_of_three_forms() {
        let issue = || Issue::new("Too early");
        let messages = |issues: Vec<Issue>| -> Vec<String> {
            issues.into_iter().map(|issue| issue.message).collect()
        };
        assert_eq!(messages(vec![issue(), issue()].into_issues()), ["Too early"; 2]);
        assert_eq!(messages(Err::<(), _>(issue()).into_issues()), ["Too early"]);
        assert_eq!(messages(Err::<(), _>(vec![issue(), issue()]).into_issues()), ["Too early"; 2]);
        assert!(Ok::<(), Issue>(()).into_issues().is_empty());
        assert!(Ok::<(), Vec<Issue>>(()).into_issues().is_empty());
    }

    /// Returns the least memory in which the errors of a value fit.
    fn memory(value: &Value) -> usize {
        let fits = |limit: &usize| errors_fit(value, 0, &mut { *limit });
        (0..10_000).find(fits).unwrap()
    }

    #[test]
    fn errors_take_memory_at_each_place_and_for_its_path() {
        use serde_json::json;

        assert_eq!(memory(&json!(1)), 512);
        assert_eq!(memory(&json!([1, 2])), 512 + 2 * (512 + 8));
        assert_eq!(memory(&json!({ "ab": 1 })), 512 + (512 + 3));
        assert_eq!(memory(&json!({ "ab": { "c": [1] } })), 4 * 512 + 3 + (3 + 2) + (3 + 2 + 8));
        assert_eq!(memory(&json!([[1]])), 3 * 512 + 8 + 16);
    }

    #[test]
    fn a_list_has_a_thousand_issues_and_one_mebibyte() {
        let mut bounds = Bounds::default();
        let issue = Issue::new("");
        assert!((0..MAX_ISSUES).all(|_| bounds.admit(&issue)));
        assert!(bounds.close(Vec::new()).is_empty());
        assert!(!bounds.admit(&issue));
        let [left_out] = bounds.close(Vec::new()).try_into().unwrap();
        assert_eq!(left_out, Issue::new("More than 1000 issues, the rest is left out"));

        // The first one may be longer; messages and keys count, indexes do not.
        let long = |length: usize| Issue::new("").at(3).at("k".repeat(length));
        let mut bounds = Bounds::default();
        assert!(bounds.admit(&long(MAX_BYTES + 1)));
        assert!(!bounds.admit(&issue));
        let mut bounds = Bounds::default();
        assert!(bounds.admit(&Issue::new("abc")) && bounds.admit(&long(MAX_BYTES - 3)));
        assert!(bounds.admit(&Issue::new("").at(7)));
        assert!(!bounds.admit(&Issue::new("a")));
    }

    #[test]
    fn dates_have_an_issue_each_within_the_bounds() {
        let place = |index: usize| vec![PathSegment::Index(index)];
        let issues = date_issues((0..MAX_ISSUES).map(place).collect());
        assert_eq!((issues.len(), &issues[7].path), (MAX_ISSUES, &place(7)));
        let issues = date_issues((0..MAX_ISSUES + 5).map(place).collect());
        assert_eq!(issues.len(), MAX_ISSUES + 1);
        assert_eq!(issues[MAX_ISSUES].message, "More than 1000 issues, the rest is left out");
    }
}
