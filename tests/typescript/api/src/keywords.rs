//! Inputs with keywords of JSON Schema that no type of Rust has by itself, for schemas of forms.

use orpc_runtime::prelude::*;
use serde_json::Value;

/// A text of each format that is enforced.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
#[derive(Default)]
pub struct Formats {
    #[schemars(extend("format" = "date"))]
    date: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    date_time: Option<String>,
    #[schemars(extend("format" = "duration"))]
    duration: Option<String>,
    #[schemars(extend("format" = "email"))]
    email: Option<String>,
    #[schemars(extend("format" = "hostname"))]
    hostname: Option<String>,
    #[schemars(extend("format" = "ip"))]
    ip: Option<String>,
    #[schemars(extend("format" = "ipv4"))]
    ipv4: Option<String>,
    #[schemars(extend("format" = "ipv6"))]
    ipv6: Option<String>,
    #[schemars(extend("format" = "iri"))]
    iri: Option<String>,
    #[schemars(extend("format" = "iri-reference"))]
    iri_reference: Option<String>,
    #[schemars(extend("format" = "json-pointer"))]
    json_pointer: Option<String>,
    #[schemars(extend("format" = "regex"))]
    regex: Option<String>,
    #[schemars(extend("format" = "relative-json-pointer"))]
    relative_json_pointer: Option<String>,
    #[schemars(extend("format" = "time"))]
    time: Option<String>,
    #[schemars(extend("format" = "uri"))]
    uri: Option<String>,
    #[schemars(extend("format" = "uri-reference"))]
    uri_reference: Option<String>,
    #[schemars(extend("format" = "uri-template"))]
    uri_template: Option<String>,
    #[schemars(extend("format" = "uuid"))]
    uuid: Option<String>,
}

/// A value for each keyword.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
#[derive(Default)]
pub struct Keywords {
    #[schemars(extend("not" = { "type": "string" }))]
    not: Value,
    #[schemars(extend("if" = { "type": "string" }, "then" = { "minLength": 2 }, "else" = { "type": ["object", "null"] }))]
    condition: Value,
    #[schemars(extend("contains" = { "type": "number" }, "minContains" = 1, "maxContains" = 2))]
    contains: Value,
    #[schemars(extend("type" = "object", "dependentRequired" = { "a": ["b"] }))]
    together: Value,
    #[schemars(extend("dependentSchemas" = { "a": { "required": ["b"] } }))]
    dependent: Value,
    #[schemars(extend("type" = "object", "propertyNames" = { "maxLength": 1 }))]
    names: Value,
    #[schemars(extend("type" = "object", "properties" = { "a": { "type": "number" } }, "patternProperties" = { "^b": { "type": "string" } }, "additionalProperties" = { "type": "boolean" }))]
    patterns: Value,
    #[schemars(extend("type" = "object", "minProperties" = 1, "maxProperties" = 2))]
    count: Value,
    #[schemars(extend("type" = "object", "required" = ["a"]))]
    required: Value,
    #[schemars(extend("allOf" = [{ "properties": { "a": { "type": "number" } } }], "unevaluatedProperties" = false))]
    unevaluated: Value,
    #[schemars(extend("anyOf" = [{ "properties": { "a": { "type": "number" } }, "required": ["a"] }, { "properties": { "b": true }, "required": ["b"] }], "unevaluatedProperties" = { "type": "string" }))]
    evaluated: Value,
    #[schemars(extend("oneOf" = [{ "type": "number" }, { "multipleOf": 2 }]))]
    one: Value,
    #[schemars(extend("anyOf" = [{ "type": "string", "minLength": 2 }, { "type": ["string", "array"], "maxLength": 0 }]))]
    either: Value,
    #[schemars(extend("allOf" = [{ "type": ["number", "string"] }, { "minimum": 2 }]))]
    all: Value,
    #[schemars(extend("enum" = [[1, "a"], { "a": 1 }, null, 2]))]
    listed: Value,
    #[schemars(extend("const" = { "a": [1] }))]
    constant: Value,
    #[schemars(extend("type" = "array", "prefixItems" = [{ "type": "number" }, { "type": "string" }], "minItems" = 1))]
    tuple: Value,
    #[schemars(extend("type" = "array", "uniqueItems" = true, "items" = { "type": ["number", "object"] }))]
    unique: Value,
    #[schemars(extend("type" = ["integer", "boolean"], "exclusiveMinimum" = 0, "multipleOf" = 3))]
    integer: Value,
    #[schemars(extend("type" = "string", "minLength" = 2, "maxLength" = 3, "pattern" = "^[a-z\u{1f600}]*$"))]
    text: Value,
}

#[router]
pub mod check {
    use super::{Formats, Keywords};

    #[orpc_runtime::procedure]
    pub async fn formats(input: Formats) {
        drop(input);
    }

    #[orpc_runtime::procedure]
    pub async fn keywords(input: Keywords) {
        drop(input);
    }
}

pub fn router() -> orpc_runtime::Router<()> {
    orpc_runtime::Router::new().nest("check", check::router())
}
