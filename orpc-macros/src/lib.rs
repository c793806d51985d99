//! The attribute and derive macros of `orpc-runtime`, which re-exports them:
//! depend on that crate, not on this one.

mod attribute;
mod diagnostics;
mod error;
mod naming;
mod procedure;
mod router;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a function callable by clients.
///
/// The function stays as it is. Beside it, in the type namespace, stands a
/// hidden type of the same name that a router registers.
///
/// # Arguments
///
/// Found by their types, in any order, each optional:
///
/// * by reference what the framework lends: the router's context (`&App`),
///   `&Call`, `&HeaderMap`, `Option<&LastEventId>`;
/// * by value the input, one type that derives `Deserialize` and `JsonSchema`.
///
/// # Results
///
/// * `async fn` with a value or a `Result` of one: a procedure with one result;
/// * a function, `async` or not, that returns `impl Stream` or a `Result` of it, or
///   a function that is not `async` and returns a named stream type or a `Result`
///   of one: an event iterator. Items are values, `Event`s, or `Result`s of these.
///
/// A type whose name ends with `Result` is taken for a `Result`.
///
/// # Options
///
/// * `name = "…"`: the name on the wire, else the function's in camelCase;
/// * `method = GET`: may be called with GET, too;
/// * `meta(key = value, …)`: metadata, each value a literal;
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn procedure(arguments: TokenStream, item: TokenStream) -> TokenStream {
    procedure::expand(arguments.into(), item.into()).into()
}

/// Makes a module's procedures and nested routers a router: adds
/// `pub fn router() -> Router<…>` to the module.
///
/// # Options
///
/// * `context = Type`: the context that its procedures may borrow, a path as
///   seen inside the module. Without it a nested router has the context of the
///   one around it, and any other router fits every context;
/// * `name = "…"`: the name below the router around it, else the module's in camelCase;
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn router(arguments: TokenStream, item: TokenStream) -> TokenStream {
    router::expand(arguments.into(), item.into()).into()
}

/// Makes an enum the typed error of procedures: every variant is declared to clients.
///
/// # Attributes of a variant
///
/// * `#[rpc_error(code = "…")]`: UPPER_SNAKE_CASE, else made of the variant's name;
/// * `#[rpc_error(status = …)]`: 400..=599, else the code's own, else 500;
/// * `#[rpc_error(message = "…")]`: else the code's own, else the code;
/// * `#[rpc_error(transparent)]`: the one field is an error of its own kind and
///   reaches the client as such;
/// * `#[rpc_error(internal)]`: not declared; the client reads
///   INTERNAL_SERVER_ERROR, the one field, if there is one, is logged.
///
/// A variant's fields are the error's data: named ones an object, a single
/// unnamed one itself. Attributes of serde and schemars on them count, as do
/// `rename_all` on a variant and `rename_all_fields` on the enum.
///
/// `crate = "…"` on the enum is the path of `orpc_runtime` where it has another name.
#[proc_macro_derive(RpcError, attributes(rpc_error, serde, schemars))]
pub fn rpc_error(item: TokenStream) -> TokenStream {
    error::expand(item.into()).into()
}
