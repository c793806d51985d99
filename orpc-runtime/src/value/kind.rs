//! Kinds of JavaScript values that JSON lacks.

/// Prefixes the names under which special values pass through serde.
macro_rules! tag {
    ($name:literal) => {
        concat!("$orpc::", $name)
    };
}

pub(crate) const BIGINT: &str = tag!("BigInt");
pub(crate) const DATE: &str = tag!("Date");
pub(crate) const NAN: &str = tag!("NaN");
pub(crate) const UNDEFINED: &str = tag!("Undefined");
pub(crate) const URL: &str = tag!("URL");
pub(crate) const REGEXP: &str = tag!("RegExp");
pub(crate) const FILE: &str = tag!("File");
pub(crate) const SET: &str = tag!("Set");
pub(crate) const MAP: &str = tag!("Map");
/// Followed by the five digits of the code.
pub(crate) const CUSTOM: &str = tag!("Custom/");
/// A user-defined value whose code is stored in the value.
pub(crate) const CODED: &str = tag!("Coded");
/// A number, for any integer type.
pub(crate) const NUMBER: &str = tag!("Number");
/// Any value, with its type preserved.
pub(crate) const VALUE: &str = tag!("Value");

/// Schema keyword that names the kind.
pub(crate) const KEYWORD: &str = "x-native-type";
/// Schema keyword with the code of a user-defined type.
pub(crate) const CODE_KEYWORD: &str = "x-native-code";

/// Highest code of a user-defined type.
pub(crate) const MAX_CODE: u32 = 99_999;

/// Kind of a value that JSON has no type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    BigInt,
    Date,
    Nan,
    Undefined,
    Url,
    RegExp,
    Set,
    Map,
    /// In a form beside the envelope; its place is in `maps`.
    File,
    /// A user-defined type of that code.
    Custom(u32),
}

impl Kind {
    const BUILT_IN: [Self; 8] = [
        Self::BigInt,
        Self::Date,
        Self::Nan,
        Self::Undefined,
        Self::Url,
        Self::RegExp,
        Self::Set,
        Self::Map,
    ];

    /// Returns the type code on the wire; `None` if `meta` does not have the kind.
    pub(crate) fn code(self) -> Option<u32> {
        Some(match self {
            Self::BigInt => 0,
            Self::Date => 1,
            Self::Nan => 2,
            Self::Undefined => 3,
            Self::Url => 4,
            Self::RegExp => 5,
            Self::Set => 6,
            Self::Map => 7,
            Self::Custom(code) => code,
            Self::File => return None,
        })
    }

    /// Returns the built-in kind of a type code.
    pub(crate) fn built_in(code: u64) -> Option<Self> {
        Self::BUILT_IN.get(usize::try_from(code).ok()?).copied()
    }

    /// Returns the kind of a tag in serde's data model.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Some(match tag {
            BIGINT => Self::BigInt,
            DATE => Self::Date,
            NAN => Self::Nan,
            UNDEFINED => Self::Undefined,
            URL => Self::Url,
            REGEXP => Self::RegExp,
            SET => Self::Set,
            MAP => Self::Map,
            FILE => Self::File,
            _ => Self::Custom(tag.strip_prefix(CUSTOM)?.parse().ok()?),
        })
    }

    /// Returns the tag in serde's data model.
    pub(crate) fn tag(self) -> std::borrow::Cow<'static, str> {
        let name = match self {
            Self::BigInt => BIGINT,
            Self::Date => DATE,
            Self::Nan => NAN,
            Self::Undefined => UNDEFINED,
            Self::Url => URL,
            Self::RegExp => REGEXP,
            Self::Set => SET,
            Self::Map => MAP,
            Self::File => FILE,
            Self::Custom(code) => return format!("{CUSTOM}{code:05}").into(),
        };
        name.into()
    }

    /// Returns the name of the type in JavaScript.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BigInt => "bigint",
            Self::Date => "Date",
            Self::Nan => "NaN",
            Self::Undefined => "undefined",
            Self::Url => "URL",
            Self::RegExp => "RegExp",
            Self::Set => "Set",
            Self::Map => "Map",
            Self::File => "File",
            Self::Custom(_) => "a user-defined type",
        }
    }
}
