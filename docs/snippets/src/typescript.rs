//! Types of clients: build scripts, tests, types of your own.

/// The build script of a server whose procedures are in the library `api`.
pub mod build {
    use crate::quickstart::api;

    // #region build
    fn main() {
        orpc_runtime::typescript::client(&api::router()).write("../web/src/client.ts");
    }
    // #endregion build

    // #region contract
    pub fn write_contract() {
        orpc_runtime::typescript::contract(&api::router()).write("../web/src/contract.ts");
    }
    // #endregion contract

    const _: fn() = main;
}

// #region custom
use orpc_runtime::prelude::*;

#[derive(Serialize, JsonSchema)]
pub struct Price {
    /// Minor units, such as cents.
    #[schemars(extend("x-typescript-type" = "Money"))]
    amount: u32,
    #[schemars(length(equal = 3))]
    currency: String,
}

#[router]
pub mod prices {
    use super::*;

    /// The price of a product.
    #[procedure]
    pub async fn price_of(product: u32) -> Price {
        Price { amount: product * 100, currency: "EUR".into() }
    }
}

#[test]
fn the_client_imports_money() {
    orpc_runtime::typescript::client(&prices::router::<()>())
        .import("import type { Money } from './money'")
        .check("ts/typescript/client.ts");
}
// #endregion custom

// #region describe
/// A page of documentation, in Markdown.
pub fn page<C: Send + Sync + 'static>(router: &Router<C>) -> String {
    let mut page = String::new();
    for procedure in router.describe().procedures {
        page += &format!("## {} /{}\n\n", procedure.method, procedure.url_path);
        page += &format!("{}\n\n", procedure.description.unwrap_or_default());
        for error in procedure.errors {
            page += &format!("* {} {}: {}\n", error.status, error.code, error.message);
        }
    }
    page
}
// #endregion describe

#[test]
fn a_page_has_every_procedure() {
    let page = page(&prices::router::<()>());
    assert_eq!(page, "## POST /priceOf\n\nThe price of a product.\n\n");
}
