//! Writes the type of the server's clients.

fn main() {
    orpc_runtime::typescript::client(&conformance_api::api::router()).write("client.ts");
}
