//! Writes the type of the server's clients, and its contract.

use orpc_runtime::typescript;

fn main() {
    let router = conformance_api::api::router();
    typescript::client(&router).write("client.ts");
    typescript::contract(&router).write("contract.ts");
}
