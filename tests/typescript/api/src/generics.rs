//! Types with parameters.

use std::collections::BTreeMap;

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct User {
    name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Both<A, B> {
    a: A,
    b: B,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Grid<const N: usize> {
    #[schemars(length(equal = 3))]
    rows: Vec<u8>,
    #[serde(skip)]
    size: std::marker::PhantomData<[(); N]>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Wrapper<T>(T);

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", content = "value")]
pub enum Loading<T, E> {
    Idle,
    Loaded(T),
    Failed(E),
}

/// Its contracts differ, and so do those of what holds it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Defaulted<T: Default> {
    #[serde(default)]
    value: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<T>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    defaulted: Defaulted<u8>,
    page: Page<Defaulted<String>>,
}

fn some_users() -> Vec<User> {
    vec![User { name: "a".to_owned() }]
}

torture! {
    users: Page<User> = [
        Page { items: vec![], next: None },
        Page { items: some_users(), next: Some(1) },
    ];
    numbers: Page<u8> = [Page { items: vec![1], next: None }];
    texts: Page<String> = [Page { items: vec!["a".to_owned()], next: None }];
    optional: Page<Option<User>> = [Page { items: vec![None], next: None }];
    pages: Page<Page<User>> = [
        Page { items: vec![Page { items: some_users(), next: None }], next: None },
    ];
    lists: Page<Vec<u8>> = [Page { items: vec![vec![1]], next: None }];
    tuples: Page<(u8, User)> = [
        Page { items: vec![(1, User { name: String::new() })], next: None },
    ];
    both: Both<u8, String> = [Both { a: 1, b: String::new() }];
    reversed: Both<String, u8> = [Both { a: String::new(), b: 1 }];
    mixed: Both<Page<User>, BTreeMap<String, User>> = [Both {
        a: Page { items: some_users(), next: None },
        b: BTreeMap::new(),
    }];
    grid: Grid<3> = [Grid { rows: vec![1, 2, 3], size: std::marker::PhantomData }];
    wrapped: Wrapper<Both<bool, Wrapper<u8>>> = [Wrapper(Both { a: true, b: Wrapper(1) })];
    loading: Loading<Vec<User>, String> = [
        Loading::Idle,
        Loading::Loaded(some_users()),
        Loading::Failed("no".to_owned()),
    ];
    defaulted: Defaulted<u8> = [Defaulted { value: 1, maybe: None }];
    holder: Holder = [Holder {
        defaulted: Defaulted { value: 1, maybe: Some(1) },
        page: Page { items: vec![Defaulted { value: String::new(), maybe: None }], next: None },
    }];
}
