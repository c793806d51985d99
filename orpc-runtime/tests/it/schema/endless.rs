//! Types whose schema has no end, because schemars' own derive writes them inline into themselves: the process ends, and
//! its last words name the type.

use futures::Stream;
use orpc_runtime::prelude::*;

use crate::process::failing;

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Folder {
    folders: Vec<Folder>,
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
pub struct Chapter {
    title: String,
    #[serde(flatten)]
    next: Option<Box<Chapter>>,
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Nested(Vec<Nested>);

#[derive(Debug, RpcError)]
pub enum Refused {
    #[rpc_error(code = "REFUSED")]
    Because(Reason),
}

#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Reason {
    reasons: Vec<Reason>,
}

#[procedure]
async fn inline_input(folder: Folder) {
    let _ = folder;
}

#[procedure]
async fn flattened_input(chapter: Chapter) {
    let _ = chapter;
}

#[procedure]
async fn transparent_output() -> Nested {
    Nested(Vec::new())
}

#[procedure]
fn inline_event() -> impl Stream<Item = Folder> {
    futures::stream::empty()
}

#[procedure]
async fn inline_error() -> Result<(), Refused> {
    Err(Refused::Because(Reason { reasons: Vec::new() }))
}

/// Tests that name the type of a router that cannot be built.
macro_rules! names {
    ($($name:ident: $procedure:ident => $ty:ident;)*) => {$(
        #[test]
        fn $name() {
            let said = failing(|| {
                let _ = Rpc::try_new(Router::<()>::new().procedure::<$procedure, _>());
            });
            if let Some(said) = said {
                let name = concat!("thread 'JSON Schema of `it::schema::endless::", stringify!($ty), "`");
                assert!(said.contains(name), "{said}");
            }
        }
    )*};
}

names! {
    an_inline_input_is_named: inline_input => Folder;
    a_flattened_input_is_named: flattened_input => Chapter;
    a_transparent_output_is_named: transparent_output => Nested;
    an_inline_event_is_named: inline_event => Folder;
    the_inline_data_of_an_error_are_named: inline_error => Reason;
}

#[test]
fn the_described_type_is_named() {
    let said = failing(|| {
        let _ = Router::<()>::new().procedure::<inline_input, _>().describe();
    });
    if let Some(said) = said {
        assert!(said.contains("thread 'JSON Schema of `it::schema::endless::Folder`"), "{said}");
    }
}
