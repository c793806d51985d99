//! Writes the type of the server's clients.

fn main() {
    orpc_runtime::typescript::client(&torture_api::router()).write("client.ts");
}
