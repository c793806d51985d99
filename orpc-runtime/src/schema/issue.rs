//! What is wrong with an input, in the shape of a Standard Schema issue.

use std::collections::HashSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::json::Json;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::value::{KEYWORD, Kind, PathSegment, Reader, Set, Value as TypedValue, to_raw};

/// The longest list of issues; a client can make an input invalid in as many
/// places as its body has bytes.
const MAX_ISSUES: usize = 1_000;

/// The most bytes of the texts and keys in a list of issues, of which each may
/// stand below the longest key that a body holds.
const MAX_BYTES: usize = 1024 * 1024;

/// The most bytes that errors at all places of a value may take: a validator
/// makes all of an array's before it gives the first.
const MAX_ERRORS: usize = 64 * 1024 * 1024;

/// The bytes of an error beside the text of its place.
const ERROR: usize = 512;

/// One failure of an input: `{"message": …, "path": […]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// What is wrong, for people.
    pub message: String,
    /// Where: keys and indexes from the root of the input.
    pub path: Vec<PathSegment>,
}

/// All failures of a value that a schema refuses. `root` is the value as JSON.
pub(super) fn collect_issues<'a, F: Json>(
    validator: &'a Validator<F>,
    node: F::Node<'a>,
    root: &Value,
    undefined: bool,
) -> Vec<Issue> {
    if !errors_fit(root, 0, &mut { MAX_ERRORS }) {
        let message = "Invalid input: too large to say what is wrong".to_owned();
        return vec![Issue { message, path: Vec::new() }];
    }
    let mut found = Found {
        root,
        undefined,
        issues: Vec::new(),
        of_wrong_kind: HashSet::new(),
        bounds: Bounds::default(),
    };
    for error in validator.iter_errors(node) {
        found.report(&error);
        if found.bounds.are_passed {
            break;
        }
    }
    let Found { mut issues, of_wrong_kind, bounds, .. } = found;
    // A value of the wrong kind is that and nothing else: what is wrong with its
    // JSON form and its parts says nothing more.
    issues.retain(|(issue, is_kind)| {
        let within = if *is_kind { issue.path.len() } else { issue.path.len() + 1 };
        of_wrong_kind.is_empty()
            || !(0..within).any(|length| of_wrong_kind.contains(&issue.path[..length]))
    });
    bounds.close(issues.into_iter().map(|(issue, _)| issue).collect())
}

/// Whether errors at a value and at all of its parts take no more than what is
/// left of so many bytes. `place` is the length of the text of its place.
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

/// Those of dates that are read differently by time zone and engine.
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

/// How long a list of issues may become.
#[derive(Default)]
struct Bounds {
    issues: usize,
    bytes: usize,
    are_passed: bool,
}

impl Bounds {
    /// Whether one more issue may be in the list, as the first always may.
    fn admit(&mut self, issue: &Issue) -> bool {
        let key_length = |segment: &PathSegment| match segment {
            PathSegment::Key(key) => key.len(),
            PathSegment::Index(_) => 0,
        };
        self.issues += 1;
        self.bytes += issue.message.len() + issue.path.iter().map(key_length).sum::<usize>();
        self.are_passed = self.issues > MAX_ISSUES || (self.issues > 1 && self.bytes > MAX_BYTES);
        !self.are_passed
    }

    /// The list, with a word of what is left out.
    fn close(&self, mut issues: Vec<Issue>) -> Vec<Issue> {
        if self.are_passed {
            let admitted = self.issues - 1;
            let message = format!("More than {admitted} issues, the rest is left out");
            issues.push(Issue { message, path: Vec::new() });
        }
        issues
    }
}

/// The failure of a value that the schema accepts and the type does not.
pub(super) fn deserialisation_issue<T: DeserializeOwned>(value: Value) -> Issue {
    issue_of(serde_path_to_error::deserialize::<_, T>(value))
}

/// The same of a value with types.
pub(super) fn deserialisation_issue_of<T: DeserializeOwned>(
    reader: Reader<'_>,
    value: &TypedValue,
) -> Issue {
    let mut issue = issue_of(serde_path_to_error::deserialize::<_, T>(reader));
    // A type of plain JSON that takes anything, but no type beyond that.
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

fn issue_of<T, E: std::fmt::Display>(result: Result<T, serde_path_to_error::Error<E>>) -> Issue {
    use serde_path_to_error::Segment;

    let error = match result {
        Err(error) => error,
        // Only a `Deserialize` that does not decide by its input gets here.
        Ok(_) => return Issue { message: "Invalid input".to_owned(), path: Vec::new() },
    };
    let path = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(PathSegment::Index(*index)),
            // The tag of a special value is no member.
            Segment::Map { key } if Kind::of_tag(key).is_some() => None,
            Segment::Map { key } => Some(PathSegment::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    Issue { message: format!("Invalid input: {}", error.inner()), path }
}

/// What was found in a value so far.
struct Found<'a> {
    root: &'a Value,
    undefined: bool,
    /// Each with whether it is of the value's kind.
    issues: Vec<(Issue, bool)>,
    /// The places of values of the wrong kind.
    of_wrong_kind: HashSet<Vec<PathSegment>>,
    bounds: Bounds,
}

impl Found<'_> {
    fn report(&mut self, error: &ValidationError<'_>) {
        if self.bounds.are_passed {
            return;
        }
        let mut path = path_of(error, self.root);
        match error.kind() {
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                if let Some(branch) = meant_branch(context, path.len()) {
                    for error in branch {
                        self.report(error);
                    }
                    return;
                }
            }
            ValidationErrorKind::Required { property: Value::String(name) } => {
                path.push(PathSegment::Key(name.clone()));
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                if let Value::String(name) = inner.instance().as_ref() {
                    path.push(PathSegment::Key(name.clone()));
                }
                self.add(Issue { message: message(inner, false), path }, false);
                return;
            }
            _ => {}
        }
        let is_kind = is_of_wrong_kind(error);
        if is_kind && !self.of_wrong_kind.insert(path.clone()) {
            return;
        }
        let undefined = self.undefined && path.is_empty();
        let issue = Issue { message: message(error, undefined), path };
        // Two keywords may have the same to say.
        if self.issues.last().is_none_or(|(last, _)| *last != issue) {
            self.add(issue, is_kind);
        }
    }

    fn add(&mut self, issue: Issue, is_kind: bool) {
        if self.bounds.admit(&issue) {
            self.issues.push((issue, is_kind));
        }
    }
}

fn is_of_wrong_kind(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Custom { keyword, .. } if keyword == KEYWORD)
}

/// The place of an error. A location is text in which the key `"0"` and the
/// index 0 look alike, so the value itself is asked which one it is.
fn path_of(error: &ValidationError<'_>, root: &Value) -> Vec<PathSegment> {
    let mut container = Some(root);
    error
        .instance_path()
        .segments()
        .map(|segment| match (segment, container) {
            (LocationSegment::Index(index), Some(Value::Array(items))) => {
                container = items.get(index);
                PathSegment::Index(index)
            }
            (segment, _) => {
                let key = segment.to_string();
                container = container.and_then(|object| object.get(&key));
                PathSegment::Key(key)
            }
        })
        .collect()
}

/// The one branch of a union that the value was meant for: the only one that
/// does not already refuse its kind or its tag. `depth` is the union's own.
fn meant_branch<'a>(
    branches: &'a [Vec<ValidationError<'static>>],
    depth: usize,
) -> Option<&'a [ValidationError<'static>]> {
    let of_another_kind = |error: &ValidationError<'_>| {
        let below = error.instance_path().segments().count().saturating_sub(depth);
        match error.kind() {
            ValidationErrorKind::Type { .. } => below == 0,
            ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => below <= 1,
            _ => below == 0 && is_of_wrong_kind(error),
        }
    };
    let mut candidates = branches.iter().filter(|errors| !errors.iter().any(of_another_kind));
    match (candidates.next(), candidates.next()) {
        (Some(branch), None) => Some(branch),
        _ => None,
    }
}

fn message(error: &ValidationError<'_>, undefined: bool) -> String {
    use ValidationErrorKind as Kind;

    let instance = error.instance();
    match error.kind() {
        Kind::Required { .. } => "Invalid input: required, received undefined".to_owned(),
        Kind::Type { kind } => {
            let received = if undefined { "undefined" } else { kind_of(instance) };
            format!("Invalid input: expected {}, received {received}", expected(kind))
        }
        Kind::MinLength { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "character"))
        }
        Kind::MaxLength { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "character"))
        }
        Kind::MinItems { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "item"))
        }
        Kind::MaxItems { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "item"))
        }
        Kind::MinProperties { limit } => {
            format!("Too small: expected at least {}", counted(*limit, "member"))
        }
        Kind::MaxProperties { limit } => {
            format!("Too big: expected at most {}", counted(*limit, "member"))
        }
        Kind::Minimum { limit } => format!("Too small: expected a number >= {}", text(limit)),
        Kind::ExclusiveMinimum { limit } => {
            format!("Too small: expected a number > {}", text(limit))
        }
        Kind::Maximum { limit } => format!("Too big: expected a number <= {}", text(limit)),
        Kind::ExclusiveMaximum { limit } => format!("Too big: expected a number < {}", text(limit)),
        Kind::MultipleOf { multiple_of } => {
            format!("Invalid number: expected a multiple of {multiple_of}")
        }
        Kind::Pattern { pattern } => format!("Invalid string: must match {pattern}"),
        Kind::Format { format } => format!("Invalid string: must be of the format {format}"),
        Kind::Constant { expected_value } => format!("Invalid input: expected {expected_value}"),
        Kind::Enum { options } => match options.as_array() {
            Some(options) => {
                let options: Vec<_> = options.iter().map(Value::to_string).collect();
                format!("Invalid input: expected one of {}", options.join(", "))
            }
            None => format!("Invalid input: expected {options}"),
        },
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("Unrecognized members: {}", unexpected.join(", "))
        }
        Kind::UniqueItems => "Invalid input: expected items that differ".to_owned(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            if undefined {
                "Invalid input: required, received undefined".to_owned()
            } else {
                "Invalid input: matches none of the allowed shapes".to_owned()
            }
        }
        Kind::OneOfMultipleValid { .. } => {
            "Invalid input: matches more than one of the allowed shapes".to_owned()
        }
        Kind::Custom { message, .. } => message.clone(),
        other => format!("Invalid input: refused by `{}`", other.keyword()),
    }
}

/// A value as JavaScript writes it.
fn text(value: &Value) -> String {
    to_raw(value).map_or_else(|_| value.to_string(), |raw| raw.get().to_owned())
}

fn counted(limit: u64, noun: &str) -> String {
    if limit == 1 { format!("1 {noun}") } else { format!("{limit} {noun}s") }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

/// The kind of a value, in JavaScript's words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number with a fraction",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
