//! The hidden twin of a type, which schemars' derive is given.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Generics, LitStr, Type, Variant};

use super::attributes::{Attributes, Item};
use super::checks::{checks, is_check, types, unwrapped};
use crate::diagnostics::Diagnostics;
use crate::runtime::{Runtime, at};

/// The twin, and what is added to its schema.
pub(super) struct Twin {
    pub(super) name: Ident,
    pub(super) item: TokenStream,
    /// The member and its text that serde writes in front of a struct's fields.
    pub(super) tag: Option<(LitStr, LitStr)>,
    /// The number of the first field of a tuple that may be left out.
    pub(super) optional_from: Option<usize>,
    /// The types of the fields, each with the field's name.
    pub(super) fields: Vec<(String, Type)>,
    /// The types of the keys of maps, each with the field's name.
    pub(super) keys: Vec<(String, Type)>,
    /// The payloads that stand beside a tag.
    pub(super) payloads: Vec<Payload>,
}

/// A payload that stands beside a tag.
pub(super) struct Payload {
    pub(super) variant: String,
    pub(super) ty: Type,
    pub(super) is_read: bool,
    pub(super) is_written: bool,
}

/// The form of an enum.
enum Tagging {
    External,
    Internal(LitStr),
    Adjacent(LitStr, LitStr),
    Untagged,
}

impl Tagging {
    fn of(container: &Attributes) -> Self {
        match (container.text("tag"), container.text("content")) {
            _ if container.has("untagged") => Self::Untagged,
            (Some(tag), Some(content)) => Self::Adjacent(tag, content),
            (Some(tag), None) => Self::Internal(tag),
            _ => Self::External,
        }
    }

    /// The form as the runtime reads it.
    fn annotation(&self) -> TokenStream {
        match self {
            Self::External => quote!("form": "external",),
            Self::Internal(tag) => quote!("form": "internal", "tag": #tag,),
            Self::Adjacent(tag, content) => {
                quote!("form": "adjacent", "tag": #tag, "content": #content,)
            }
            Self::Untagged => quote!("form": "untagged",),
        }
    }
}

/// Builds the parts of a twin.
struct Builder<'a> {
    runtime: &'a Runtime,
    owner: &'a Ident,
    /// `Name::<T>`, which stands for `Self`.
    own_type: TokenStream,
    errors: &'a mut Diagnostics,
    fields: Vec<(String, Type)>,
    keys: Vec<(String, Type)>,
    payloads: Vec<Payload>,
}

impl Twin {
    pub(super) fn of(input: &DeriveInput, runtime: &Runtime, errors: &mut Diagnostics) -> Self {
        let container = Attributes::of(&input.attrs);
        let owner = &input.ident;
        // With a span of its own: at that of the user's type the compiler would warn that the twin is never constructed.
        let name = format_ident!("__SchemaOf{}", owner.unraw(), span = Span::mixed_site());
        let arguments = input.generics.split_for_impl().1;
        let turbofish = arguments.as_turbofish();
        let own_type = quote!(#owner #turbofish);
        let mut builder = Builder {
            runtime,
            owner,
            own_type,
            errors,
            fields: Vec::new(),
            keys: Vec::new(),
            payloads: Vec::new(),
        };
        let attributes = builder.container(input, &container);
        let (mut tag, mut optional_from) = (None, None);
        let body = match &input.data {
            Data::Struct(data) => {
                if matches!(data.fields, Fields::Named(_)) {
                    tag = struct_tag(owner, &container);
                }
                optional_from = optional_tail(&data.fields, container.has("default"));
                builder.fields(&data.fields, "")
            }
            Data::Enum(data) => {
                let tagging = Tagging::of(&container);
                let variants =
                    data.variants.iter().map(|variant| builder.variant(variant, &tagging));
                let variants: Vec<_> = variants.collect();
                quote!({ #(#variants),* })
            }
            Data::Union(_) => TokenStream::new(),
        };
        let Builder { fields, keys, payloads, .. } = builder;
        let item = item(input, &name, &attributes, &body);
        Self { name, item, tag, optional_from, fields, keys, payloads }
    }
}

/// Returns the name of a field or variant as one of generated code, which is of the edition
/// of this crate: a name that is a keyword only there is raw.
fn own_ident(ident: &Ident) -> Ident {
    let place = at(ident.span());
    match ident.to_string().as_str() {
        name @ ("async" | "await" | "dyn" | "gen" | "try") => Ident::new_raw(name, place),
        _ => {
            let mut ident = ident.clone();
            ident.set_span(place);
            ident
        }
    }
}

/// Returns the twin as an item.
fn item(
    input: &DeriveInput,
    name: &Ident,
    attributes: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Generics { where_clause, .. } = &input.generics;
    let parameters = without_defaults(&input.generics);
    match &input.data {
        Data::Enum(_) => quote!(#attributes enum #name #parameters #where_clause #body),
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            quote!(#attributes struct #name #parameters #where_clause #body)
        }
        _ => quote!(#attributes struct #name #parameters #body #where_clause;),
    }
}

/// Returns the parameters without defaults, for the implementation.
fn without_defaults(generics: &Generics) -> TokenStream {
    let parameters = generics.split_for_impl().0;
    parameters.to_token_stream()
}

/// Returns the member and its text that serde writes for `#[serde(tag = "…")]` on a
/// struct.
fn struct_tag(owner: &Ident, container: &Attributes) -> Option<(LitStr, LitStr)> {
    let tag = container.text("tag")?;
    let own = || LitStr::new(&owner.unraw().to_string(), owner.span());
    Some((tag, container.written_name().unwrap_or_else(own)))
}

/// Returns the index of the first field of a tuple with a default in serde.
fn optional_tail(fields: &Fields, all: bool) -> Option<usize> {
    let Fields::Unnamed(fields) = fields else { return None };
    if fields.unnamed.len() < 2 {
        return None;
    }
    let read: Vec<_> = fields
        .unnamed
        .iter()
        .map(|field| Attributes::of(&field.attrs))
        .filter(|attributes| !attributes.skips_reading())
        .collect();
    if all {
        return (!read.is_empty()).then_some(0);
    }
    read.iter().position(|attributes| attributes.has("default"))
}

impl Builder<'_> {
    /// Returns the attributes of the type.
    fn container(&mut self, input: &DeriveInput, container: &Attributes) -> TokenStream {
        let schemars = self.runtime.private_text("schemars");
        let is_named = container.schemars_text("rename").is_some()
            || container.has("rename")
            || container.has("remote");
        let rename = (!is_named).then(|| {
            let name = self.owner.unraw().to_string();
            quote!(, rename = #name)
        });
        let private = self.runtime.private_at(at(self.owner.span()));
        let is_deprecated =
            input.attrs.iter().any(|attribute| attribute.path().is_ident("deprecated"));
        let deprecated = is_deprecated.then(|| quote!(#[schemars(extend("deprecated" = true))]));
        let kept = self.kept(&input.attrs, true);
        // The fields of such a representation count as read, and these have no names that
        // could begin with an underscore.
        let is_tuple =
            matches!(&input.data, Data::Struct(data) if matches!(data.fields, Fields::Unnamed(_)));
        let representation = is_tuple.then(|| quote!(#[repr(C)]));
        quote! {
            #representation
            #[derive(#private::schemars::JsonSchema)]
            #[schemars(crate = #schemars #rename)]
            #deprecated
            #kept
        }
    }

    fn variant(&mut self, variant: &Variant, tagging: &Tagging) -> TokenStream {
        let attributes = Attributes::of(&variant.attrs);
        let kept = self.kept(&variant.attrs, false);
        let annotation = self.variant_annotation(variant, &attributes, tagging);
        let ident = own_ident(&variant.ident);
        let place = format!("{}.", variant.ident);
        let body = self.fields(&variant.fields, &place);
        quote!(#kept #annotation #ident #body)
    }

    /// Returns the attributes of a variant that schemars ignores.
    fn variant_annotation(
        &mut self,
        variant: &Variant,
        attributes: &Attributes,
        tagging: &Tagging,
    ) -> Option<TokenStream> {
        let tagging = if attributes.has("untagged") { &Tagging::Untagged } else { tagging };
        let mut members = TokenStream::new();
        let aliases = attributes.aliases();
        if !aliases.is_empty() {
            members.extend(quote!("aliases": [#(#aliases),*],));
        }
        if attributes.is_other() {
            members.extend(quote!("other": true,));
        }
        if let Fields::Unnamed(fields) = &variant.fields
            && fields.unnamed.len() == 1
            && let Some(field) = fields.unnamed.first()
        {
            let payload = Attributes::of(&field.attrs);
            let (unread, unwritten) = (payload.skips_reading(), payload.skips_writing());
            if unread {
                members.extend(quote!("unit_when_read": true,));
            }
            if unwritten {
                members.extend(quote!("unit_when_written": true,));
            }
            if matches!(tagging, Tagging::Adjacent(..)) && !unread {
                let schemars = self.runtime.private_at(at(field.ty.span()));
                let ty = self.own(field.ty.to_token_stream());
                members.extend(quote_spanned! {at(field.ty.span())=>
                    "optional_content": (<#ty as #schemars::schemars::JsonSchema>::_schemars_private_is_option()),
                });
            }
            if matches!(tagging, Tagging::Internal(_)) && !(unread && unwritten) {
                let place = format!("{}.{}", self.owner.unraw(), variant.ident.unraw());
                members.extend(quote!("is_newtype": true, "of": #place,));
                self.note_payload(variant, field, !unread, !unwritten);
            }
        }
        if matches!(tagging, Tagging::Adjacent(..)) && matches!(variant.fields, Fields::Unit) {
            members.extend(quote!("is_unit": true,));
        }
        if let Some(first) = optional_tail(&variant.fields, false) {
            members.extend(quote!("optional_from": #first,));
        }
        if members.is_empty() {
            return None;
        }
        let form = tagging.annotation();
        Some(quote!(#[schemars(extend("x-variant" = { #form #members }))]))
    }

    fn fields(&mut self, fields: &Fields, place: &str) -> TokenStream {
        match fields {
            Fields::Unit => TokenStream::new(),
            Fields::Named(named) => {
                let fields: Vec<_> = named
                    .named
                    .iter()
                    .map(|field| {
                        let name = field.ident.as_ref().map(|ident| ident.unraw().to_string());
                        self.field(field, &format!("{place}{}", name.unwrap_or_default()))
                    })
                    .collect();
                quote!({ #(#fields),* })
            }
            Fields::Unnamed(unnamed) => {
                let fields: Vec<_> = unnamed
                    .unnamed
                    .iter()
                    .enumerate()
                    .map(|(index, field)| self.field(field, &format!("{place}{index}")))
                    .collect();
                quote!((#(#fields),*))
            }
        }
    }

    fn field(&mut self, field: &Field, name: &str) -> TokenStream {
        let attributes = Attributes::of(&field.attrs);
        let kept = self.kept(&field.attrs, false);
        let annotation = self.field_annotation(field, &attributes, name);
        let ty = self.own(field.ty.to_token_stream());
        // With a span of its own: at that of the user's field the compiler would warn that the twin's is never read.
        let ident = field.ident.as_ref().map(|ident| {
            let ident = own_ident(ident);
            quote!(#ident:)
        });
        if !(attributes.skips_reading() && attributes.skips_writing()) {
            self.note_keys(field, &attributes, name);
        }
        quote!(#kept #annotation #ident #ty)
    }

    /// Returns the attributes of a field that schemars ignores.
    fn field_annotation(
        &mut self,
        field: &Field,
        attributes: &Attributes,
        name: &str,
    ) -> Option<TokenStream> {
        if attributes.has("flatten") {
            self.refuse_on_flattened(attributes);
            return None;
        }
        let shown = self.shown_type(field, attributes);
        let checks = checks(attributes, shown.as_ref(), self.errors);
        let aliases = attributes.aliases();
        if checks.is_empty() && aliases.is_empty() {
            return None;
        }
        let checks = self.own(checks);
        let place = format!("{}.{name}", self.owner.unraw());
        let aliases = (!aliases.is_empty()).then(|| quote!("aliases": [#(#aliases),*],));
        let checks = (!checks.is_empty()).then(|| quote!("checks": { #checks },));
        Some(quote!(#[schemars(extend("x-field" = { "of": #place, #aliases #checks }))]))
    }

    /// Returns the type whose schema a field has; `None` if a function returns the
    /// schema.
    fn shown_type(&self, field: &Field, attributes: &Attributes) -> Option<Type> {
        if attributes.schemars_text("schema_with").is_some() {
            return None;
        }
        match attributes.schemars_text("with") {
            Some(text) => text.parse().ok(),
            None if attributes.has("with") => None,
            None => Some(field.ty.clone()),
        }
    }

    /// Reports constraints on a flattened field, which is not a member of its own in
    /// the JSON.
    fn refuse_on_flattened(&mut self, attributes: &Attributes) {
        let own = [&attributes.schemars, &attributes.validate, &attributes.garde];
        for item in own.into_iter().flatten() {
            let is_dropped =
                |key: &str| matches!(item, Item::Meta(meta) if meta.path().is_ident(key));
            if is_check(item) || ["extend", "transform"].into_iter().any(is_dropped) {
                self.errors.at(
                    item,
                    "write this on the fields of the flattened type: a flattened field has no place of its own",
                );
            }
        }
    }

    /// Keeps the types whose keys and values are looked at when a router is built.
    fn note_keys(&mut self, field: &Field, attributes: &Attributes, name: &str) {
        let Some(ty) = self.shown_type(field, attributes) else { return };
        let Ok(ty) = syn::parse2::<Type>(self.own(ty.to_token_stream())) else { return };
        self.find_keys(&ty, name);
        self.fields.push((name.to_owned(), ty));
    }

    /// Keeps a type that has to be an object, which is known when a router is built.
    fn note_payload(&mut self, variant: &Variant, field: &Field, is_read: bool, is_written: bool) {
        let Some(ty) = self.shown_type(field, &Attributes::of(&field.attrs)) else { return };
        let Ok(ty) = syn::parse2::<Type>(self.own(ty.to_token_stream())) else { return };
        let variant = variant.ident.unraw().to_string();
        self.payloads.push(Payload { variant, ty, is_read, is_written });
    }

    /// Finds the keys of maps in a type, by the names of types.
    fn find_keys(&mut self, ty: &Type, name: &str) {
        let ty = unwrapped(ty);
        match ty {
            Type::Array(array) => self.find_keys(&array.elem, name),
            Type::Slice(slice) => self.find_keys(&slice.elem, name),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.find_keys(elem, name)),
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return };
                let arguments: Vec<_> = types(&last.arguments).cloned().collect();
                let is_map =
                    ["HashMap", "BTreeMap", "IndexMap"].iter().any(|map| last.ident == map);
                if is_map && let [key, _, ..] = arguments.as_slice() {
                    self.key(key, name);
                }
                for argument in &arguments {
                    self.find_keys(argument, name);
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &Type, name: &str) {
        let is_compound = match key {
            Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => true,
            Type::Path(path) => path.path.segments.last().is_some_and(|last| {
                let compound = ["Vec", "Option", "HashMap", "BTreeMap", "HashSet", "BTreeSet"];
                !last.arguments.is_none() && compound.iter().any(|name| last.ident == name)
            }),
            _ => false,
        };
        if is_compound {
            self.errors.at(
                key,
                "write a key that is a string in JSON, or `orpc_runtime::value::Map<K, V>`, which is a `Map` in JavaScript",
            );
        } else {
            self.keys.push((name.to_owned(), key.clone()));
        }
    }

    /// Returns the attributes that schemars' derive reads, and no others.
    fn kept(&mut self, attributes: &[Attribute], is_container: bool) -> TokenStream {
        let known = ["doc", "schemars", "serde", "validate", "garde"];
        let mut kept = TokenStream::new();
        for attribute in attributes {
            let Some(name) = attribute.path().get_ident().map(Ident::to_string) else { continue };
            let is_deprecated = name == "deprecated" && !is_container;
            if !(known.contains(&name.as_str()) || is_deprecated) {
                continue;
            }
            // The items that cannot be parsed are schemars' to report.
            if name == "doc" {
                // Lints see the comment once, at the user's type.
                let place = at(attribute.span());
                let meta = &attribute.meta;
                kept.extend(quote_spanned!(place=> #[#meta]));
            } else if is_deprecated {
                attribute.to_tokens(&mut kept);
            } else if let Some(rewritten) = self.rewritten(attribute, &name, is_container) {
                rewritten.to_tokens(&mut kept);
            } else {
                attribute.to_tokens(&mut kept);
            }
        }
        kept
    }

    /// Returns an attribute with the same meaning in the twin; `None` if it cannot be
    /// parsed.
    fn rewritten(
        &self,
        attribute: &Attribute,
        name: &str,
        is_container: bool,
    ) -> Option<TokenStream> {
        use syn::Token;
        use syn::punctuated::Punctuated;

        let items =
            attribute.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated).ok()?;
        let items: Vec<_> =
            items.iter().filter_map(|item| self.item(item, name, is_container)).collect();
        let name = Ident::new(name, attribute.path().span());
        Some(quote!(#[#name(#(#items),*)]))
    }

    fn item(&self, item: &Item, attribute: &str, is_container: bool) -> Option<TokenStream> {
        let Item::Meta(meta) = item else { return Some(item.to_token_stream()) };
        let is = |key: &str| meta.path().is_ident(key);
        if is_container && is("crate") {
            return None;
        }
        // `Default` is of the type, not of its twin.
        if is_container && is("default") && matches!(meta, syn::Meta::Path(_)) {
            let ty = &self.own_type;
            let path = quote!(<#ty as ::core::default::Default>::default).to_string();
            return Some(quote!(default = #path));
        }
        let tokens = self.own(meta.to_token_stream());
        if attribute == "serde" || attribute == "schemars" {
            Some(self.own_texts(tokens))
        } else {
            Some(tokens)
        }
    }

    /// Returns the code with the type in place of `Self`.
    fn own(&self, tokens: TokenStream) -> TokenStream {
        let replace = |token: TokenTree| match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let own = &self.own_type;
                quote_spanned!(ident.span()=> #own)
            }
            TokenTree::Group(group) => {
                let mut own = proc_macro2::Group::new(group.delimiter(), self.own(group.stream()));
                own.set_span(group.span());
                TokenTree::Group(own).into_token_stream()
            }
            other => other.into_token_stream(),
        };
        tokens.into_iter().map(replace).collect()
    }

    /// Returns code in string literals, such as `default = "Self::number"`, likewise.
    fn own_texts(&self, tokens: TokenStream) -> TokenStream {
        let replace = |token: TokenTree| match &token {
            TokenTree::Literal(literal) => {
                let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) else {
                    return token.into_token_stream();
                };
                let value = text.value();
                let is_own =
                    value == "Self" || value.starts_with("Self::") || value.contains("<Self>");
                // To lex a text that is no code is an error of its own.
                if !is_own {
                    return token.into_token_stream();
                }
                match value.parse::<TokenStream>() {
                    Ok(code) => {
                        let code = self.own(code).to_string();
                        LitStr::new(&code, literal.span()).into_token_stream()
                    }
                    Err(_) => token.into_token_stream(),
                }
            }
            _ => token.into_token_stream(),
        };
        tokens.into_iter().map(replace).collect()
    }
}
