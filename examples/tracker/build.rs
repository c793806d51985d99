//! Writes the type of the page's client.

fn main() {
    orpc_runtime::typescript::client(&tracker_api::router()).write("web/src/client.ts");
}
