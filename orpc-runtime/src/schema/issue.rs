//! What is wrong with an input, in the shape of a Standard Schema issue.

use std::collections::{HashMap, HashSet};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::value::{Mark, PathSegment, to_raw};

/// The longest list of issues; a client can make an input invalid in as many
/// places as its body has bytes.
const MAX_ISSUES: usize = 1_000;

/// One failure of an input: `{"message": …, "path": […]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// What is wrong, for people.
    pub message: String,
    /// Where: keys and indexes from the root of the input.
    pub path: Vec<PathSegment>,
}

/// All failures of a value that a schema refuses.
pub(super) fn collect_issues(validator: &Validator, value: &Value, undefined: bool) -> Vec<Issue> {
    let mut issues = Vec::new();
    for error in validator.iter_errors(value) {
        report(&error, value, undefined, &mut issues);
        if issues.len() >= MAX_ISSUES {
            issues.truncate(MAX_ISSUES);
            issues.push(Issue {
                message: format!("More than {MAX_ISSUES} issues, the rest is left out"),
                path: Vec::new(),
            });
            break;
        }
    }
    issues
}

/// All failures of a value that holds things which JSON has no type for. Such a
/// thing is no string, number or object: only a schema that takes anything takes
/// it. So each is tried as two JSON types, which nothing else takes both.
pub(super) fn collect_marked_issues(
    validator: &Validator,
    value: &Value,
    marks: &[Mark],
) -> Vec<Issue> {
    let kinds: HashMap<&[PathSegment], &str> =
        marks.iter().map(|mark| (mark.path.as_slice(), mark.kind)).collect();
    let mut seen = HashSet::new();
    let mut issues = Vec::new();
    for stand_in in [Value::Bool(true), Value::Object(serde_json::Map::new())] {
        for issue in collect_issues(validator, &replaced(value, marks, &stand_in), false) {
            // What is wrong with a stand-in is said once, of the thing itself.
            let mark = (0..=issue.path.len())
                .map(|length| &issue.path[..length])
                .find_map(|path| kinds.get_key_value(path));
            let issue = match mark {
                Some((path, kind)) => Issue {
                    message: format!("Invalid input: expected a JSON value, received {kind}"),
                    path: path.to_vec(),
                },
                None => issue,
            };
            if seen.insert((issue.path.clone(), issue.message.clone())) {
                issues.push(issue);
            }
        }
    }
    issues
}

/// The value with something else at each mark.
fn replaced(value: &Value, marks: &[Mark], stand_in: &Value) -> Value {
    let mut value = value.clone();
    for mark in marks {
        let target = mark.path.iter().try_fold(&mut value, |container, segment| match segment {
            PathSegment::Key(key) => container.get_mut(key),
            PathSegment::Index(index) => container.get_mut(index),
        });
        if let Some(target) = target {
            *target = stand_in.clone();
        }
    }
    value
}

/// The failure of a value that the schema accepts and the type does not.
pub(super) fn deserialisation_issue<T: DeserializeOwned>(value: &Value) -> Issue {
    use serde_path_to_error::Segment;

    let error = match serde_path_to_error::deserialize::<_, T>(value) {
        Err(error) => error,
        // Only a `Deserialize` that does not decide by its input gets here.
        Ok(_) => return Issue { message: "Invalid input".to_owned(), path: Vec::new() },
    };
    let path = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(PathSegment::Index(*index)),
            Segment::Map { key } => Some(PathSegment::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    Issue { message: format!("Invalid input: {}", error.inner()), path }
}

fn report(error: &ValidationError<'_>, root: &Value, undefined: bool, issues: &mut Vec<Issue>) {
    let mut path = path_of(error, root);
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            if let Some(branch) = meant_branch(context, path.len()) {
                for error in branch {
                    report(error, root, undefined, issues);
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
            issues.push(Issue { message: message(inner, false), path });
            return;
        }
        _ => {}
    }
    let undefined = undefined && path.is_empty();
    issues.push(Issue { message: message(error, undefined), path });
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
            _ => false,
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
fn kind_of(value: &Value) -> &'static str {
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
