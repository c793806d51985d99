//! Every attribute of serde with every other one and every payload: serde and the
//! validator accept the same, and what serde writes is of the schema of outputs.
//!
//! `RUSTFLAGS="--cfg all_combinations"` compiles all of them, else a tenth.

use std::collections::BTreeMap;

use orpc_runtime::__private::{Inspection, inspect};
use orpc_runtime::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What was found of all types.
#[derive(Default)]
pub struct Found {
    types: usize,
    values: usize,
    faults: Vec<String>,
}

impl Found {
    /// Holds serde and the schemas of a type against each other.
    fn hold<T: Serialize + DeserializeOwned + JsonSchema>(&mut self, name: &str) {
        self.types += 1;
        match inspect::<T>() {
            Ok(inspection) => self.compare(name, &inspection, &|value| {
                serde_json::from_value(value.clone()).ok().map(|it: T| serde_json::to_value(it))
            }),
            // Told when the router is built.
            Err(error) => self.faults.push(format!("{name}: {error}")),
        }
    }

    fn compare(
        &mut self,
        name: &str,
        Inspection { input, output, .. }: &Inspection,
        echo: &dyn Fn(&Value) -> Option<serde_json::Result<Value>>,
    ) {
        for value in values() {
            self.values += 1;
            let (echoed, accepted) = (echo(&value), input(&value));
            if echoed.is_some() != accepted && !is_known(&value) {
                let serde = if echoed.is_some() { "takes" } else { "refuses" };
                self.faults.push(format!("{name}: serde {serde} {value}, the schema does not"));
            }
            match echoed {
                Some(Ok(written)) if !output(&written) => {
                    self.faults
                        .push(format!("{name}: {written} is written, and not of the schema"));
                }
                _ => {}
            }
        }
    }
}

/// Forms that serde takes beside the type's own, and that the schema refuses on purpose:
/// a unit variant as `{"A": null}` is written `"A"`.
fn is_known(value: &Value) -> bool {
    ["Unit", "unit", "v", "w", "V"].iter().any(|name| value == &json!({ *name: null }))
}

/// What is tried on every type.
fn values() -> Vec<Value> {
    let payloads = [
        json!(null),
        json!(1),
        json!(300),
        json!("V"),
        json!("X"),
        json!([1]),
        json!([1, 2]),
        json!([1, 2, 3]),
        json!({}),
        json!({ "a": 1 }),
        json!({ "b": 1 }),
        json!({ "a": 1, "b": 1 }),
        json!({ "a": 1, "more": 1 }),
        json!({ "X": null }),
        json!({ "N": 1 }),
    ];
    let tags = ["V", "v", "w", "renamed", "Last", "last", "what"];
    let mut values = Vec::new();
    for payload in &payloads {
        values.push(payload.clone());
        for tag in tags {
            values.push(json!({ tag: payload }));
            values.push(json!({ "t": tag, "c": payload }));
            if let Value::Object(members) = payload {
                let mut members = members.clone();
                members.insert("t".to_owned(), tag.into());
                values.push(Value::Object(members));
            }
        }
    }
    for tag in tags {
        values.push(json!(tag));
        values.push(json!({ "t": tag }));
    }
    values
}

#[derive(Serialize, Deserialize, JsonSchema, Default)]
pub struct Byte(u8);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Fields {
    #[serde(alias = "b")]
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Units {
    X,
    Y,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Mixed {
    X,
    N(u8),
}

/// Enums of one payload each, all with the same attributes.
macro_rules! enums {
    ($module:ident, $container:tt, { $($name:ident $payload:tt)* }) => {
        pub mod $module {
            #[allow(unused_imports)]
            use super::*;

            $(enums!(@one $name, $container, $payload);)*

            pub fn hold(found: &mut Found) {
                $(found.hold::<$name>(concat!(stringify!($module), "::", stringify!($name)));)*
            }
        }
    };
    (@one $name:ident, { $(#[$container:meta])* }, [$(#[$variant:meta])* $({ $($named:tt)* })? $(( $($unnamed:tt)* ))?]) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        $(#[$container])*
        pub enum $name {
            $(#[$variant])*
            V $({ $($named)* })? $(( $($unnamed)* ))?,
            Last,
        }
    };
}

/// The payloads that a variant of any enum may have.
macro_rules! payloads {
    ($module:ident, $container:tt) => {
        enums!($module, $container, {
            Unit []
            UnitAlias [#[serde(alias = "v", alias = "w")]]
            UnitRenamed [#[serde(rename = "renamed", alias = "w")]]
            Struct [{ a: u8 }]
            StructAlias [#[serde(alias = "v")] { #[serde(alias = "b")] a: u8 }]
            StructDefault [{ #[serde(default, alias = "b")] a: u8 }]
            StructOption [{ a: Option<u8> }]
            StructSkip [{ #[serde(skip)] a: u8 }]
            StructSkipIf [{ #[serde(default, skip_serializing_if = "Option::is_none")] a: Option<u8> }]
            StructFlatten [{ #[serde(flatten)] inner: Fields }]
            StructRename [#[serde(rename_all = "UPPERCASE")] { a: u8 }]
            NewtypeStruct [(Fields)]
            NewtypeStructAlias [#[serde(alias = "v")] (Fields)]
            NewtypeMap [(BTreeMap<String, u8>)]
            NewtypeSkip [(#[serde(skip)] u8)]
            NewtypeSkipWrite [(#[serde(skip_serializing)] u8)]
            EmptyStruct [{}]
        });
    };
}

/// Those that have no tag among their members.
macro_rules! untagged_payloads {
    ($module:ident, $container:tt) => {
        enums!($module, $container, {
            Newtype [(u8)]
            NewtypeAlias [#[serde(alias = "v")] (u8)]
            NewtypeNewtype [(Byte)]
            NewtypeOption [(Option<u8>)]
            NewtypeOptionAlias [#[serde(alias = "v")] (Option<Byte>)]
            NewtypeList [(Vec<u8>)]
            NewtypeUnits [(Units)]
            NewtypeMixed [(Mixed)]
            NewtypeUnit [(())]
            Tuple [(u8, u8)]
            TupleDefault [(u8, #[serde(default)] u8)]
            TupleDefaults [#[serde(alias = "v")] (#[serde(default)] u8, #[serde(default)] u8)]
            TupleSkip [(#[serde(skip)] u8, u8)]
        });
    };
}

/// Those that stand beside a tag.
macro_rules! tagged_payloads {
    ($module:ident, $container:tt) => {
        enums!($module, $container, {
            InnerUnits [(Units)]
            InnerMixed [(Mixed)]
            InnerUnit [(())]
        });
    };
}

/// Structs of one field each, all with the same attributes.
macro_rules! structs {
    ($module:ident, { $(#[$container:meta])* }) => {
        structs!(@all $module, { $(#[$container])* }, {
            Plain { a: u8 }
            Alias { #[serde(alias = "b", alias = "v")] a: u8 }
            AliasDefault { #[serde(default, alias = "b")] a: u8 }
            Default { #[serde(default)] a: u8 }
            Option { a: ::std::option::Option<u8> }
            OptionAlias { #[serde(alias = "b")] a: ::std::option::Option<u8> }
            OptionSkip { #[serde(skip_serializing_if = "::std::option::Option::is_none")] a: ::std::option::Option<u8> }
            Skip { #[serde(skip)] a: u8 }
            SkipWrite { #[serde(skip_serializing)] a: u8 }
            Rename { #[serde(rename = "V", alias = "v")] a: u8 }
            RenameApart { #[serde(rename(serialize = "V", deserialize = "v"))] a: u8 }
            Reference { #[serde(alias = "b")] a: Byte }
            Empty {}
        });
    };
    (@all $module:ident, $container:tt, { $($name:ident $fields:tt)* }) => {
        pub mod $module {
            #[allow(unused_imports)]
            use super::*;

            $(structs!(@one $name, $container, $fields);)*

            pub fn hold(found: &mut Found) {
                $(found.hold::<$name>(concat!(stringify!($module), "::", stringify!($name)));)*
            }
        }
    };
    (@one $name:ident, { $(#[$container:meta])* }, { $($fields:tt)* }) => {
        #[derive(Serialize, Deserialize, JsonSchema, ::std::default::Default)]
        $(#[$container])*
        #[allow(dead_code, reason = "a field that is skipped is read by nobody")]
        pub struct $name { $($fields)* }
    };
}

/// Modules of types that are always compiled, and of those which are not.
macro_rules! modules {
    ($list:ident: $($(#[$cfg:meta])? $kind:ident $module:ident $container:tt;)*) => {
        $($(#[$cfg])? $kind!($module, $container);)*

        fn $list(found: &mut Found) {
            $($(#[$cfg])? $module::hold(found);)*
        }
    };
}

modules! { hold_all:
    payloads external {};
    untagged_payloads external_others {};
    payloads internal { #[serde(tag = "t")] };
    tagged_payloads internal_tagged { #[serde(tag = "t")] };
    payloads adjacent { #[serde(tag = "t", content = "c")] };
    untagged_payloads adjacent_others { #[serde(tag = "t", content = "c")] };
    structs plain {};
    structs tagged { #[serde(tag = "t")] };
    #[cfg(all_combinations)]
    payloads untagged { #[serde(untagged)] };
    #[cfg(all_combinations)]
    untagged_payloads untagged_others { #[serde(untagged)] };
    #[cfg(all_combinations)]
    payloads external_strict { #[serde(deny_unknown_fields)] };
    #[cfg(all_combinations)]
    untagged_payloads external_strict_others { #[serde(deny_unknown_fields)] };
    #[cfg(all_combinations)]
    payloads internal_strict { #[serde(tag = "t", deny_unknown_fields)] };
    #[cfg(all_combinations)]
    tagged_payloads internal_strict_tagged { #[serde(tag = "t", deny_unknown_fields)] };
    #[cfg(all_combinations)]
    payloads adjacent_strict { #[serde(tag = "t", content = "c", deny_unknown_fields)] };
    #[cfg(all_combinations)]
    untagged_payloads adjacent_strict_others { #[serde(tag = "t", content = "c", deny_unknown_fields)] };
    #[cfg(all_combinations)]
    payloads external_lower { #[serde(rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    untagged_payloads external_lower_others { #[serde(rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    payloads internal_lower { #[serde(tag = "t", rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    tagged_payloads internal_lower_tagged { #[serde(tag = "t", rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    payloads adjacent_lower { #[serde(tag = "t", content = "c", rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    untagged_payloads adjacent_lower_others { #[serde(tag = "t", content = "c", rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    payloads external_fields { #[serde(rename_all_fields = "UPPERCASE")] };
    #[cfg(all_combinations)]
    payloads internal_fields { #[serde(tag = "t", rename_all_fields = "UPPERCASE")] };
    #[cfg(all_combinations)]
    payloads adjacent_fields { #[serde(tag = "t", content = "c", rename_all_fields = "UPPERCASE")] };
    #[cfg(all_combinations)]
    payloads internal_strict_lower { #[serde(tag = "t", deny_unknown_fields, rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    payloads adjacent_strict_lower { #[serde(tag = "t", content = "c", deny_unknown_fields, rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    untagged_payloads adjacent_strict_lower_others { #[serde(tag = "t", content = "c", deny_unknown_fields, rename_all = "lowercase")] };
    #[cfg(all_combinations)]
    payloads apart { #[serde(rename_all(serialize = "UPPERCASE", deserialize = "lowercase"))] };
    #[cfg(all_combinations)]
    structs strict { #[serde(deny_unknown_fields)] };
    #[cfg(all_combinations)]
    structs defaults { #[serde(default)] };
    #[cfg(all_combinations)]
    structs strict_defaults { #[serde(default, deny_unknown_fields)] };
    #[cfg(all_combinations)]
    structs upper { #[serde(rename_all = "UPPERCASE")] };
    #[cfg(all_combinations)]
    structs tagged_renamed { #[serde(tag = "t", rename = "renamed")] };
    #[cfg(all_combinations)]
    structs tagged_defaults { #[serde(tag = "t", default)] };
}

#[test]
fn serde_and_the_schemas_agree_on_all_attributes() {
    let mut found = Found::default();
    hold_all(&mut found);
    let Found { types, values, faults } = found;
    println!("{types} types, {values} values");
    assert!(types >= if cfg!(all_combinations) { 400 } else { 100 }, "{types} types");
    assert!(faults.is_empty(), "{} of {values}\n{}", faults.len(), faults.join("\n"));
}
