//! Writes the type of the server's clients, and the schemas of its inputs.

fn main() {
    let router = torture_api::router();
    orpc_runtime::typescript::client(&router).write("client.ts");
    orpc_runtime::typescript::schemas(&router).write("schemas.ts");
}
