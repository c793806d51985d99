//! Keywords of our own: the kind of a value, and the range of a date.

use serde_json::{Map, Value};

use super::instance::Instance;
use super::messages::REQUIRED;
use super::validator::Exact;
use crate::value::{CODE_KEYWORD, Date, Kind};

/// Bounds of a date.
pub(super) const DATE_RANGE: [&str; 4] =
    ["formatMinimum", "formatMaximum", "formatExclusiveMinimum", "formatExclusiveMaximum"];

/// Keyword for members with several names.
pub(super) const NAMES: &str = "x-names";

/// The largest integer that is exact and has no neighbour that is rounded to it.
pub(crate) const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// `x-native-type`: the kinds that a place accepts.
#[derive(Debug)]
pub(super) struct NativeType {
    accepts: Accepts,
    /// Plain null is accepted as well.
    nullable: bool,
    expected: String,
    /// An invalid date is refused.
    is_valid_date: bool,
}

#[derive(Debug)]
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

impl NativeType {
    /// Compiles the keyword of a schema.
    pub(super) fn of(schema: &Map<String, Value>, keyword: &Value) -> Self {
        let accepts = accepts(schema, keyword);
        let expected = match &accepts {
            Accepts::Kind(kind) => kind.name().to_owned(),
            Accepts::Integer => "an exact integer".to_owned(),
            Accepts::Json | Accepts::Number | Accepts::Anything => type_names(schema),
        };
        let undefined = matches!(accepts, Accepts::Kind(Kind::Undefined));
        let nullable = !undefined && type_list(schema).any(|name| name == "null");
        let is_valid_date = matches!(accepts, Accepts::Kind(Kind::Date)) && !may_be_invalid(schema);
        Self { accepts, nullable, expected, is_valid_date }
    }
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

impl NativeType {
    /// Returns the fault of a value, if it has one.
    pub(super) fn fault(&self, value: Instance<'_>) -> Option<String> {
        let kind = value.kind();
        if self.fits(value, kind) {
            let is_invalid =
                self.is_valid_date && value.date().is_some_and(|date| date.millis().is_none());
            return is_invalid.then(|| INVALID_DATE.to_owned());
        }
        // The form of a user-defined type is described as well.
        if value.form_kind().is_some_and(|kind| self.fits(value, kind)) {
            return None;
        }
        if let (Accepts::Integer, None) = (&self.accepts, kind) {
            return Some(
                "Invalid input: expected bigint beyond 2^53 - 1, received number".to_owned(),
            );
        }
        let received = kind.map_or_else(|| value.type_name(), Kind::name);
        Some(format!("Invalid input: expected {}, received {received}", self.expected))
    }

    fn fits(&self, value: Instance<'_>, kind: Option<Kind>) -> bool {
        match (&self.accepts, kind) {
            (Accepts::Anything, _)
            | (Accepts::Json | Accepts::Number, None | Some(Kind::Undefined))
            | (Accepts::Number, Some(Kind::Nan))
            | (Accepts::Integer, Some(Kind::BigInt | Kind::Undefined)) => true,
            (Accepts::Integer, None) => value.number().is_none_or(|number| match number {
                Exact::Integer(integer) => integer.unsigned_abs() < 1 << 53,
                Exact::Float(float) => float.abs() <= MAX_SAFE_INTEGER || float.fract() != 0.0,
            }),
            (Accepts::Kind(wanted), _) => {
                kind == Some(*wanted) || (self.nullable && value.is_null())
            }
            _ => false,
        }
    }
}

const INVALID_DATE: &str = "Invalid input: expected Date, received Invalid Date";

/// A bound of a date.
#[derive(Debug)]
pub(super) struct DateBound {
    keyword: &'static str,
    limit: Date,
    /// The invalid date is refused only here.
    may_be_invalid: bool,
}

impl DateBound {
    /// Compiles a bound; `None` if the limit is not a date.
    pub(super) fn of(keyword: &str, schema: &Map<String, Value>, limit: &Value) -> Option<Self> {
        let keyword = DATE_RANGE.into_iter().find(|known| *known == keyword)?;
        let limit = limit.as_str()?.parse().ok()?;
        Some(Self { keyword, limit, may_be_invalid: may_be_invalid(schema) })
    }

    /// Returns the fault of a value, if it has one.
    pub(super) fn fault(&self, value: Instance<'_>) -> Option<String> {
        let date = value.date()?;
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

/// `x-names`: members with several names, of which an object may have one each.
#[derive(Debug)]
pub(super) struct Names(Vec<OneName>);

#[derive(Debug)]
struct OneName {
    /// Names in the schema, that in the type first.
    names: Vec<String>,
    is_required: bool,
}

impl Names {
    /// Compiles the keyword of a schema.
    pub(super) fn of(keyword: &Value) -> Self {
        let one = |group: &Value| {
            let name = group.get("name")?.as_str()?;
            let aliases = group.get("aliases")?.as_array()?.iter().filter_map(Value::as_str);
            let names = std::iter::once(name).chain(aliases).map(str::to_owned).collect();
            Some(OneName { names, is_required: group.get("required")?.as_bool()? })
        };
        Self(keyword.as_array().into_iter().flatten().filter_map(one).collect())
    }

    /// Returns the name of a missing or duplicate member, with the fault.
    pub(super) fn fault(&self, value: Instance<'_>) -> Option<(&str, &'static str)> {
        let object = value.object()?;
        self.0.iter().find_map(|one| {
            let count = one.names.iter().filter(|name| object.get(name).is_some()).count();
            let fault = match count {
                0 if one.is_required => REQUIRED,
                0 | 1 => return None,
                _ => "Invalid input: given twice, by this name and by an alias of it",
            };
            Some((one.names.first()?.as_str(), fault))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::validator::Validator;
    use super::*;
    use crate::value::{KEYWORD, Map, RegExp, Set, Value};

    fn accepts(schema: &serde_json::Value, value: &Value) -> bool {
        Validator::compile(schema).unwrap().is_valid(Instance::Typed(value))
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
        let refused = Validator::compile(&schema).err().unwrap().to_string();
        assert!(refused.contains("must be a date in ISO 8601 form"), "{refused}");
    }
}
