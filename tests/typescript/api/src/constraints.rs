//! Types that take less than all values of their kind.

use std::collections::{BTreeMap, BTreeSet};

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Lengths {
    #[schemars(length(min = 1, max = 5))]
    text: String,
    #[schemars(length(equal = 2))]
    pair: String,
    #[schemars(length(min = 1, max = 3))]
    list: Vec<u8>,
    #[schemars(length(equal = 2))]
    two: Vec<u8>,
    #[schemars(extend("minProperties" = 1, "maxProperties" = 2))]
    map: BTreeMap<String, u8>,
    #[schemars(length(max = 4))]
    maybe: Option<String>,
    #[schemars(inner(length(max = 2)))]
    short: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Ranges {
    #[schemars(range(min = 1, max = 10))]
    small: u8,
    #[schemars(range(min = -1.5, max = 1.5))]
    float: f64,
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    share: f64,
    #[schemars(extend("multipleOf" = 5))]
    fives: u32,
    #[schemars(range(min = 1))]
    wide: u64,
    #[schemars(range(max = -1))]
    negative: i64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Patterns {
    #[schemars(regex(pattern = r"^[A-Z]{3}-\d{4}$"))]
    sku: String,
    #[schemars(regex(pattern = r"^\d+$"))]
    digits: String,
    #[schemars(regex(pattern = "^[a-z]*/?$"))]
    comment: String,
    #[schemars(email)]
    email: String,
    #[schemars(url)]
    uri: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Constants {
    #[schemars(extend("const" = "v1"))]
    version: String,
    #[schemars(extend("const" = 7))]
    seven: u8,
    #[schemars(extend("const" = null))]
    null: Option<u8>,
    #[schemars(extend("enum" = ["a", "b", null]))]
    some: Option<String>,
    #[schemars(extend("enum" = [1, 2]))]
    numbers: u8,
    #[schemars(extend("const" = 9))]
    big: u64,
    #[schemars(extend("const" = true))]
    yes: bool,
}

/// A short text that has a name.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Slug(#[schemars(length(min = 1, max = 8), regex(pattern = "^[a-z]+$"))] String);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Slugs {
    slug: Slug,
    list: Vec<Slug>,
    maybe: Option<Slug>,
    set: BTreeSet<Stub>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("minLength" = 2))]
pub struct Stub(String);

torture! {
    lengths: Lengths = [Lengths {
        text: "a".to_owned(),
        pair: "日😀".to_owned(),
        list: vec![1],
        two: vec![1, 2],
        map: BTreeMap::from([("a".to_owned(), 1)]),
        maybe: None,
        short: vec!["a".to_owned()],
    }];
    ranges: Ranges = [Ranges {
        small: 1,
        float: 1.5,
        share: 0.5,
        fives: 5,
        wide: u64::MAX,
        negative: i64::MIN,
    }];
    patterns: Patterns = [Patterns {
        sku: "ABC-1234".to_owned(),
        digits: "1".to_owned(),
        comment: "a".to_owned(),
        email: "a@b.test".to_owned(),
        uri: "https://a.test".to_owned(),
    }];
    constants: Constants = [Constants {
        version: "v1".to_owned(),
        seven: 7,
        null: None,
        some: Some("a".to_owned()),
        numbers: 1,
        big: 9,
        yes: true,
    }];
    slug: Slug = [Slug("abc".to_owned())];
    slugs: Slugs = [Slugs {
        slug: Slug("a".to_owned()),
        list: vec![],
        maybe: None,
        set: [Stub("ab".to_owned())].into(),
    }];
}
