//! Types that hold themselves.

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    name: String,
    children: Vec<Tree>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Expression {
    Number(f64),
    Sum(Vec<Expression>),
    Negation(Box<Expression>),
    Choice { condition: Box<Expression>, otherwise: Option<Box<Expression>> },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Folder {
    name: String,
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Entry {
    Folder(Folder),
    File { name: String, size: u32 },
    Link { to: Box<Entry> },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ByName(BTreeMap<String, ByName>);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Lists(Vec<Lists>);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Comment<T> {
    content: T,
    replies: Vec<Comment<T>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Even {
    next: Option<Box<Odd>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Odd {
    next: Box<Even>,
}

fn leaf(name: &str) -> Tree {
    Tree { name: name.to_owned(), children: vec![] }
}

torture! {
    tree: Tree = [
        leaf("a"),
        Tree { name: "b".to_owned(), children: vec![leaf("c"), leaf("d")] },
    ];
    expression: Expression = [
        Expression::Number(1.5),
        Expression::Sum(vec![Expression::Negation(Box::new(Expression::Number(1.0)))]),
        Expression::Choice { condition: Box::new(Expression::Sum(vec![])), otherwise: None },
    ];
    folder: Folder = [Folder {
        name: "/".to_owned(),
        entries: vec![
            Entry::Folder(Folder { name: "a".to_owned(), entries: vec![] }),
            Entry::File { name: "b".to_owned(), size: 1 },
            Entry::Link { to: Box::new(Entry::File { name: "c".to_owned(), size: 0 }) },
        ],
    }];
    by_name: ByName = [
        ByName(BTreeMap::from([("a".to_owned(), ByName(BTreeMap::new()))])),
    ];
    lists: Lists = [Lists(vec![]), Lists(vec![Lists(vec![]), Lists(vec![Lists(vec![])])])];
    json: Json = [
        Json::Null,
        Json::Array(vec![Json::Bool(true), Json::Number(0.5), Json::String(String::new())]),
        Json::Object(BTreeMap::from([("a".to_owned(), Json::Null)])),
    ];
    comment: Comment<u8> = [Comment {
        content: 1,
        replies: vec![Comment { content: 2, replies: vec![] }],
    }];
    even: Even = [
        Even { next: None },
        Even { next: Some(Box::new(Odd { next: Box::new(Even { next: None }) })) },
    ];
}
