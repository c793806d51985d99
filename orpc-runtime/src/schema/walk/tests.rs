//! Issues of values that rare schemas refuse, as plain JSON and as values with types.

use jsonschema::json::SerdeJson;
use serde_json::{Value, json};

use super::super::compile::{compile_plain, compile_typed};
use super::super::issue::Issue;
use super::super::issue_tree::IssueTree;
use super::super::node::TypedNode;
use super::Walk;
use crate::value;

/// Returns the places and messages of a refused value, which are the same in both
/// representations; nothing of one that is accepted.
fn issues(schema: &Value, input: &Value) -> Vec<String> {
    let texts = |issues: Vec<Issue>| -> Vec<String> {
        let path = |issue: &Issue| serde_json::to_string(&issue.path).unwrap();
        issues.iter().map(|issue| format!("{} {}", path(issue), issue.message)).collect()
    };
    let plain = compile_plain(schema).unwrap();
    let typed = compile_typed(schema).unwrap();
    let tree = value::Value::from(input.clone());
    let node = TypedNode::Value(&tree);
    assert_eq!(plain.is_valid(input), typed.is_valid(node), "{schema} {input}");
    if plain.is_valid(input) {
        return Vec::new();
    }
    let found = texts(plain.issues(input, input, false));
    assert_eq!(texts(typed.issues(node, input, false)), found, "{schema} {input}");
    assert!(!found.is_empty());
    found
}

fn check(schema: &Value, cases: &[(Value, &[&str])]) {
    for (input, expected) in cases {
        assert_eq!(issues(schema, input), *expected, "{input}");
    }
}

#[test]
fn a_value_of_another_type_has_one_issue() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": "string" }, "b": { "type": "string", "minLength": 2 } },
        "required": ["a", "c"],
        "minProperties": 2,
    });
    check(
        &schema,
        &[
            (json!([]), &["[] Invalid input: expected object, received array"]),
            (
                json!({ "b": "x" }),
                &[
                    "[] Too small: expected at least 2 members",
                    r#"["a"] Invalid input: required, received undefined"#,
                    r#"["b"] Too small: expected at least 2 characters"#,
                    r#"["c"] Invalid input: required, received undefined"#,
                ],
            ),
            (json!({ "a": "", "c": null }), &[]),
        ],
    );
}

#[test]
fn names_of_members_are_checked_at_their_members() {
    let schema = json!({
        "type": "object",
        "propertyNames": { "maxLength": 3 },
        "additionalProperties": { "type": "integer" },
    });
    check(
        &schema,
        &[(
            json!({ "a": 1, "long": 2, "b": "x" }),
            &[
                r#"["long"] Too big: expected at most 3 characters"#,
                r#"["b"] Invalid input: expected integer, received string"#,
            ],
        )],
    );
}

#[test]
fn members_without_a_name_of_their_own_are_checked_by_every_pattern() {
    let schema = json!({
        "type": "object",
        "properties": { "n1": true, "x": { "type": "boolean" } },
        "patternProperties": { "^n": { "minimum": 3 }, "1$": { "maximum": 5 } },
        "additionalProperties": false,
    });
    check(
        &schema,
        &[
            (json!({ "x": true, "n1": 4, "n2": 6, "01": 4, "n01": 4 }), &[]),
            (
                json!({ "n2": 2, "01": 6 }),
                &[
                    r#"["n2"] Too small: expected a number >= 3"#,
                    r#"["01"] Too big: expected a number <= 5"#,
                ],
            ),
            (json!({ "y": 1, "z": 1 }), &["[] Unrecognized members: y, z"]),
        ],
    );
    // Others are allowed.
    let schema = json!({ "type": "object", "patternProperties": { "^n": { "minimum": 3 } } });
    check(
        &schema,
        &[
            (json!({ "y": 1 }), &[]),
            (json!({ "y": 1, "n": 1 }), &[r#"["n"] Too small: expected a number >= 3"#]),
        ],
    );
}

#[test]
fn an_object_that_is_closed_as_a_whole_has_the_members_of_all_its_parts() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": "integer" } },
        "allOf": [{ "$ref": "#/$defs/named" }, { "patternProperties": { "^p": true } }],
        "anyOf": [
            { "properties": { "t": { "const": "one" }, "one": true }, "required": ["t"] },
            { "properties": { "t": { "const": "two" }, "two": true }, "required": ["t"] },
        ],
        "unevaluatedProperties": false,
        "$defs": { "named": { "type": "object", "properties": { "b": { "type": "integer" } } } },
    });
    check(
        &schema,
        &[
            (json!({ "a": 1, "b": 2, "pqr": 3, "t": "one", "one": 4 }), &[]),
            (
                json!({ "a": 1, "b": 2, "pqr": 3, "t": "one", "two": 4 }),
                &["[] Unrecognized members: two"],
            ),
            (json!({ "t": "two", "two": 1, "c": 1, "d": 1 }), &["[] Unrecognized members: c, d"]),
            (
                json!({ "t": "two", "b": "x" }),
                &[r#"["b"] Invalid input: expected integer, received string"#],
            ),
        ],
    );
    // A part that describes all other members knows every name.
    let schema = json!({
        "type": "object",
        "allOf": [{ "additionalProperties": { "type": "integer" } }],
        "unevaluatedProperties": false,
    });
    check(
        &schema,
        &[
            (json!({ "x": 1 }), &[]),
            (json!({ "x": "1" }), &[r#"["x"] Invalid input: expected integer, received string"#]),
        ],
    );
    // Of branches that a value is like each names its members.
    let schema = json!({
        "type": "object",
        "anyOf": [
            { "type": "object", "properties": { "n": { "type": "integer", "minimum": 5 }, "a": true }, "required": ["n"] },
            { "type": "object", "properties": { "n": { "type": "integer", "maximum": 5 }, "b": true }, "required": ["n"] },
        ],
        "unevaluatedProperties": false,
    });
    check(
        &schema,
        &[
            (json!({ "n": 5, "a": 1, "b": 1 }), &[]),
            (json!({ "n": 5, "a": 1, "b": 1, "c": 1 }), &["[] Unrecognized members: c"]),
        ],
    );
}

#[test]
fn places_that_allow_no_value_are_told() {
    let schema = json!({ "type": "object", "properties": { "a": false, "b": true } });
    check(
        &schema,
        &[
            (json!({ "b": 1 }), &[]),
            (json!({ "a": 1 }), &[r#"["a"] Invalid input: no value is allowed here"#]),
        ],
    );
}

#[test]
fn items_are_checked_by_the_schema_of_their_position() {
    let schema = json!({
        "type": "array",
        "prefixItems": [{ "type": "integer" }, { "type": "string" }],
        "items": { "type": "boolean" },
        "uniqueItems": true,
    });
    check(
        &schema,
        &[
            (json!([1, "a", true, false]), &[]),
            (
                json!(["a", 1, 2]),
                &[
                    "[0] Invalid input: expected integer, received string",
                    "[1] Invalid input: expected string, received number",
                    "[2] Invalid input: expected boolean, received number",
                ],
            ),
            (json!([1, "a", true, true]), &["[] Invalid input: expected items that differ"]),
            (json!(5), &["[] Invalid input: expected array, received number"]),
        ],
    );
    let schema =
        json!({ "type": "array", "prefixItems": [{ "minimum": 1 }, true], "items": false });
    check(
        &schema,
        &[
            (json!([1]), &[]),
            (json!([0, 1]), &["[0] Too small: expected a number >= 1"]),
            (
                json!([0, 1, 2]),
                &["[] Too big: expected at most 2 items", "[0] Too small: expected a number >= 1"],
            ),
        ],
    );
    let schema = json!({ "type": "array", "items": false });
    check(&schema, &[(json!([]), &[]), (json!([1]), &["[] Too big: expected at most 0 items"])]);
    // Without `items` others may follow.
    let schema = json!({ "prefixItems": [{ "minimum": 1 }] });
    check(
        &schema,
        &[(json!([0, "a"]), &["[0] Too small: expected a number >= 1"]), (json!({}), &[])],
    );
}

#[test]
fn a_value_of_none_of_the_types_of_a_union_is_told_all_of_them() {
    let schema = json!({
        "anyOf": [{ "type": "integer" }, { "type": "array", "items": { "type": "integer" } }],
    });
    check(
        &schema,
        &[
            (json!("x"), &["[] Invalid input: expected number or array, received string"]),
            (json!(null), &["[] Invalid input: expected number or array, received null"]),
            (json!(1.5), &["[] Invalid input: expected integer, received number with a fraction"]),
            (json!([1, "x"]), &["[1] Invalid input: expected integer, received string"]),
        ],
    );
    let schema = json!({ "anyOf": [{ "type": "null" }, { "minimum": 3, "type": "integer" }] });
    check(
        &schema,
        &[
            (json!(null), &[]),
            (json!(1), &["[] Too small: expected a number >= 3"]),
            (json!("x"), &["[] Invalid input: expected integer, received string"]),
        ],
    );
}

/// An object with a tag, and further keywords.
fn tagged(tag: &Value, more: &Value) -> Value {
    let mut properties = json!({ "t": tag });
    properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "type": "object", "properties": properties, "required": ["t"] })
}

#[test]
fn the_tag_of_an_object_tells_its_branch() {
    let schema = json!({ "oneOf": [
        tagged(&json!({ "const": "a" }), &json!({ "n": { "type": "integer" } })),
        tagged(&json!({ "enum": ["b", "c"] }), &json!({ "n": { "type": "string" } })),
    ] });
    let options = r#"["t"] Invalid input: expected one of "a", "b", "c""#;
    check(
        &schema,
        &[
            (json!({ "t": "a", "n": 1 }), &[]),
            (
                json!({ "t": "a", "n": "1" }),
                &[r#"["n"] Invalid input: expected integer, received string"#],
            ),
            (
                json!({ "t": "c", "n": 1 }),
                &[r#"["n"] Invalid input: expected string, received number"#],
            ),
            (json!({ "t": "d", "n": 1 }), &[options]),
            (json!({ "t": 1 }), &[options]),
            (json!({}), &[options]),
        ],
    );
}

#[test]
fn texts_that_are_no_tag_are_of_the_branch_with_any_text() {
    let schema = json!({ "anyOf": [
        tagged(&json!({ "enum": ["a", "z"] }), &json!({ "n": { "type": "integer" } })),
        tagged(&json!({ "type": "string", "maxLength": 1 }), &json!({ "n": { "type": "string" } })),
    ] });
    check(
        &schema,
        &[
            (json!({ "t": "b", "n": "x" }), &[]),
            (
                json!({ "t": "b", "n": 1 }),
                &[r#"["n"] Invalid input: expected string, received number"#],
            ),
            (json!({ "t": "long" }), &[r#"["t"] Too big: expected at most 1 character"#]),
            (json!({ "t": 1, "n": "x" }), &[r#"["t"] Invalid input: expected one of "a", "z""#]),
            (json!({ "n": "x" }), &[r#"["t"] Invalid input: expected one of "a", "z""#]),
        ],
    );
    // One option alone says nothing of a value with another one.
    let schema = json!({ "anyOf": [
        tagged(&json!({ "const": "a" }), &json!({ "n": { "type": "integer" } })),
        tagged(&json!({ "type": "string" }), &json!({ "n": { "type": "string" } })),
    ] });
    check(
        &schema,
        &[
            (json!({ "t": "b", "n": "x" }), &[]),
            (
                json!({ "t": "a", "n": true }),
                &["[] Invalid input: matches none of the allowed shapes"],
            ),
        ],
    );
}

#[test]
fn branches_without_the_tag_are_told_apart_by_their_members() {
    let schema = json!({ "anyOf": [
        tagged(&json!({ "const": "a" }), &json!({})),
        tagged(&json!({ "const": "b" }), &json!({})),
        { "type": "array" },
        { "properties": { "u": { "minimum": 3 } }, "required": ["u"], "type": ["object", "string"] },
    ] });
    check(
        &schema,
        &[
            (json!({ "t": "a" }), &[]),
            (json!({ "u": 1 }), &[r#"["u"] Too small: expected a number >= 3"#]),
            (json!({ "t": "c", "u": 3 }), &[]),
        ],
    );
}

#[test]
fn branches_with_equal_tags_are_not_told_apart_by_them() {
    let member = |name: &str| {
        json!({
            "type": "object",
            "properties": { "t": { "const": "a" }, name: { "type": "integer", "minimum": 2 } },
            "required": ["t", name],
        })
    };
    let schema = json!({ "anyOf": [member("x"), member("y")] });
    check(
        &schema,
        &[
            (json!({ "t": "a", "x": 2 }), &[]),
            (json!({ "t": "a", "y": 1 }), &[r#"["y"] Too small: expected a number >= 2"#]),
            (json!({ "t": "a" }), &["[] Invalid input: matches none of the allowed shapes"]),
        ],
    );
    // A tag that one branch alone has tells nothing of the others.
    let schema = json!({ "anyOf": [
        tagged(&json!({ "const": "a" }), &json!({ "n": { "type": "integer" } })),
        { "type": "object", "properties": { "t": { "type": "integer" }, "m": { "type": "integer", "minimum": 2 } }, "required": ["m"] },
    ] });
    check(&schema, &[(json!({ "t": 1, "m": 1 }), &[r#"["m"] Too small: expected a number >= 2"#])]);
}

#[test]
fn the_only_member_of_an_object_tells_its_branch() {
    let only = |name: &str, of: &Value| {
        json!({
            "type": "object",
            "properties": { name: of },
            "required": [name],
            "additionalProperties": false,
        })
    };
    let (a, b) = (only("a", &json!({ "minimum": 3 })), only("b", &json!({ "type": "string" })));
    let schema = json!({ "oneOf": [a, b, { "const": "unit" }] });
    let message = r#"[] Invalid input: expected one member of "a", "b""#;
    check(
        &schema,
        &[
            (json!("unit"), &[]),
            (json!("other"), &[r#"[] Invalid input: expected "unit""#]),
            (json!({ "a": 1 }), &[r#"["a"] Too small: expected a number >= 3"#]),
            (json!({ "b": 1 }), &[r#"["b"] Invalid input: expected string, received number"#]),
            (json!({ "b": "x", "c": 1 }), &["[] Unrecognized members: c"]),
            (json!({ "a": 3, "b": "x" }), &[message]),
            (json!({ "c": 1 }), &[message]),
            (json!({}), &[message]),
        ],
    );
    // Beside objects of other forms it does not.
    let open = json!({ "type": "object", "properties": { "c": { "type": "integer" } }, "required": ["c"] });
    let schema = json!({ "anyOf": [a, b, open] });
    check(
        &schema,
        &[
            (json!({ "c": 1, "a": 1 }), &[]),
            (json!({ "c": "x" }), &["[] Invalid input: matches none of the allowed shapes"]),
            (json!({ "a": 1 }), &[r#"["a"] Too small: expected a number >= 3"#]),
        ],
    );
}

#[test]
fn constants_of_a_union_are_its_options() {
    let schema = json!({ "oneOf": [
        { "const": "a" },
        { "enum": ["b", 1] },
        { "$ref": "#/$defs/c" },
    ], "$defs": { "c": { "type": "string", "const": "c" } } });
    check(
        &schema,
        &[
            (json!("a"), &[]),
            (json!("b"), &[]),
            (json!("c"), &[]),
            (json!("d"), &[r#"[] Invalid input: expected one of "a", "b", 1, "c""#]),
        ],
    );
    // A definition that refers to itself has no constants.
    let schema = json!({
        "anyOf": [{ "$ref": "#/$defs/list" }, { "const": "a" }, { "type": "string", "maxLength": 1 }],
        "$defs": { "list": { "type": "array", "items": { "$ref": "#/$defs/list" } } },
    });
    check(
        &schema,
        &[
            (json!([[], [[]]]), &[]),
            (json!([[], [1]]), &["[1,0] Invalid input: expected array, received number"]),
            (json!("bc"), &["[] Too big: expected at most 1 character"]),
        ],
    );
}

#[test]
fn the_form_of_a_value_tells_its_branch() {
    let pair = |first: &str, least: u32| {
        json!({ "type": "array", "prefixItems": [
            { "type": first }, { "type": "integer", "minimum": least },
        ] })
    };
    let schema = json!({ "anyOf": [pair("string", 3), pair("boolean", 5)] });
    check(
        &schema,
        &[
            (json!(["x", 3]), &[]),
            (json!(["x", 1]), &["[1] Too small: expected a number >= 3"]),
            (json!([true, 3]), &["[1] Too small: expected a number >= 5"]),
            (json!([1, 3]), &["[] Invalid input: matches none of the allowed shapes"]),
        ],
    );
    // An object with exactly the members of a closed branch is of that.
    let object = |names: &[&str], least: u32| {
        let properties: serde_json::Map<_, _> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "integer", "minimum": least })))
            .collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": names,
            "additionalProperties": false,
        })
    };
    let schema = json!({ "anyOf": [object(&["a", "b"], 3), object(&["a", "b", "c"], 5)] });
    check(
        &schema,
        &[
            (json!({ "a": 1, "b": 3 }), &[r#"["a"] Too small: expected a number >= 3"#]),
            (json!({ "a": 5, "b": 5, "c": 1 }), &[r#"["c"] Too small: expected a number >= 5"#]),
            (
                json!({ "a": 5, "b": 5, "d": 5 }),
                &["[] Invalid input: matches none of the allowed shapes"],
            ),
            (
                json!({ "a": "x", "b": 5 }),
                &["[] Invalid input: matches none of the allowed shapes"],
            ),
        ],
    );
    // A constant deeper in it tells as well, but not beyond the second level.
    let nested = |name: &str, least: u32| {
        json!({
            "type": "object",
            "allOf": [{ "properties": { "in": { "properties": { "kind": { "const": name } } } } }],
            "properties": { "n": { "type": "integer", "minimum": least } },
            "required": ["in"],
        })
    };
    let schema = json!({ "anyOf": [nested("a", 3), nested("b", 5)] });
    check(
        &schema,
        &[
            (
                json!({ "in": { "kind": "a" }, "n": 1 }),
                &[r#"["n"] Too small: expected a number >= 3"#],
            ),
            (
                json!({ "in": { "kind": "b" }, "n": 1 }),
                &[r#"["n"] Too small: expected a number >= 5"#],
            ),
            (
                json!({ "in": { "kind": "c" } }),
                &["[] Invalid input: matches none of the allowed shapes"],
            ),
        ],
    );
}

#[test]
fn a_value_that_is_like_several_branches_and_of_none_has_one_issue() {
    let object = |least: u32| {
        json!({
            "type": "object",
            "properties": { "n": { "type": "integer", "minimum": least } },
            "required": ["n"],
        })
    };
    let schema =
        json!({ "type": "object", "properties": { "of": { "anyOf": [object(3), object(5)] } } });
    check(
        &schema,
        &[
            (json!({ "of": { "n": 3 } }), &[]),
            (
                json!({ "of": { "n": 1 } }),
                &[r#"["of"] Invalid input: matches none of the allowed shapes"#],
            ),
        ],
    );
    // Of two branches where one should be.
    let schema = json!({ "oneOf": [object(3), object(5)] });
    check(&schema, &[(json!({ "n": 6 }), &["[] Invalid input: refused as a whole"])]);
}

#[test]
fn the_same_issue_of_two_schemas_is_told_once() {
    let part = json!({ "properties": { "a": { "minimum": 3 } } });
    let schema = json!({ "type": "object", "allOf": [part, part] });
    check(&schema, &[(json!({ "a": 1 }), &[r#"["a"] Too small: expected a number >= 3"#])]);
}

#[test]
fn issues_are_bounded_and_the_rest_is_told() {
    let schema = json!({ "type": "array", "items": { "type": "integer" } });
    let found = issues(&schema, &json!(vec!["x"; 1000]));
    assert_eq!((found.len(), found[999].starts_with("[999] ")), (1000, true));
    for count in [1001, 5000] {
        let found = issues(&schema, &json!(vec!["x"; count]));
        assert_eq!(found.len(), 1001);
        assert_eq!(found[1000], "[] More than 1000 issues, the rest is left out");
    }
}

#[test]
fn conditions_and_negations_are_told_at_their_value() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "not": { "const": 1 } } },
        "dependentRequired": { "a": ["b"] },
    });
    let found = issues(&schema, &json!({ "a": 1 }));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("[] ") && found[1].starts_with(r#"["a"] "#), "{found:?}");
    check(&schema, &[(json!({ "a": 2, "b": 1 }), &[])]);
}

/// serde reads one branch if a tag or a name tells it, and otherwise tries all of them, at every
/// level again.
#[test]
fn only_branches_that_nothing_tells_apart_multiply_the_effort_of_a_value() {
    let inner = json!({ "anyOf": [{ "type": "null" }, { "$ref": "#" }] });
    let tagged = |tag: &str| {
        json!({
            "type": "object",
            "properties": { "t": { "const": tag }, "in": inner },
            "required": ["t"],
        })
    };
    let named = |name: &str| {
        json!({
            "type": "object",
            "properties": { name: { "$ref": "#" } },
            "required": [name],
            "additionalProperties": false,
        })
    };
    let untagged = |name: &str| {
        json!({
            "type": "object",
            "properties": { "in": inner, name: { "type": "integer" } },
            "required": [name],
        })
    };
    let nested = |one: fn(Value) -> Value, leaf: Value| (0..40).fold(leaf, |inner, _| one(inner));
    for (schema, value, is_bounded) in [
        (
            json!({ "oneOf": [tagged("a"), tagged("b")] }),
            nested(|inner| json!({ "t": "a", "in": inner }), json!(null)),
            true,
        ),
        (
            json!({ "oneOf": [named("a"), named("b"), { "const": "c" }] }),
            nested(|inner| json!({ "a": inner }), json!("c")),
            true,
        ),
        (
            json!({ "anyOf": [untagged("a"), untagged("b")] }),
            nested(|inner| json!({ "in": inner, "a": 1 }), json!(null)),
            false,
        ),
    ] {
        let tree = IssueTree::<SerdeJson>::of(&schema).unwrap();
        assert_eq!(Walk::is_bounded(&tree, &&value), is_bounded, "{schema}");
    }
}
