//! Keywords of our own: the kind of a value, and the range of a date.

use jsonschema::json::{Json, JsonNumber as _, Node as _, Object as _};
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::messages::kind_of;
use super::node::Kinds;
use crate::value::{CODE_KEYWORD, Date, Kind};

/// Bounds of a date.
pub(super) const DATE_RANGE: [&str; 4] =
    ["formatMinimum", "formatMaximum", "formatExclusiveMinimum", "formatExclusiveMaximum"];

/// Keyword for members with several names.
pub(super) const NAMES: &str = "x-names";

/// The largest integer that is exact and has no neighbour that is rounded to it.
pub(crate) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A check of one value.
trait Check: Send + Sync {
    /// Returns the fault of the value, if there is one.
    fn fault<F: Kinds>(&self, node: &F::Node<'_>) -> Option<String>;
}

struct Checked<C>(C);

impl<'i, F: Kinds, C: Check> Keyword<'i, F> for Checked<C> {
    fn validate(&self, node: F::Node<'i>) -> Result<(), ValidationError<'i>> {
        match self.0.fault::<F>(&node) {
            Some(fault) => Err(ValidationError::custom(fault)),
            None => Ok(()),
        }
    }

    fn is_valid(&self, node: F::Node<'i>) -> bool {
        self.0.fault::<F>(&node).is_none()
    }
}

type Compiled<'a, F> = Result<Box<dyn for<'i> Keyword<'i, F>>, ValidationError<'a>>;

/// Kinds that a place accepts.
struct NativeType {
    accepts: Accepts,
    /// Plain null is accepted as well.
    nullable: bool,
    expected: String,
    /// An invalid date is refused.
    is_valid_date: bool,
}

enum Accepts {
    /// Plain JSON.
    Json,
    /// An integer of 64 or 128 bits, as a bigint or as a number that is exact.
    Integer,
    /// A number that may be NaN.
    Number,
    Kind(Kind),
    /// A keyword of another vocabulary.
    Anything,
}

/// The value of the keyword for a place of plain JSON.
pub(super) const JSON: &str = "json";
/// The value of the keyword for an integer of 64 or 128 bits.
pub(super) const INTEGER: &str = "integer";

/// Compiles `x-native-type`.
pub(super) fn native_type<'a, F: Kinds>(
    schema: &'a Map<String, Value>,
    keyword: &'a Value,
    _: Location,
) -> Compiled<'a, F> {
    let accepts = accepts(schema, keyword);
    let expected = match &accepts {
        Accepts::Kind(kind) => kind.name().to_owned(),
        Accepts::Integer => "an exact integer".to_owned(),
        Accepts::Json | Accepts::Number | Accepts::Anything => type_names(schema),
    };
    let undefined = matches!(accepts, Accepts::Kind(Kind::Undefined));
    let nullable = !undefined && type_list(schema).any(|name| name == "null");
    let is_valid_date = matches!(accepts, Accepts::Kind(Kind::Date)) && !may_be_invalid(schema);
    Ok(Box::new(Checked(NativeType { accepts, nullable, expected, is_valid_date })))
}

/// Returns whether a date may be the invalid one.
fn may_be_invalid(schema: &Map<String, Value>) -> bool {
    schema.get("x-invalid-date") == Some(&Value::Bool(true))
}

fn accepts(schema: &Map<String, Value>, keyword: &Value) -> Accepts {
    Accepts::Kind(match keyword.as_str() {
        Some(JSON) => return Accepts::Json,
        Some(INTEGER) => return Accepts::Integer,
        Some("number") => return Accepts::Number,
        Some("bigint") => Kind::BigInt,
        Some("date") => Kind::Date,
        Some("undefined") => Kind::Undefined,
        Some("url") => Kind::Url,
        Some("regexp") => Kind::RegExp,
        Some("set") => Kind::Set,
        Some("map") => Kind::Map,
        Some("file") => Kind::File,
        Some("custom") => {
            let code = schema.get(CODE_KEYWORD).and_then(Value::as_u64);
            match code.and_then(|code| u32::try_from(code).ok()) {
                Some(code) => Kind::Custom(code),
                None => return Accepts::Anything,
            }
        }
        _ => return Accepts::Anything,
    })
}

fn type_list(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let types = schema.get("type");
    let one = types.and_then(Value::as_str);
    let many = types.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many)
}

fn type_names(schema: &Map<String, Value>) -> String {
    let names: Vec<_> = type_list(schema).collect();
    if names.is_empty() { "a JSON value".to_owned() } else { names.join(" or ") }
}

impl Check for NativeType {
    fn fault<F: Kinds>(&self, node: &F::Node<'_>) -> Option<String> {
        let kind = F::kind(node);
        if self.fits::<F>(node, kind) {
            let is_invalid =
                self.is_valid_date && F::date(node).is_some_and(|date| date.millis().is_none());
            return is_invalid.then(|| INVALID_DATE.to_owned());
        }
        // The form of a user-defined type is described as well.
        if F::form_kind(node).is_some_and(|kind| self.fits::<F>(node, kind)) {
            return None;
        }
        if let (Accepts::Integer, None) = (&self.accepts, kind) {
            return Some(
                "Invalid input: expected bigint beyond 2^53 - 1, received number".to_owned(),
            );
        }
        let received = kind.map_or_else(|| kind_of(&node.to_value()), Kind::name);
        Some(format!("Invalid input: expected {}, received {received}", self.expected))
    }
}

impl NativeType {
    fn fits<F: Kinds>(&self, node: &F::Node<'_>, kind: Option<Kind>) -> bool {
        match (&self.accepts, kind) {
            (Accepts::Anything, _)
            | (Accepts::Json | Accepts::Number, None | Some(Kind::Undefined))
            | (Accepts::Number, Some(Kind::Nan))
            | (Accepts::Integer, Some(Kind::BigInt | Kind::Undefined)) => true,
            (Accepts::Integer, None) => node
                .as_number()
                .and_then(|number| number.as_f64())
                .is_none_or(|number| number.abs() <= MAX_SAFE_INTEGER || number.fract() != 0.0),
            (Accepts::Kind(wanted), _) => {
                kind == Some(*wanted) || (self.nullable && node.is_null())
            }
            _ => false,
        }
    }
}

const INVALID_DATE: &str = "Invalid input: expected Date, received Invalid Date";

/// A bound of a date.
struct DateBound {
    keyword: &'static str,
    limit: Date,
    /// The invalid date is refused only here.
    may_be_invalid: bool,
}

/// Compiles a bound of a date.
pub(super) fn date_bound<'a, F: Kinds>(
    keyword: &'static str,
    schema: &Map<String, Value>,
    limit: &'a Value,
) -> Compiled<'a, F> {
    let may_be_invalid = may_be_invalid(schema);
    match limit.as_str().map(str::parse) {
        Some(Ok(limit)) => Ok(Box::new(Checked(DateBound { keyword, limit, may_be_invalid }))),
        _ => Err(ValidationError::custom(format!("`{keyword}` must be a date in ISO 8601 form"))),
    }
}

impl Check for DateBound {
    fn fault<F: Kinds>(&self, node: &F::Node<'_>) -> Option<String> {
        let date = F::date(node)?;
        let Some(millis) = date.millis() else {
            return self.may_be_invalid.then(|| INVALID_DATE.to_owned());
        };
        let limit = self.limit.millis()?;
        let (fits, fault, relation) = match self.keyword {
            "formatMinimum" => (millis >= limit, "Too small", ">="),
            "formatMaximum" => (millis <= limit, "Too big", "<="),
            "formatExclusiveMinimum" => (millis > limit, "Too small", ">"),
            _ => (millis < limit, "Too big", "<"),
        };
        (!fits).then(|| format!("{fault}: expected a Date {relation} {}", self.limit))
    }
}

/// Members with several names, of which an object may have one each.
struct Names<F: Json>(Vec<OneName<F>>);

struct OneName<F: Json> {
    /// Name in the type.
    name: String,
    /// All names, as the representation looks them up.
    keys: Vec<F::PreparedKey>,
    is_required: bool,
}

/// Compiles `x-names`.
pub(super) fn names<'a, F: Kinds>(
    _: &'a Map<String, Value>,
    keyword: &'a Value,
    _: Location,
) -> Compiled<'a, F> {
    let one = |group: &Value| {
        let name = group.get("name")?.as_str()?.to_owned();
        let aliases = group.get("aliases")?.as_array()?.iter().filter_map(Value::as_str);
        let keys = std::iter::once(name.as_str()).chain(aliases).map(F::prepare_key).collect();
        Some(OneName { keys, is_required: group.get("required")?.as_bool()?, name })
    };
    let groups = keyword.as_array().into_iter().flatten().filter_map(one).collect();
    Ok(Box::new(Names::<F>(groups)))
}

impl<F: Kinds> Names<F> {
    /// Returns the name of a missing or duplicate member, with the fault.
    fn fault(&self, node: &F::Node<'_>) -> Option<(&str, &'static str)> {
        let object = node.as_object()?;
        self.0.iter().find_map(|one| {
            let count = one.keys.iter().filter(|key| object.get(key).is_some()).count();
            let fault = match count {
                0 if one.is_required => "Invalid input: required, received undefined",
                0 | 1 => return None,
                _ => "Invalid input: given twice, by this name and by an alias of it",
            };
            Some((one.name.as_str(), fault))
        })
    }
}

impl<'i, F: Kinds> Keyword<'i, F> for Names<F> {
    fn validate(&self, node: F::Node<'i>) -> Result<(), ValidationError<'i>> {
        match Names::fault(self, &node) {
            Some((name, fault)) => Err(ValidationError::custom(format!("{name}\n{fault}"))),
            None => Ok(()),
        }
    }

    fn is_valid(&self, node: F::Node<'i>) -> bool {
        Names::fault(self, &node).is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compile::compile_part;
    use super::super::node::{Typed, TypedNode};
    use super::*;
    use crate::value::{KEYWORD, Map, RegExp, Set, Value};

    fn accepts(schema: &serde_json::Value, value: &Value) -> bool {
        compile_part::<Typed>(schema).unwrap().is_valid(TypedNode::Value(value))
    }

    #[test]
    fn a_kind_accepts_its_own_values_and_no_others() {
        let date: Date = "2020-01-01T00:00:00Z".parse().unwrap();
        let values = [
            ("bigint", Value::BigInt(7_u64.into())),
            ("date", Value::Date(date)),
            ("undefined", Value::Undefined),
            ("url", Value::Url("https://example.com/".parse().unwrap())),
            ("regexp", Value::RegExp(RegExp::new("a", "").unwrap())),
            ("set", Value::Set(Set(vec![]))),
            ("map", Value::Map(Map(vec![]))),
        ];
        let plain = [json!(null), json!(7), json!("a"), json!([]), json!({})].map(Value::from);
        for (kind, _) in &values {
            let schema = json!({ KEYWORD: kind });
            for (other, value) in &values {
                assert_eq!(accepts(&schema, value), kind == other, "{kind} {other}");
            }
            for value in &plain {
                assert!(!accepts(&schema, value), "{kind} {value:?}");
            }
        }
        for value in values.iter().map(|(_, value)| value).chain(&plain) {
            assert!(accepts(&json!({ KEYWORD: "other" }), value), "{value:?}");
            let is_plain = plain.contains(value) || *value == Value::Undefined;
            assert_eq!(accepts(&json!({ KEYWORD: "json" }), value), is_plain, "{value:?}");
        }
        assert!(!accepts(&json!({ KEYWORD: "file" }), &plain[4]));
        // Null stands beside a kind where it is a type.
        let nullable = |types| json!({ "type": types, KEYWORD: "date" });
        assert!(accepts(&nullable(json!(["string", "null"])), &Value::Null));
        assert!(!accepts(&nullable(json!("string")), &Value::Null));
    }

    #[test]
    fn numbers_are_exact_where_they_stand_for_integers() {
        let (integer, number) = (json!({ KEYWORD: "integer" }), json!({ KEYWORD: "number" }));
        for (value, of_integer, of_number) in [
            (Value::Number(MAX_SAFE_INTEGER), true, true),
            (Value::Number(-MAX_SAFE_INTEGER), true, true),
            (Value::Number(MAX_SAFE_INTEGER + 1.0), false, true),
            (Value::Number(-MAX_SAFE_INTEGER - 1.0), false, true),
            (Value::BigInt(u64::MAX.into()), true, false),
            (Value::Number(f64::NAN), false, true),
        ] {
            assert_eq!(accepts(&integer, &value), of_integer, "{value:?}");
            assert_eq!(accepts(&number, &value), of_number, "{value:?}");
        }
    }

    #[test]
    fn bounds_of_dates_are_inclusive_or_exclusive() {
        let limit = "2020-01-01T00:00:00.000Z";
        for (keyword, before, at, after) in [
            ("formatMinimum", false, true, true),
            ("formatMaximum", true, true, false),
            ("formatExclusiveMinimum", false, false, true),
            ("formatExclusiveMaximum", true, false, false),
        ] {
            let schema = json!({ KEYWORD: "date", keyword: limit });
            for (text, expected) in [
                ("2019-12-31T23:59:59.999Z", before),
                (limit, at),
                ("2020-01-01T00:00:00.001Z", after),
            ] {
                let date = Value::Date(text.parse().unwrap());
                assert_eq!(accepts(&schema, &date), expected, "{keyword} {text}");
            }
        }
        let schema = json!({ "formatMinimum": "yesterday" });
        let refused = compile_part::<Typed>(&schema).err().unwrap().to_string();
        assert!(refused.contains("must be a date in ISO 8601 form"), "{refused}");
    }
}
