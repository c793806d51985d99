//! Issues of values that rare schemas refuse, as plain JSON and as values with types.

mod unions;

use serde_json::{Value, json};

use super::super::compile::{compile_plain, compile_typed};
use super::super::instance::Instance;
use super::super::issue::Issue;
use super::super::issue_tree::IssueTree;
use super::{MOST_STEPS, Walk};
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
    let (plain_input, typed_input) = (Instance::Plain(input), Instance::Typed(&tree));
    assert_eq!(plain.is_valid(plain_input), typed.is_valid(typed_input), "{schema} {input}");
    if plain.is_valid(plain_input) {
        return Vec::new();
    }
    let found = texts(plain.issues(plain_input, input, false));
    assert_eq!(texts(typed.issues(typed_input, input, false)), found, "{schema} {input}");
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
fn nothing_else_is_told_of_a_value_of_another_type() {
    let schema = json!({ "type": "string", "enum": ["a", "b"] });
    check(
        &schema,
        &[
            (json!(1), &["[] Invalid input: expected string, received number"]),
            (json!("c"), &[r#"[] Invalid input: expected one of "a", "b""#]),
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
fn a_walk_ends_after_its_most_steps() {
    let tree = IssueTree::of(&json!({ "items": { "type": "string" } })).unwrap();
    let input = json!([1, 2]);
    let issues = |steps: usize| {
        let mut walk = Walk::new(&tree, false);
        walk.steps = MOST_STEPS - steps;
        walk.visit(tree.root, Instance::Plain(&input));
        walk.issues.len()
    };
    // One for the array, and one for each item.
    assert_eq!([0, 1, 2, 3, 4].map(issues), [0, 0, 1, 2, 2]);
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
