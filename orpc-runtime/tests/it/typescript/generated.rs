//! The text of client types and contracts, as files for people to read: `ORPC_TS=write
//! cargo test --all-features --test it typescript` writes them.
#![allow(dead_code, reason = "types that are exported and never made")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use orpc_runtime::prelude::*;
use orpc_runtime::typescript::{self, FileError, Outcome, TypeScript};
use orpc_runtime::value::{BigInt, Custom, CustomType, Date, File, Map, Number, RegExp, Set, Url};
use orpc_runtime::{HibernatingIterator, Socket};

/// The router of a server without a context.
fn with_context(router: Router<()>) -> Router<()> {
    router
}

/// Compares a text with the file of that name.
fn check(name: &str, text: &TypeScript) {
    text.check(format!("{}/tests/it/typescript/{name}.ts", env!("CARGO_MANIFEST_DIR")));
}

#[router]
pub mod kinds {
    use super::*;

    /// Errors of a procedure.
    #[derive(RpcError)]
    pub enum Failure {
        /// Too fast.
        #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow \"down\"")]
        #[serde(rename_all = "camelCase")]
        TooFast {
            /// Seconds.
            retry_after: u32,
        },
        #[rpc_error(message = "Gone for good")]
        NotFound,
        #[rpc_error(code = "FULL")]
        Full(Vec<Thing>),
        #[rpc_error(transparent)]
        Other(Error),
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Thing {
        pub id: u64,
        pub name: Option<String>,
    }

    #[procedure]
    pub async fn nothing() {}

    /// Given something, it gives something.
    ///
    /// On several lines.
    #[procedure(method = GET)]
    pub async fn something(input: Thing) -> Result<Thing, Failure> {
        Ok(input)
    }

    #[procedure]
    pub async fn maybe(input: Option<Thing>) -> Option<Thing> {
        input
    }

    #[procedure]
    pub async fn list(input: Vec<Option<Thing>>) -> Vec<Option<Thing>> {
        input
    }

    #[procedure]
    #[deprecated(since = "1.2.0", note = "use `something`")]
    pub async fn old() -> String {
        String::new()
    }

    #[procedure]
    pub fn plain_stream() -> impl Stream<Item = u8> {
        orpc_runtime::futures::stream::empty()
    }

    #[procedure]
    pub async fn stream(
        input: Thing,
    ) -> Result<impl Stream<Item = Result<Event<Thing, String>, Failure>>, Failure> {
        drop(input);
        Ok(orpc_runtime::futures::stream::empty())
    }

    #[procedure]
    pub fn hibernating(socket: &Socket) -> HibernatingIterator<Thing, (), Failure> {
        _ = socket;
        HibernatingIterator::new(|_| Ok(()))
    }

    #[procedure]
    pub async fn streamed(events: EventIterator<Thing, String>) -> u32 {
        drop(events);
        0
    }

    #[procedure]
    pub async fn streamed_without_end(events: EventIterator<f64>) {
        drop(events);
    }
}

#[router]
pub mod shapes {
    use super::*;

    /// One of each kind.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Values {
        pub small: (i8, u16, i32, f32, bool, char),
        pub wide: (u64, i64, u128, i128, usize),
        pub number: Number<u64>,
        pub bigint: BigInt,
        pub date: Date,
        pub maybe_date: Option<Date>,
        pub url: Url,
        pub regexp: RegExp,
        pub set: Set<String>,
        pub map: Map<String, Vec<Date>>,
        pub file: File,
        pub any: serde_json::Value,
        pub object: serde_json::Map<String, serde_json::Value>,
        pub unit: (),
        pub bytes: [u8; 3],
        pub many: [u8; 32],
        pub by_name: HashMap<String, u8>,
        pub by_number: BTreeMap<u32, Option<u8>>,
        pub unique: BTreeSet<i16>,
        pub point: Custom<Point>,
        #[schemars(extend("x-typescript-type" = "Money"))]
        pub money: String,
    }

    pub struct Point(f64, f64);

    impl CustomType for Point {
        const CODE: u32 = 21;
        type Form = (f64, f64);

        fn to_form(&self) -> (f64, f64) {
            (self.0, self.1)
        }

        fn from_form((x, y): (f64, f64)) -> Result<Self, String> {
            Ok(Self(x, y))
        }
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Inner {
        pub x: u8,
    }

    /// An enum of all kinds of variants.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub enum External {
        /// Nothing.
        Unit,
        /// One thing.
        Newtype(Inner),
        Tuple(u8, String),
        Struct {
            /// Said of a member.
            first_name: String,
        },
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "type")]
    pub enum Internal {
        Unit,
        Newtype(Inner),
        Struct { x: u8 },
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "type", content = "content")]
    pub enum Adjacent {
        Unit,
        Newtype(Inner),
        Tuple(u8, String),
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(untagged)]
    pub enum Untagged {
        Number(u8),
        Text(String),
        Inner(Inner),
        Nothing,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub enum Plain {
        A,
        B,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Flat {
        pub a: u8,
        #[serde(flatten)]
        pub inner: Inner,
        #[serde(flatten)]
        pub more: Internal,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct FlatMap {
        pub a: u8,
        pub b: Option<String>,
        #[serde(flatten)]
        pub rest: HashMap<String, bool>,
    }

    /// Members that come and go.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Members {
        #[serde(default)]
        pub default: u8,
        #[serde(skip)]
        pub skipped: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub left_out: Option<u8>,
        #[serde(rename = "with-dash")]
        pub dash: u8,
        #[serde(rename = "quote\"s and */")]
        pub quotes: u8,
        #[serde(rename = "ünicode\n")]
        pub unicode: u8,
        #[serde(rename = "")]
        pub empty: u8,
        #[serde(rename = "1st")]
        pub first: u8,
        pub r#type: u8,
        /// Ends a comment: */ and goes on.
        #[schemars(range(min = 1, max = 9))]
        pub ranged: u8,
        #[schemars(length(min = 1), regex(pattern = "^*/[a-z]+$"))]
        pub pattern: String,
        #[deprecated]
        pub old: u8,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Tree {
        pub value: u8,
        pub children: Vec<Self>,
        pub parent: Option<Box<Self>>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Page<T> {
        pub items: Vec<T>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Pair<A, B>(pub A, pub B);

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Generics {
        pub strings: Page<String>,
        pub trees: Page<Tree>,
        pub nested: Page<Page<Option<Inner>>>,
        pub pair: Pair<String, Pair<Tree, Vec<Inner>>>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Unit;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Empty {}

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Closed {
        pub a: u8,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct All {
        pub values: Values,
        pub external: External,
        pub internal: Internal,
        pub adjacent: Adjacent,
        pub untagged: Untagged,
        pub plain: Plain,
        pub flat: Flat,
        pub flat_map: FlatMap,
        pub members: Members,
        pub tree: Tree,
        pub generics: Generics,
        pub unit: Unit,
        pub empty: Empty,
        pub closed: Closed,
    }

    #[procedure]
    pub async fn echo(input: All) -> All {
        input
    }
}

pub mod clashes {
    use super::*;

    pub mod chat {
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct User {
            pub nick: String,
        }
    }

    pub mod admin {
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct User {
            pub id: u32,
            pub note: Option<String>,
        }

        /// Called like one of JavaScript's own.
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct Date {
            pub day: u8,
        }

        /// Called like what the other one is named for its use.
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct AdminUserInput {
            pub text: String,
        }
    }

    #[procedure]
    pub async fn first(input: chat::User) -> chat::User {
        input
    }

    #[procedure]
    pub async fn second(input: admin::User) -> admin::User {
        input
    }

    #[procedure]
    pub async fn third(input: admin::Date) -> admin::AdminUserInput {
        admin::AdminUserInput { text: input.day.to_string() }
    }
}

#[test]
fn every_kind_of_procedure_has_its_type() {
    check("kinds", &typescript::client(&with_context(kinds::router())));
}

#[test]
fn every_kind_of_procedure_has_its_contract() {
    check("kinds.contract", &typescript::contract(&with_context(kinds::router())));
}

#[test]
fn every_shape_of_serde_has_its_type() {
    let router: Router<()> = shapes::router();
    check("shapes", &typescript::client(&router).import("import type { Money } from \"./money\";"));
}

#[test]
fn clashing_names_are_prefixed_by_modules_in_any_order() {
    let forwards: Router<()> = Router::new()
        .procedure::<clashes::first, _>()
        .procedure::<clashes::second, _>()
        .procedure::<clashes::third, _>();
    let backwards: Router<()> = Router::new()
        .procedure::<clashes::third, _>()
        .procedure::<clashes::second, _>()
        .procedure::<clashes::first, _>();
    let text = typescript::client(&forwards);
    check("clashes", &text);
    let types = |text: String| text.split("/** The procedures").next().unwrap().to_owned();
    assert_eq!(types(text.to_string()), types(typescript::client(&backwards).to_string()));
}

#[test]
fn a_router_without_procedures_has_a_type() {
    let text = typescript::client(&Router::<()>::new()).to_string();
    assert!(
        text.ends_with(
            "export type Client<C extends ClientContext = Record<never, never>> = {};\n"
        ),
        "{text}"
    );
}

#[test]
fn a_router_that_cannot_be_served_has_no_type() {
    let twice: Router<()> =
        Router::new().procedure::<clashes::first, _>().procedure::<clashes::first, _>();
    let error = typescript::try_client(&twice).unwrap_err();
    assert!(error.to_string().contains("two entries are named `first`"), "{error}");
}

/// A folder that is removed after the test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn a_file_is_written_only_when_it_changes() {
    let folder = folder();
    let path = folder.path().join("new/folder/client.ts");
    let text = typescript::client::<()>(&kinds::router());
    assert_eq!(text.try_write(&path).unwrap(), Outcome::Written);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text.to_string());
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    std::fs::File::open(&path).unwrap().set_modified(long_ago).unwrap();
    assert_eq!(text.try_write(&path).unwrap(), Outcome::Unchanged);
    assert_eq!(modified(&path), long_ago);
    // Other line ends do not make it another file.
    std::fs::write(&path, text.to_string().replace('\n', "\r\n")).unwrap();
    assert_eq!(text.try_write(&path).unwrap(), Outcome::Unchanged);
    assert_eq!(text.try_check(&path).unwrap(), Outcome::Unchanged);
    let rest: Vec<_> = path.parent().unwrap().read_dir().unwrap().collect();
    assert_eq!(rest.len(), 1, "a temporary file is left: {rest:?}");
}

#[cfg(unix)]
#[test]
fn a_written_file_has_the_permissions_of_the_mask_and_links_stay_links() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let (file, link) = (folder.path().join("file.ts"), folder.path().join("link.ts"));
    std::fs::write(&file, "old").unwrap();
    let usual = std::fs::metadata(&file).unwrap().permissions().mode();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let text = typescript::client::<()>(&kinds::router());
    assert_eq!(text.try_write(&link).unwrap(), Outcome::Written);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text.to_string());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode(), usual);
}

#[test]
fn a_check_reports_the_difference_and_writes_nothing() {
    let folder = folder();
    let path = folder.path().join("client.ts");
    let text = typescript::client::<()>(&kinds::router());
    let missing = text.try_check(&path).unwrap_err();
    assert!(matches!(missing, FileError::Differs { .. }), "{missing}");
    assert!(!path.exists());
    let old = text.to_string().replace("nothing: ", "something_else: ");
    std::fs::write(&path, &old).unwrap();
    let error = text.try_check(&path).unwrap_err().to_string();
    for part in [
        "-  something_else: ProcedureClient<C, undefined, void, ThrowableError>;",
        "+  nothing: ProcedureClient<C, undefined, void, ThrowableError>;",
        "ORPC_TS=write",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old);
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = folder();
    // The path is a folder.
    let path = folder.path().join("client.ts");
    std::fs::create_dir(&path).unwrap();
    let error = typescript::client::<()>(&kinds::router()).try_write(&path).unwrap_err();
    assert!(error.to_string().contains("client.ts cannot be read"), "{error}");
}
