//! Doc comments by `include_str!` and `concat!`, without `cfg_attr`, of procedures, types, fields and variants.

use orpc_runtime::prelude::*;
use serde_json::json;

const FILE: &str = "Sends *one* message.\n\nWith \"quotes\", a \\ and ünïcode: 日本.";

#[derive(Deserialize, JsonSchema)]
#[doc = include_str!("docs.md")]
struct Message {
    #[doc = include_str!("docs.md")]
    #[expect(dead_code)]
    text: String,
    /// The first line.
    #[doc = concat!("The ", "second.")]
    #[expect(dead_code)]
    kind: Kind,
}

#[derive(Deserialize, JsonSchema)]
enum Kind {
    #[doc = include_str!("docs.md")]
    Plain,
    #[doc = concat!("In ", "bold.")]
    Bold,
}

#[router]
mod api {
    use super::*;

    #[doc = include_str!("docs.md")]
    #[procedure]
    pub(super) async fn before(input: Message) {
        drop(input);
    }

    /// A line.
    #[procedure]
    #[doc = concat!("Another", " \"line\".")]
    pub(super) async fn after() {}

    #[procedure]
    #[expect(clippy::empty_docs, reason = "the case")]
    #[doc = ""]
    pub(super) async fn empty() {}
}

#[contract]
trait Documented {
    #[doc = include_str!("docs.md")]
    async fn method(&self);
}

#[test]
fn procedures_have_the_text_of_files_and_of_concatenations() {
    let router: Router<()> = api::router();
    let docs: Vec<_> =
        router.procedures().into_iter().map(|(path, definition)| (path, definition.docs)).collect();
    let expected = [("before", FILE), ("after", "A line.\nAnother \"line\"."), ("empty", "")]
        .map(|(path, docs)| (path.to_owned(), docs));
    assert_eq!(docs, expected);
    assert_eq!(documented::contract().procedures()[0].1.docs, FILE);
}

#[test]
fn types_fields_and_variants_have_it_in_their_schemas() {
    let schema = schemars::schema_for!(Message).to_value();
    assert_eq!(schema["description"], json!(FILE));
    assert_eq!(schema["properties"]["text"]["description"], json!(FILE));
    let kind = &schema["properties"]["kind"]["description"];
    assert_eq!(kind, &json!("The first line.\nThe second."));
    let variants = &schema["$defs"]["Kind"]["oneOf"];
    assert_eq!(variants[0]["description"], json!(FILE));
    assert_eq!(variants[1]["description"], json!("In bold."));
}
