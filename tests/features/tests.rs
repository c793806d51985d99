//! Patterns without the feature `pattern`.

use std::collections::BTreeMap;

use orpc_runtime::Router;
use orpc_runtime::prelude::*;
use serde_json::json;

#[derive(Deserialize, JsonSchema)]
struct Part {
    #[schemars(regex(pattern = r"^[A-Z]{3}-\d{4}$"))]
    sku: String,
    /// Its schema has a pattern of the names of members.
    counts: BTreeMap<u32, u8>,
}

#[derive(Deserialize, JsonSchema)]
struct Name {
    #[schemars(regex(pattern = "^(?:Ada|Bob)$"))]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Expression {
    #[schemars(extend("format" = "regex"))]
    text: String,
}

#[procedure]
async fn count(part: Part) -> usize {
    part.sku.len() + part.counts.len()
}

#[procedure]
async fn greet(name: Name) -> usize {
    name.name.len()
}

#[procedure]
async fn parse(expression: Expression) -> usize {
    expression.text.len()
}

#[tokio::test]
async fn a_pattern_of_one_pass_is_checked() {
    let client = Rpc::new(Router::<()>::new().procedure::<count, _>()).test(());
    let part = json!({ "sku": "ABC-1234", "counts": { "1": 2 } });
    assert_eq!(client.call::<count>(part).await.unwrap(), 9);
    for part in [
        json!({ "sku": "ABC-123", "counts": {} }),
        json!({ "sku": "ABC-1234", "counts": { "a": 1 } }),
    ] {
        assert!(client.call::<count>(part.clone()).await.is_err(), "{part}");
    }
}

#[test]
fn other_patterns_are_errors_that_name_the_feature() {
    let router = Router::<()>::new().procedure::<greet, _>().procedure::<parse, _>();
    let error = Rpc::try_new(router).unwrap_err();
    let issues: Vec<String> = error.issues().iter().map(ToString::to_string).collect();
    assert_eq!(
        issues,
        [
            "procedure `greet`: the JSON Schema cannot be compiled at `/properties/name/pattern`: \
             the pattern \"^(?:Ada|Bob)$\" needs the feature `pattern` of `orpc-runtime`",
            "procedure `parse`: the JSON Schema cannot be compiled at `/properties/text/format`: \
             the format `regex` needs the feature `pattern` of `orpc-runtime`",
        ]
    );
}
