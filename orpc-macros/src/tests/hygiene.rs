//! Hygiene: generated code refers only to the hidden module, `core`, itself and the
//! user's names, because a name of the prelude may be shadowed.
//!
//! The user's own names are prefixed with `user::` first, and bodies emptied. Names
//! without a prefix in the expansion are then the macros'.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, ConstParam, Expr, ExprMethodCall, File, ItemConst, ItemEnum, ItemFn, ItemMod,
    ItemStruct, ItemTrait, ItemType, ItemUse, Lit, Macro, Meta, PatIdent, Path, PathSegment, Token,
    TypeParam, UseTree, VisRestricted, Visibility,
};

use super::file;

/// Methods of the runtime's own types and of `Vec`: no trait has to be in scope.
const METHODS: [&str; 17] = [
    "allow_get",
    "append",
    "behind",
    "data",
    "deprecated",
    "docs",
    "hibernating",
    "into_defined",
    "message",
    "meta",
    "push",
    "status",
    "stream",
    "unary",
    "with_data",
    "with_message",
    "with_status",
];

#[test]
fn generated_code_names_the_hidden_module_and_core_alone() {
    let mut wrong = Vec::new();
    for (name, input) in file::inputs() {
        let mut file = syn::parse_file(&input).expect("an input is Rust");
        let runtimes = runtimes(&file);
        BehindUser.visit_file_mut(&mut file);
        file::expand(&mut file);
        wrong.extend(scan(&file, &runtimes).into_iter().map(|path| format!("{name}: {path}")));
    }
    assert!(wrong.is_empty(), "generated code leans on names in scope:\n{}", wrong.join("\n"));
}

#[test]
fn names_that_lean_on_the_scope_are_found() {
    let cases = [
        ("fn f() { Some(1) }", "Some"),
        ("fn f() -> Result<(), ()> { loop {} }", "Result<(),()>"),
        ("fn f() { let x = String::new(); }", "String::new"),
        ("fn f(x: Option<::core::primitive::u8>) {}", "Option<::core::primitive::u8>"),
        ("fn f(x: bool) {}", "bool"),
        ("fn f() { vec![1]; }", "vec!"),
        ("fn f() { ::core::assert!(drop(1)); }", "drop"),
        ("fn f() { match x { None => {} } }", "None"),
        ("fn f() { <X as Default>::default() }", "X"),
        ("fn f<T: Send>() {}", "Send"),
        ("fn f<T>() where T: ?Sized {}", "Sized"),
        ("impl Clone for user::X {}", "Clone"),
        ("fn f() { ::std::mem::drop(1) }", "::std::mem::drop"),
        ("fn f() { ::orpc_runtime::procedure() }", "::orpc_runtime::procedure"),
        ("fn f() { orpc_runtime::__private::f() }", "orpc_runtime::__private::f"),
        ("fn f() { super::x() }", "super::x"),
        ("fn f(x: user::X) { x.into(); }", ".into()"),
        ("#[derive(Clone)] struct X;", "Clone"),
        ("#[serde(crate = \"serde\")] struct X;", "serde"),
        ("#[tokio::main] fn f() {}", "#[tokio::main]"),
        ("type X = dyn Fn();", "Fn()"),
        ("use std::vec::Vec;", "use std :: vec :: Vec ;"),
    ];
    for (text, name) in cases {
        let wrong = scan(&syn::parse_file(text).expect("a case is Rust"), &[default_runtime()]);
        assert!(wrong.contains(&name.to_owned()), "{text}: {wrong:?}");
    }
}

/// The paths that lean on what is in scope.
fn scan(file: &File, runtimes: &[Path]) -> Vec<String> {
    let mut file = file.clone();
    let mut declared = Declared::default();
    declared.visit_file_mut(&mut file);
    let mut uses = Uses { declared: declared.0, runtimes, wrong: Vec::new() };
    uses.visit_file_mut(&mut file);
    uses.wrong
}

fn default_runtime() -> Path {
    syn::parse_quote!(::orpc_runtime)
}

/// The paths of `orpc_runtime` in a file: the plain one, and each `crate = "…"`.
fn runtimes(file: &File) -> Vec<Path> {
    fn collect(tokens: TokenStream, found: &mut Vec<Path>) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            if let proc_macro2::TokenTree::Group(group) = token {
                collect(group.stream(), found);
            }
            if token.to_string() == "crate"
                && let Some(proc_macro2::TokenTree::Literal(text)) = tokens.get(index + 2)
                && let Lit::Str(text) = Lit::new(text.clone())
            {
                found.push(text.parse().expect("`crate` is a path"));
            }
        }
    }
    let mut found = vec![default_runtime()];
    collect(file.to_token_stream(), &mut found);
    found
}

/// Puts paths behind `user::`, and empties bodies.
struct BehindUser;

impl VisitMut for BehindUser {
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let Meta::List(list) = &mut attribute.meta {
            list.tokens = named_behind_user(list.tokens.clone());
        }
    }

    fn visit_visibility_mut(&mut self, _: &mut Visibility) {}

    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.clear();
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        path.leading_colon = None;
        path.segments.insert(0, PathSegment::from(Ident::new("user", Span::call_site())));
    }
}

/// `with = [a, b], validate = f, hooks = C, context = D` with the paths behind `user::`.
fn named_behind_user(tokens: TokenStream) -> TokenStream {
    let mut names_paths = false;
    let behind = |token: proc_macro2::TokenTree| match token {
        proc_macro2::TokenTree::Ident(ident)
            if ["with", "validate", "hooks", "context"].iter().any(|key| ident == key) =>
        {
            names_paths = true;
            ident.into_token_stream()
        }
        proc_macro2::TokenTree::Ident(ident) if names_paths => {
            names_paths = false;
            quote!(user::#ident)
        }
        proc_macro2::TokenTree::Group(group) if names_paths => {
            names_paths = false;
            let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(group.stream());
            let paths = paths.expect("a list of paths").into_iter();
            let paths = paths.map(|path| quote!(user::#path));
            quote!([#(#paths),*])
        }
        token => token.into_token_stream(),
    };
    tokens.into_iter().map(behind).collect()
}

/// The names that the file declares itself.
#[derive(Default)]
struct Declared(HashSet<String>);

impl Declared {
    fn add(&mut self, ident: &Ident) {
        self.0.insert(ident.to_string());
    }
}

impl VisitMut for Declared {
    fn visit_item_const_mut(&mut self, item: &mut ItemConst) {
        self.add(&item.ident);
        visit_mut::visit_item_const_mut(self, item);
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        self.add(&item.ident);
        visit_mut::visit_item_enum_mut(self, item);
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.add(&item.sig.ident);
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_item_mod_mut(&mut self, item: &mut ItemMod) {
        self.add(&item.ident);
        visit_mut::visit_item_mod_mut(self, item);
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        self.add(&item.ident);
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_item_trait_mut(&mut self, item: &mut ItemTrait) {
        self.add(&item.ident);
        visit_mut::visit_item_trait_mut(self, item);
    }

    fn visit_item_type_mut(&mut self, item: &mut ItemType) {
        self.add(&item.ident);
        visit_mut::visit_item_type_mut(self, item);
    }

    fn visit_type_param_mut(&mut self, parameter: &mut TypeParam) {
        self.add(&parameter.ident);
        visit_mut::visit_type_param_mut(self, parameter);
    }

    fn visit_const_param_mut(&mut self, parameter: &mut ConstParam) {
        self.add(&parameter.ident);
        visit_mut::visit_const_param_mut(self, parameter);
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        // `None` is a pattern of this kind, too: a binding is lower-case.
        if pattern.ident.to_string().starts_with(char::is_lowercase) {
            self.add(&pattern.ident);
        }
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}

/// Finds the paths that lean on what is in scope.
struct Uses<'a> {
    declared: HashSet<String>,
    runtimes: &'a [Path],
    wrong: Vec<String>,
}

impl Uses<'_> {
    fn is_right(&self, path: &Path) -> bool {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let of_runtime = self.runtimes.iter().any(|runtime| {
            let segments = &runtime.segments;
            runtime.leading_colon.is_some() == path.leading_colon.is_some()
                && segments.len() < names.len()
                && segments.iter().zip(&names).all(|(segment, name)| segment.ident == name)
                // The type of `router()` is the one name that users see; a macro is at the root.
                && ["Contract", "__private", "Router", "__is_lent_twice"].contains(&names[segments.len()])
        });
        if of_runtime {
            return true;
        }
        match (&path.leading_colon, names.as_slice()) {
            (Some(_), ["core", ..]) => true,
            (Some(_), _) => false,
            (None, ["user" | "Self", ..] | ["self"]) => true,
            (None, ["self", name, ..] | [name, ..]) if self.declared.contains(*name) => true,
            // The context of the router around a nested one.
            (None, ["super", name]) => *name == "__RouterContext" || self.declared.contains(*name),
            _ => false,
        }
    }

    fn text(&self, path: &Path) -> String {
        path.to_token_stream().to_string().replace(' ', "")
    }
}

/// The path of `use a::b as _;`.
fn path_of(item: &ItemUse) -> Path {
    let mut segments = Punctuated::new();
    let mut tree = &item.tree;
    while let UseTree::Path(path) = tree {
        segments.push(PathSegment::from(path.ident.clone()));
        tree = &path.tree;
    }
    if let UseTree::Rename(rename) = tree {
        segments.push(PathSegment::from(rename.ident.clone()));
    }
    Path { leading_colon: item.leading_colon, segments }
}

impl VisitMut for Uses<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        if !self.is_right(path) {
            self.wrong.push(self.text(path));
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_vis_restricted_mut(&mut self, _: &mut VisRestricted) {}

    fn visit_item_use_mut(&mut self, item: &mut ItemUse) {
        if self.is_right(&path_of(item)) {
            return;
        }
        let first = match &item.tree {
            UseTree::Path(path) => path.ident.to_string(),
            _ => String::new(),
        };
        // `super` is the user's.
        let is_right =
            if item.leading_colon.is_some() { first == "core" } else { first == "super" };
        if !is_right {
            self.wrong.push(item.to_token_stream().to_string());
        }
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        let name = pattern.ident.to_string();
        if !self.declared.contains(&name) {
            self.wrong.push(name);
        }
        visit_mut::visit_pat_ident_mut(self, pattern);
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        if !METHODS.iter().any(|method| call.method == method) {
            self.wrong.push(format!(".{}()", call.method));
        }
        visit_mut::visit_expr_method_call_mut(self, call);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        if !self.is_right(&call.path) {
            self.wrong.push(format!("{}!", self.text(&call.path)));
        }
        if call.path.segments.last().is_some_and(|last| last.ident == "__is_lent_twice") {
            return;
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        match arguments.parse2(call.tokens.clone()) {
            Ok(arguments) => arguments.into_iter().for_each(|mut e| self.visit_expr_mut(&mut e)),
            Err(_) => self.wrong.push(format!("cannot look into {}", call.to_token_stream())),
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        // With `rpc_error`, which the user alone writes.
        const BUILT_IN: [&str; 7] =
            ["allow", "cfg", "deprecated", "doc", "must_use", "repr", "rpc_error"];
        const OF_DERIVES: [&str; 3] = ["json_schema", "schemars", "serde"];
        let is = |name: &&str| attribute.path().is_ident(name);
        if BUILT_IN.iter().any(is) {
            return;
        }
        let Meta::List(list) = &attribute.meta else {
            self.wrong.push(attribute.to_token_stream().to_string().replace(' ', ""));
            return;
        };
        if is(&"derive") {
            let paths = Punctuated::<Path, Token![,]>::parse_terminated;
            let paths = paths.parse2(list.tokens.clone()).expect("a derive has paths");
            paths.into_iter().for_each(|mut path| self.visit_path_mut(&mut path));
        } else if OF_DERIVES.iter().any(is) {
            // `crate = "…"`; all else are names of the derive's own.
            let options = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    let path: syn::LitStr = meta.value()?.parse()?;
                    let path: Path = path.parse()?;
                    let is_root =
                        self.runtimes.iter().any(|root| self.text(root) == self.text(&path));
                    if !is_root && !self.is_right(&path) {
                        self.wrong.push(self.text(&path));
                    }
                } else if meta.input.peek(Token![=]) {
                    meta.value()?.parse::<Expr>()?;
                } else if meta.input.peek(syn::token::Paren) {
                    let list;
                    syn::parenthesized!(list in meta.input);
                    list.parse::<TokenStream>()?;
                }
                Ok(())
            });
            options.expect("these are options of a derive");
        } else {
            self.wrong.push(attribute.to_token_stream().to_string().replace(' ', ""));
        }
    }
}
