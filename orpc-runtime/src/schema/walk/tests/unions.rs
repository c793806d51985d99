//! Unions: the branch that a value was meant for.

use serde_json::{Value, json};

use super::super::super::instance::Instance;
use super::super::super::issue_tree::IssueTree;
use super::super::Walk;
use super::check;

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
        let tree = IssueTree::of(&schema).unwrap();
        assert_eq!(Walk::is_bounded(&tree, Instance::Plain(&value)), is_bounded, "{schema}");
    }
}

#[test]
fn the_form_of_a_branch_is_also_that_of_the_schemas_beside_it() {
    let inner =
        |of: &str| json!({ "properties": { "a": { "properties": { "b": { "type": of } } } } });
    let branch = |of: &str| {
        json!({
            "type": "object",
            "properties": { "c": { "type": "string", "minLength": 2 } },
            "allOf": [inner(of)],
        })
    };
    let schema = json!({ "anyOf": [branch("string"), branch("number")] });
    let expected = [r#"["c"] Too small: expected at least 2 characters"#];
    check(&schema, &[(json!({ "a": { "b": 1 }, "c": "x" }), &expected)]);
}
