//! Completion in an editor while code is typed.
//!
//! rust-analyzer hands code with mistakes to the macros: what is typed stays in the
//! expansion, as completion works there, and the items around it are whole. It mends
//! expressions first, with `__ra_fixup` for a missing name, `{}` for a missing block,
//! `;` after a statement, and the name alone for an expression that it cannot repair;
//! it closes open delimiters. Signatures and attributes arrive as typed. The compiler
//! stops at most of these before it expands anything.
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Bodies as rust-analyzer passes them, and as typed where that has tokens.
const BODIES: [&str; 25] = [
    "{ app. }",
    "{ app.__ra_fixup }",
    "{ app.; }",
    "{ app.__ra_fixup ; list() ; }",
    "{ let x = app. }",
    "{ let x = app.__ra_fixup ; }",
    "{ let x = }",
    "{ let x = ; }",
    "{ let }",
    "{ __ra_fixup }",
    "{ for _ in __ra_fixup {} }",
    "{ match __ra_fixup {} }",
    "{ match app { Some => } }",
    "{ if __ra_fixup {} }",
    "{ while app {} }",
    "{ path :: __ra_fixup }",
    "{ path:: }",
    "{ Receipt { id: __ra_fixup } }",
    "{ Receipt { id: } }",
    "{ || __ra_fixup }",
    "{ app.send(input, ) }",
    "{ app.send(, ) }",
    "{ x y z }",
    "{ fn }",
    "{ # }",
];

/// Half-typed signatures.
const SIGNATURES: [&str; 23] = [
    "pub async fn send(app: &App, ) -> Receipt {}",
    "pub async fn send(app: &App, inp) -> Receipt {}",
    "pub async fn send(app: &App, inp:) -> Receipt {}",
    "pub async fn send(app: &App, inp: ) -> Receipt {}",
    "pub async fn send(app: &App, inp: Vec<) -> Receipt {}",
    "pub async fn send(app: &) -> Receipt {}",
    "pub async fn send(app: &App,, input: String) {}",
    "pub async fn send(app) {}",
    "pub async fn send(&) {}",
    "pub async fn send(app: &App) -> {}",
    "pub async fn send(app: &App) -> Result< {}",
    "pub async fn send(app: &App) -> Result<, Error> {}",
    "pub async fn send(app: &App) - {}",
    "pub async fn send(app: &App)",
    "pub async fn send(app: &App) -> Receipt",
    "pub async fn send()",
    "pub async fn send",
    "pub async fn send {}",
    "pub async fn send<T {}",
    "pub async fn send(app: crate::) {}",
    "pub async fn send() -> impl {}",
    "pub async fn send() -> impl Stream<Item = > {}",
    "pub async fn send() where {}",
];

/// Half-typed contents of an attribute's parentheses.
const ARGUMENTS: [&str; 16] = [
    "na",
    "name",
    "name =",
    "name = po",
    "name = \"post\" meth",
    "name = \"post\",, ",
    ", name = \"post\"",
    "name = \"post\", method",
    "method =",
    "method = GE",
    "meta",
    "meta(",
    "meta(a",
    "meta(a =",
    "meta(a = 1 b)",
    "= # .",
];

/// Other functions of a module, which have to survive.
const BEFORE: &str = "#[procedure] pub async fn first(text: String) -> usize { text.len() }";
const AFTER: &str =
    "#[procedure(name = \"end\")] pub fn last() -> impl Stream<Item = u8> { empty() }";

#[test]
fn a_half_typed_body_leaves_the_procedure_whole() {
    for body in BODIES {
        let item =
            tokens(&format!("pub async fn send(app: &App, input: String) -> Receipt {body}"));
        let expanded = crate::procedure::expand(TokenStream::new(), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "pub struct send {}");
        assert_contains(&expanded, "for send");
        assert!(!contains(&expanded, "compile_error"), "{body}: {expanded}");
    }
}

#[test]
fn an_unknown_type_leaves_the_procedure_whole() {
    let item = tokens("pub async fn send(app: &Ap, input: Sen) -> Recei { app }");
    let expanded = crate::procedure::expand(TokenStream::new(), item.clone());
    assert_starts_with(&expanded, &item);
    assert_contains(&expanded, "type __Input = Sen;");
    assert_contains(&expanded, "type __Returned = Recei;");
    assert!(!contains(&expanded, "compile_error"), "{expanded}");
}

#[test]
fn a_half_typed_signature_leaves_the_function_and_its_name() {
    for signature in SIGNATURES {
        let item = tokens(signature);
        let expanded = crate::procedure::expand(TokenStream::new(), item.clone());
        assert_starts_with(&expanded, &item);
        // Otherwise each use of the procedure would be reported as well.
        assert_contains(&expanded, "pub struct send {}");
    }
}

#[test]
fn a_half_typed_middleware_leaves_the_function_and_its_name() {
    for body in BODIES {
        let item = tokens(&format!("pub async fn send(app: &App, call: &Call) -> User {body}"));
        let expanded = crate::middleware::expand(TokenStream::new(), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "type __Returned = User;");
        assert!(!contains(&expanded, "compile_error"), "{body}: {expanded}");
    }
    for item in SIGNATURES.map(tokens) {
        let expanded = crate::middleware::expand(TokenStream::new(), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "pub struct send {}");
    }
    let item = tokens("pub async fn send(app: &App) -> User { app. }");
    for arguments in ARGUMENTS {
        let expanded = crate::middleware::expand(closed(arguments), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "pub struct send {}");
    }
}

#[test]
fn a_middleware_with_mistakes_lends_what_nothing_is_said_of() {
    let item = tokens("pub async fn send(app: App) -> User { app }");
    let expanded = crate::middleware::expand(TokenStream::new(), item);
    let lines = expanded.to_string();
    assert_eq!(lines.matches("compile_error").count(), 1, "{expanded}");
    let context = lines.split("type Context").nth(1).expect("it has a context");
    let context = context.split(';').take(2).collect::<String>();
    assert!(context.contains("compile_error"), "{expanded}");
}

#[test]
fn other_procedures_of_a_contract_survive_a_half_typed_one() {
    let methods = [
        "async fn send(&self, inp);",
        "async fn send(&self, inp:) -> Receipt;",
        "async fn send(&self, ) -> Result<;",
        "async fn send(&self, ) -> ;",
        "async fn send(&self) -> Receipt { self. }",
        "async fn send(&self) -> Receipt { self.__ra_fixup }",
        "async fn send(&);",
        "async fn send();",
        "async fn send",
        "async fn ;",
        "async",
        "fn",
        "#[procedure(na)] async fn send(&self);",
        "#[procedure =] async fn send(&self);",
        "#[] async fn send(&self);",
    ];
    for method in methods {
        let module = format!(
            "pub trait Chat {{ async fn first(&self, text: String) -> usize; {method} async fn last(&self); }}"
        );
        let expanded = crate::contract::expand(TokenStream::new(), tokens(&module));
        assert_contains(&expanded, "pub trait Chat");
        assert_contains(&expanded, "fn first(&self, text: String)");
        assert_contains(&expanded, "fn last(&self)");
        // Otherwise each use of the contract's module would be reported as well.
        assert_contains(&expanded, "pub mod chat");
        assert_contains(&expanded, "pub struct first {}");
        assert_contains(&expanded, "pub fn router<Implementation:");
        assert_contains(&expanded, "pub fn contract()");
    }
}

#[test]
fn a_function_without_a_name_is_left_as_it_is() {
    for text in ["pub", "pub async", "pub async fn", "pub async fn (app: &App) {}", "", "async"] {
        let item = tokens(text);
        let expanded = crate::procedure::expand(TokenStream::new(), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "compile_error");
    }
}

#[test]
fn a_half_typed_attribute_leaves_the_function_and_its_name() {
    let item = tokens("pub async fn send(app: &App) -> Receipt { app. }");
    for arguments in ARGUMENTS {
        let expanded = crate::procedure::expand(closed(arguments), item.clone());
        assert_starts_with(&expanded, &item);
        assert_contains(&expanded, "pub struct send {}");
    }
}

#[test]
fn other_procedures_survive_a_half_typed_one() {
    let bodies = BODIES.iter().map(|body| format!("pub async fn send(app: &App) {body}"));
    let signatures = SIGNATURES.iter().map(|&signature| signature.to_owned());
    for function in bodies.chain(signatures) {
        let item = format!("#[procedure] {function}");
        let expanded = router(&format!("{BEFORE} {item} {AFTER}"));
        assert_contains(&expanded, &function);
        assert_survived(&expanded, &item);
    }
}

#[test]
fn other_procedures_survive_a_half_typed_attribute_of_one() {
    let attributes = ARGUMENTS.iter().map(|arguments| format!("procedure({})", closed(arguments)));
    let others = ["procedure =", "procedure.", "pro", "orpc_runtime::", "doc =", "= x", "", "1"];
    for attribute in attributes.chain(others.map(str::to_owned)) {
        let item = format!("#[{attribute}] pub async fn send(app: &App) {{ app. }}");
        let expanded = router(&format!("{BEFORE} {item} {AFTER}"));
        assert_contains(&expanded, "pub async fn send(app: &App) { app. }");
        assert_survived(&expanded, &item);
    }
}

#[test]
fn other_procedures_survive_what_is_no_item() {
    let items = [
        "p",
        "pub",
        "pub struct",
        "struct S { a: }",
        "use super::;",
        "use ",
        "impl ",
        "let x = app.;",
    ];
    for item in items {
        let expanded = router(&format!("{BEFORE} {AFTER} {item}"));
        assert_contains(&expanded, item);
        assert_survived(&expanded, item);
    }
}

#[test]
fn a_half_typed_attribute_of_a_router_leaves_the_module() {
    let module = tokens(&format!("pub mod api {{ {BEFORE} {AFTER} }}"));
    for arguments in [
        "con",
        "context",
        "context =",
        "context = crate::",
        "context = &",
        "name",
        ",",
        "with",
        "with =",
        "with = [",
        "with = [a,",
        "with = a::",
        "hooks = [a b",
    ] {
        let expanded = crate::router::expand(closed(arguments), module.clone());
        assert_contains(&expanded, BEFORE);
        assert_contains(&expanded, AFTER);
        assert_contains(&expanded, "pub fn router");
    }
}

#[test]
fn a_half_typed_module_is_left_as_it_is() {
    for module in ["pub", "pub mod", "pub mod api", "pub mod api;", "mod {}", ""] {
        let module = tokens(module);
        let expanded = crate::router::expand(TokenStream::new(), module.clone());
        assert_starts_with(&expanded, &module);
        assert_contains(&expanded, "compile_error");
    }
}

#[test]
fn a_half_typed_error_gives_one_message() {
    let enums = [
        "pub enum SendError { TooFast { retry_after: } }",
        "pub enum SendError { #[rpc_error(co)] TooFast }",
        "pub enum SendError { #[rpc_error(code =)] TooFast }",
        "pub enum SendError",
        "pub enum",
    ];
    for text in enums {
        let expanded = crate::error::expand(closed(text));
        assert_contains(&expanded, "compile_error");
    }
}

#[test]
fn the_compiler_sees_no_tokens_where_a_delimiter_is_open() {
    // Nothing reaches the macros then; rust-analyzer closes it, see `closed`.
    for text in ["fn send(app: &App, ", "#[procedure(na", "fn send() { app.send( }", "fn f() { ' }"]
    {
        assert!(TokenStream::from_str(text).is_err(), "{text}");
    }
}

/// The router of a module with that content and no options.
fn router(content: &str) -> TokenStream {
    let module = format!("pub mod api {{ {content} }}");
    crate::router::expand(TokenStream::new(), tokens(&module))
}

/// The procedures around the item are as they were, and in the router.
fn assert_survived(expanded: &TokenStream, item: &str) {
    for (procedure, name) in [(BEFORE, "first"), (AFTER, "last")] {
        assert_contains(expanded, procedure);
        let step = format!("procedure::<self::{name}, _>");
        assert!(contains(expanded, &step), "`{item}` takes `{name}` out: {expanded}");
    }
}

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(text).unwrap_or_else(|error| panic!("`{text}` is no tokens: {error}"))
}

/// The tokens of a text whose open delimiters are closed at its end.
fn closed(text: &str) -> TokenStream {
    let mut open = Vec::new();
    for character in text.chars() {
        match character {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            _ if open.last() == Some(&character) => drop(open.pop()),
            _ => {}
        }
    }
    let end: String = open.into_iter().rev().collect();
    tokens(&format!("{text}{end}"))
}

/// The single tokens, as texts: how they were spaced does not count.
fn flat(tokens: &TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                texts.push(open.to_owned());
                texts.extend(flat(&group.stream()));
                texts.push(close.to_owned());
            }
            token => texts.push(token.to_string()),
        }
    }
    texts
}

fn contains(expanded: &TokenStream, part: &str) -> bool {
    let (all, part) = (flat(expanded), flat(&tokens(part)));
    all.windows(part.len()).any(|window| window == part)
}

fn assert_contains(expanded: &TokenStream, part: &str) {
    assert!(contains(expanded, part), "`{part}` is not in {expanded}");
}

fn assert_starts_with(expanded: &TokenStream, item: &TokenStream) {
    assert!(flat(expanded).starts_with(&flat(item)), "`{item}` is not left in {expanded}");
}
