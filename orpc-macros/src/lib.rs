//! The attribute and derive macros of `orpc-runtime`, which re-exports them:
//! depend on that crate, not on this one.
//!
//! | macro | for |
//! |---|---|
//! | [`macro@procedure`] | a function that clients call |
//! | [`macro@router`] | a module of procedures |
//! | [`macro@contract`] | a trait of procedures, implemented elsewhere |
//! | [`macro@middleware`] | a function that runs before calls and provides values |
//! | [`RpcError`](derive@RpcError) | an enum of errors that clients know |
//! | [`JsonSchema`](derive@JsonSchema) | the schema of an input or output |
//!
//! Each reports all mistakes of an item at once, at their tokens, and emits the item
//! unchanged.

mod contract;
mod diagnostics;
mod error;
mod generate;
mod middleware;
mod naming;
mod parse;
mod procedure;
mod router;
mod runtime;
mod schema;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a function callable by clients.
///
/// The function is unchanged. The macro adds a hidden type of the same name, in the
/// type namespace, which a router registers.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Greeting {
///     #[schemars(length(min = 1))]
///     name: String,
/// }
///
/// /// Greets somebody by name.
/// #[procedure]
/// async fn greet(input: Greeting) -> String {
///     format!("Hello, {}!", input.name)
/// }
///
/// /// Counts down from a number.
/// #[procedure]
/// fn count_down(from: u32) -> impl Stream<Item = u32> {
///     orpc_runtime::futures::stream::iter((0..from).rev())
/// }
/// # fn main() {}
/// ```
///
/// # Arguments
///
/// Identified by their types, in any order, each optional:
///
/// * by reference, extractors: the router's context (`&App`), `&Call`, `&HeaderMap`,
///   `Option<&LastEventId>`;
/// * by value, the input: one type that derives `Deserialize` and `JsonSchema`.
///
/// # Results
///
/// * `async fn` with a value or a `Result` of one: a procedure with one result;
/// * a function, `async` or not, that returns `impl Stream` or a `Result` of it, or
///   a function that is not `async` and returns a named stream type or a `Result`
///   of one: an event iterator. Items are values, `Event`s, or `Result`s of these.
///
/// Results and streams are identified by their types: aliases of either work as well.
///
/// # Options
///
/// * `name = "…"`: the name on the wire, otherwise the function's in camelCase;
/// * `method = GET`: can be called with GET, too;
/// * `meta(key = value, …)`: metadata, each value a literal;
/// * `validate = check`: a function of the decoded input, `fn(&Input) -> Result<(), Issue>`, for rules across
///   fields; it may return `Result<(), Vec<Issue>>` or `Vec<Issue>` as well;
/// * `with = middleware` or `with = [first, second]`: middlewares that run before the
///   function and may extend the context, see [`macro@middleware`];
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn procedure(arguments: TokenStream, item: TokenStream) -> TokenStream {
    procedure::expand(arguments.into(), item.into()).into()
}

/// Makes a trait a contract: procedures that a server implements elsewhere.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[contract]
/// trait Clock {
///     /// Returns the seconds since the start.
///     async fn uptime(&self) -> u32;
/// }
///
/// struct Server {
///     started: std::time::Instant,
/// }
///
/// impl Clock for Server {
///     async fn uptime(&self) -> u32 {
///         self.started.elapsed().as_secs() as u32
///     }
/// }
///
/// # fn main() {
/// let rpc = Rpc::new(clock::router::<Server>());
/// let service = rpc.http(Server { started: std::time::Instant::now() });
/// # }
/// ```
///
/// Every method is a procedure, with `&self` for the implementation, which is the
/// context of its calls, and otherwise the arguments of a [`macro@procedure`]: by
/// reference, extractors of the call (`&Call`, `&HeaderMap`, `&Socket`,
/// `Option<&LastEventId>`), by value the input. `#[procedure(…)]` on a method gives its
/// options, without `with`. A method may have a default body.
///
/// An `async fn` is declared as one that returns `impl Future + Send`; write
/// `async fn` in the implementation as well.
///
/// Beside the trait the macro adds a module of its name in snake_case, with
///
/// * `router::<T>() -> Router<T>` for a `T` that implements the trait;
/// * `contract() -> Router<Contract>`, from which the types of clients are generated;
/// * a type for each procedure, for `router.call::<chat::send>(…)`.
///
/// # Options
///
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    contract::expand(arguments.into(), item.into()).into()
}

/// Makes an async function run before the calls of a router or procedure that names it
/// in its option `with`.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// struct User {
///     name: String,
/// }
///
/// #[middleware]
/// async fn authenticate(call: &Call) -> Result<User, Error> {
///     let name = call.bearer_token().ok_or(Code::Unauthorized)?;
///     Ok(User { name: name.to_owned() })
/// }
///
/// #[procedure(with = authenticate)]
/// async fn who_am_i(user: &User) -> String {
///     user.name.clone()
/// }
/// # fn main() {}
/// ```
///
/// The function is unchanged. The macro adds a hidden type of the same name, in the
/// type namespace.
///
/// # Arguments
///
/// Identified by their types, in any order, each optional: by reference, extractors of
/// the context in front of it, as for a [`macro@procedure`]; by value, `Next` or
/// `Next<T>`.
///
/// # Results
///
/// * Without `Next`: a value for the procedures behind it, `T` or `Result<T, E>`. They may borrow it as `&T`,
///   beside the values of the context, which has each type once. An error ends the call. `()` adds no value: the
///   middleware only admits or refuses calls.
/// * With `Next<T>`: `Result<Completed, E>`. The function runs the rest of the call by
///   `next.with(value)`, or `next.run()` for `Next<()>`, and returns its result; or
///   ends the call without it.
///
/// The errors of `E` are declared to clients with those of every procedure behind it.
/// The middleware runs before the input is checked.
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
/// ```
/// use orpc_runtime::prelude::*;
///
/// struct App {
///     motd: String,
/// }
///
/// #[router(context = App)]
/// mod api {
///     use super::*;
///
///     /// `client.ping()`
///     #[procedure]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
///
///     #[router]
///     pub mod news {
///         use super::*;
///
///         /// `client.news.today()`
///         #[procedure]
///         pub async fn today(app: &App) -> String {
///             app.motd.clone()
///         }
///     }
/// }
///
/// # fn main() {
/// let service = Rpc::new(api::router()).http(App { motd: "Nothing new".to_owned() });
/// # }
/// ```
///
/// Entries are functions with [`macro@procedure`] and modules with `#[router]`, each by this
/// name, also under `cfg_attr`; and `#[procedure] pub use path::name;` or `#[router] pub use
/// path::module;` for one from another module. Items with procedures that would not be served are
/// refused: a module without `#[router]` that has some, another `pub use` of a function or
/// module, a macro that is not defined in the module.
///
/// # Options
///
/// * `context = Type`: the context that its procedures may borrow, a path as
///   seen inside the module. Without it a nested router has the context of the
///   one around it, and any other router fits every context;
/// * `name = "…"`: the name below the router around it, otherwise the module's in
///   camelCase;
/// * `with = middleware` or `with = [first, second]`: middlewares that run before every
///   call of the router and may extend the context of its procedures and of nested
///   routers, see [`macro@middleware`];
/// * `hooks = value` or `hooks = [first, second]`: paths of values, such as unit
///   structs, that observe every call;
/// * `crate = "…"`: the path of `orpc_runtime` where it has another name.
#[proc_macro_attribute]
pub fn router(arguments: TokenStream, item: TokenStream) -> TokenStream {
    router::expand(arguments.into(), item.into()).into()
}

/// Makes an enum the typed error of procedures: every variant is declared to clients.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[derive(Debug, RpcError)]
/// enum OrderError {
///     /// `{ code: "SOLD_OUT", status: 409, data: { left: number } }` in TypeScript.
///     #[rpc_error(status = 409)]
///     SoldOut { left: u32 },
///     /// Not declared: clients read `INTERNAL_SERVER_ERROR`, the log has the cause.
///     #[rpc_error(internal)]
///     Storage(std::io::Error),
/// }
///
/// #[procedure]
/// async fn order(count: u32) -> Result<u32, OrderError> {
///     let stock: u32 = std::fs::read_to_string("stock")?.parse().unwrap_or(0);
///     stock.checked_sub(count).ok_or(OrderError::SoldOut { left: stock })
/// }
/// # fn main() {}
/// ```
///
/// # Attributes of a variant
///
/// * `#[rpc_error(code = "…")]`: UPPER_SNAKE_CASE; by default derived from the
///   variant's name;
/// * `#[rpc_error(status = …)]`: 400..=599; by default the code's own, otherwise 500;
/// * `#[rpc_error(message = "…")]`: by default the code's own, otherwise the code;
/// * `#[rpc_error(transparent)]`: the only field is an error of its own and reaches the
///   client unchanged;
/// * `#[rpc_error(internal)]`: not declared; the client reads INTERNAL_SERVER_ERROR,
///   and the only field, if there is one, is logged.
///
/// `?` converts a value of the type of a transparent or internal field, unless `from = false`
/// stands beside the word or the field has the `#[from]` of another derive.
///
/// `?` converts the enum into an `Error` with the same code and data, also if the enum
/// derives `thiserror::Error`. For this the enum is not `Unpin`, and an internal error
/// that contains it is not converted by `?`.
///
/// A variant's fields are the error's data: named ones form an object, a single unnamed
/// one is the data. Attributes of serde and schemars on them apply, and so do
/// `rename_all` on a variant and `rename_all_fields` on the enum.
///
/// `crate = "…"` on the enum is the path of `orpc_runtime` where it has another name.
#[proc_macro_derive(RpcError, attributes(rpc_error, serde, schemars))]
pub fn rpc_error(item: TokenStream) -> TokenStream {
    error::expand(item.into()).into()
}

/// Derives `schemars::JsonSchema`, with the constraints that schemars' own derive
/// ignores.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(rename_all = "camelCase")]
/// struct SignUp {
///     #[schemars(email)]
///     mail: String,
///     #[schemars(length(min = 12, max = 100))]
///     pass_phrase: String,
///     #[schemars(range(min = 18))]
///     age: Option<u8>,
/// }
///
/// #[procedure]
/// async fn sign_up(input: SignUp) {
///     println!("{} of {:?} years: {}", input.mail, input.age, input.pass_phrase.len());
/// }
/// # fn main() {}
/// ```
///
/// The attributes are those of schemars, with the same meaning: `#[schemars(…)]`,
/// `#[serde(…)]`, `#[validate(…)]`, `#[garde(…)]`. The schema is schemars' own. In
/// addition
///
/// * `length`, `range`, `pattern`, `regex`, `contains`, `email`, `url`, `ip`, `ipv4`,
///   `ipv6` and `inner` apply to fields of every type, including structs, enums, maps,
///   and `Option` or `Box` of these. A constraint that no value can violate is an
///   error: at compile time if the type's name shows it, otherwise when a router is
///   built;
/// * `#[serde(alias = "…")]` and `#[serde(other)]` are accepted, as serde does;
/// * `#[serde(tag = "…")]` on a struct, skipped payloads, tuples with defaults and
///   adjacently tagged options follow serde;
/// * a map whose keys are not strings, and a type that recurses without an array or
///   object in between, are errors when a router is built.
///
/// `#[json_schema(crate = "…")]` on the type is the path of `orpc_runtime` where it has
/// another name.
#[proc_macro_derive(JsonSchema, attributes(json_schema, schemars, serde, validate, garde))]
pub fn json_schema(item: TokenStream) -> TokenStream {
    schema::expand(item.into()).into()
}

/// Names that JavaScript finds on every object, as a list of texts for the runtime.
#[doc(hidden)]
#[proc_macro]
pub fn reserved_names(_: TokenStream) -> TokenStream {
    let names = naming::RESERVED;
    quote::quote!([#(#names),*]).into()
}
