//! The messages of the derive, and the code that it writes.

use quote::quote;

use super::expand;

#[track_caller]
fn assert_says(item: proc_macro2::TokenStream, expected: &[&str]) {
    let written = expand(item).to_string();
    assert_eq!(written.matches("compile_error").count(), expected.len(), "{written}");
    for message in expected {
        assert!(written.contains(message), "{message}\n{written}");
    }
}

#[test]
fn constraints_without_effect_are_reported_where_the_types_name_tells() {
    assert_says(
        quote! {
            struct Message {
                #[schemars(range(min = 1))]
                text: String,
                #[schemars(length(min = 1))]
                count: Option<u8>,
                #[schemars(pattern("^a"))]
                number: f64,
                #[validate(email)]
                list: Vec<String>,
                #[schemars(inner(range(min = 1)))]
                words: Box<Vec<String>>,
                #[garde(length(min = 3, max = 2))]
                never: String,
                grid: HashMap<(u32, u32), u8>,
                lists: Vec<BTreeMap<Vec<u8>, u8>>,
            }
        },
        &[
            "write `length(…)`: `range` has no effect on a text",
            "write `range(…)`: `length` has no effect on a number",
            "remove `pattern`: `pattern` has no effect on a number",
            "write `inner(email(…))`: `email` has no effect on a list",
            "write `length(…)`: `range` has no effect on a text",
            "write `min` below `max`",
            "write a key that is a string in JSON",
            "write a key that is a string in JSON",
        ],
    );
}

#[test]
fn constraints_of_a_flattened_field_are_reported() {
    assert_says(
        quote! {
            struct Outer {
                #[serde(flatten)]
                #[schemars(length(min = 1), extend("x-a" = 1))]
                inner: Inner,
            }
        },
        &[
            "write this on the fields of the flattened type",
            "write this on the fields of the flattened type",
        ],
    );
}

#[test]
fn a_union_has_no_schema() {
    assert_says(quote!(union Bits { int: u32, float: f32 }), &["make this a struct or an enum"]);
}

#[test]
fn what_has_an_effect_is_left_alone() {
    assert_says(
        quote! {
            struct Message<T> {
                #[schemars(length(min = 1), pattern("^a"), email)]
                text: Option<String>,
                #[schemars(range(min = -1, max = 1.5), required)]
                number: Option<f64>,
                #[schemars(length(min = 1), inner(length(max = 2)))]
                list: Vec<String>,
                #[schemars(range(min = 1), with = "u8")]
                shown: String,
                #[schemars(range(min = 1), schema_with = "shown")]
                other: String,
                map: HashMap<bool, T>,
                maps: HashMap<Key, HashMap<u8, u8>>,
            }
        },
        &[],
    );
}

#[test]
fn paths_that_begin_with_self_are_those_of_the_type() {
    let written = expand(quote! {
        #[serde(default)]
        struct Node<T> {
            #[serde(skip_serializing_if = "Self::is_zero")]
            #[schemars(length(min = Self::LEAST))]
            list: Vec<Self>,
            value: T,
        }
    })
    .to_string();
    let twin = written.split("impl").next().unwrap_or_default();
    assert!(!twin.contains("Self"), "{twin}");
    assert!(twin.contains("Node :: < T > :: LEAST"), "{twin}");
    assert!(twin.contains("\"Node :: < T > :: is_zero\""), "{twin}");
}
