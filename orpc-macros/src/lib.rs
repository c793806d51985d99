//! The attribute and derive macros of `orpc-runtime`, which re-exports them:
//! depend on that crate, not on this one.
//!
//! | macro | for |
//! |---|---|
//! | [`macro@procedure`] | a function that clients call |
//! | [`macro@router`] | a module of procedures |
//! | [`macro@contract`] | a trait of procedures, implemented elsewhere |
//! | [`macro@middleware`] | a function that runs before calls and lends values |
//! | [`RpcError`](derive@RpcError) | an enum of errors that clients know |
//! | [`JsonSchema`](derive@JsonSchema) | the schema of an input or output |
//!
//! Each reports all mistakes of an item at once, at their tokens, and emits the item
//! unchanged.

mod attribute;
mod cfg;
mod chain;
mod checked;
mod contract;
mod crate_paths;
mod diagnostics;
mod entries;
mod error;
mod lent;
mod middleware;
mod naming;
mod procedure;
mod router;
mod schema;
mod signature;
#[cfg(test)]
mod tests;
mod types;

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
/// Results and streams are told by their types: an alias of either is what it stands for.
///
/// # Options
///
/// * `name = "…"`: the name on the wire, else the function's in camelCase;
/// * `method = GET`: may be called with GET, too;
/// * `meta(key = value, …)`: metadata, each value a literal;
/// * `with = middleware` or `with = [first, second]`: what runs before the function
///   and may change the context, see [`macro@middleware`];
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn procedure(arguments: TokenStream, item: TokenStream) -> TokenStream {
    procedure::expand(arguments.into(), item.into()).into()
}

/// Makes a trait a contract: procedures that a server implements elsewhere.
///
/// Every method is a procedure, with `&self` for the implementation, which is the
/// context of its calls, and for the rest as a function with [`macro@procedure`]:
/// by reference what a call lends (`&Call`, `&HeaderMap`, `&Socket`,
/// `Option<&LastEventId>`), by value the input. `#[procedure(…)]` on a method gives
/// its options, without `with`. A method may have a default body.
///
/// An `async fn` is declared as one that returns `impl Future + Send`; write
/// `async fn` in the implementation as well.
///
/// Beside the trait stands a module of its name in snake_case, with
///
/// * `router::<T>() -> Router<T>` for a `T` that implements the trait;
/// * `contract() -> Router<Contract>`, to write the types of clients from;
/// * a type for each procedure, for `router.call::<chat::send>(…)`.
///
/// # Options
///
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    contract::expand(arguments.into(), item.into()).into()
}

/// Makes an async function run before the calls of a router or procedure, which
/// names it in its option `with`.
///
/// The function stays as it is. Beside it, in the type namespace, stands a hidden
/// type of the same name.
///
/// # Arguments
///
/// Found by their types, in any order, each optional: by reference what the
/// context in front of it lends, as for a [`macro@procedure`]; by value `Next` or
/// `Next<T>`.
///
/// # Results
///
/// * Without `Next`: what is lent to the procedures behind it, as `T` or
///   `Result<T, E>`. They may borrow it as `&T`, beside what the context lends
///   already, which is each type once. An error ends the call. `()` lends nothing: it only lets pass or refuses.
/// * With `Next<T>`: `Result<Done, E>`. The function runs the rest of the call by
///   `next.with(value)`, or `next.run()` for `Next<()>`, and returns what that gives;
///   or ends the call without it.
///
/// The errors of `E` are declared to clients with those of every procedure behind it.
/// It runs before the input is checked.
///
/// # Options
///
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn middleware(arguments: TokenStream, item: TokenStream) -> TokenStream {
    middleware::expand(arguments.into(), item.into()).into()
}

/// Makes a module's procedures and nested routers a router: adds
/// `pub fn router() -> Router<…>` to the module.
///
/// Entries are functions with [`macro@procedure`] and modules with `#[router]`, each by
/// this name, also under `cfg_attr`; and `#[procedure] pub use path::name;` or `#[router] pub use
/// path::module;` for one that is elsewhere. What may have procedures that would not be
/// served is refused: a module without `#[router]` that has some, another `pub use` of a
/// function or module, a macro that is not defined in the module.
///
/// # Options
///
/// * `context = Type`: the context that its procedures may borrow, a path as
///   seen inside the module. Without it a nested router has the context of the
///   one around it, and any other router fits every context;
/// * `name = "…"`: the name below the router around it, else the module's in camelCase;
/// * `with = middleware` or `with = [first, second]`: what runs before every call of
///   the router and may change the context of its procedures and of nested routers,
///   see [`macro@middleware`];
/// * `hooks = value` or `hooks = [first, second]`: paths of values, such as unit
///   structs, that are told of every call;
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
///   INTERNAL_SERVER_ERROR, the one field, if there is one, is logged. `?` converts a
///   value of the field's type, unless `from = false` stands beside `internal` or the
///   field has the `#[from]` of another derive.
///
/// `?` converts the enum into an `Error` that is what the client would see, also if the
/// enum derives `thiserror::Error`. To that end the enum is not `Unpin`, and an error of
/// logs alone that holds one is not converted by `?`.
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

/// Derives `schemars::JsonSchema`, with what schemars' own derive leaves out.
///
/// The attributes are those of schemars, and mean the same: `#[schemars(…)]`,
/// `#[serde(…)]`, `#[validate(…)]`, `#[garde(…)]`. The schema is schemars' own. Beyond it
///
/// * `length`, `range`, `pattern`, `regex`, `contains`, `email`, `url`, `ip`, `ipv4`,
///   `ipv6` and `inner` count on every field, whatever its type: also where that is a
///   struct, an enum, a map, or an `Option` or `Box` of one. One that nothing can break
///   is an error: here, where the type's name tells, else when a router is built;
/// * `#[serde(alias = "…")]` and `#[serde(other)]` are accepted, as serde does;
/// * `#[serde(tag = "…")]` on a struct, payloads that are skipped, tuples with defaults
///   and adjacently tagged options are as serde reads and writes them;
/// * a map whose keys are no texts, and a type that recurses without an array or object
///   in between, are errors when a router is built.
///
/// `#[json_schema(crate = "…")]` on the type is the path of `orpc_runtime` where it has
/// another name.
#[proc_macro_derive(JsonSchema, attributes(json_schema, schemars, serde, validate, garde))]
pub fn json_schema(item: TokenStream) -> TokenStream {
    schema::expand(item.into()).into()
}
