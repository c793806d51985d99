//! A file whose macros are expanded.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, File, Item, Meta};

use crate::parse::items::is_attribute;

/// The inputs, by the names of their files. A new file is found by itself.
pub(super) fn inputs() -> Vec<(String, String)> {
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("its names are UTF-8");
        if let Some(name) = name.strip_suffix(".rs")
            && !name.ends_with(".expanded")
        {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            inputs.push((name.to_owned(), text));
        }
    }
    inputs.sort();
    inputs
}

/// Returns the folder of inputs and expansions.
pub(super) fn folder() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expansions")
}

/// Expands the macros of this crate in the order of the compiler: the outer ones first,
/// then those in their output.
pub(super) fn expand(file: &mut File) {
    file.items = file.items.drain(..).flat_map(expand_item).collect();
}

type Expand = fn(TokenStream, TokenStream) -> TokenStream;

const ATTRIBUTES: [(&str, Expand); 4] = [
    ("procedure", crate::procedure::expand),
    ("router", crate::router::expand),
    ("middleware", crate::middleware::expand),
    ("contract", crate::contract::expand),
];

fn expand_item(mut item: Item) -> Vec<Item> {
    if let Some(attributes) = attributes(&mut item) {
        let ours = |attribute: &Attribute| {
            ATTRIBUTES.iter().find(|(name, _)| is_attribute(attribute, name))
        };
        if let Some(index) = attributes.iter().position(|it| ours(it).is_some()) {
            let attribute = attributes.remove(index);
            let (_, expand) = ours(&attribute).expect("it is at that place");
            let expanded = expand(arguments(&attribute), item.into_token_stream());
            return parse(expanded).into_iter().flat_map(expand_item).collect();
        }
        let derive = |attribute: &Attribute| {
            is_attribute(attribute, "derive")
                && arguments(attribute).to_string().contains("RpcError")
        };
        if let Some(index) = attributes.iter().position(derive) {
            attributes.remove(index);
            let derived = crate::error::expand(item.to_token_stream());
            return [item].into_iter().chain(parse(derived)).collect();
        }
    }
    if let Item::Mod(module) = &mut item
        && let Some((_, items)) = &mut module.content
    {
        *items = items.drain(..).flat_map(expand_item).collect();
    }
    vec![item]
}

fn parse(tokens: TokenStream) -> Vec<Item> {
    let text = tokens.to_string();
    let file: File =
        syn::parse2(tokens).unwrap_or_else(|error| panic!("these are no items ({error}): {text}"));
    file.items
}

/// The attributes of an item that can have one of ours.
fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Mod(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Trait(item) => Some(&mut item.attrs),
        _ => None,
    }
}

fn arguments(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}
