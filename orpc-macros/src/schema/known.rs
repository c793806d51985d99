//! Known names in the attributes that the derive reads: an unknown one is a mistake.

use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Path, Token};

use super::attributes::Item;
use crate::diagnostics::Diagnostics;
use crate::parse::attribute::{alternatives, meant};

/// The place of an attribute.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Type,
    Variant,
    Field,
}

/// Names of attributes at several places.
struct Names {
    attribute: &'static str,
    of_types: &'static [&'static str],
    of_variants: &'static [&'static str],
    of_fields: &'static [&'static str],
}

const SCHEMARS: Names = Names {
    attribute: "schemars",
    of_types: &[
        "rename",
        "rename_all",
        "rename_all_fields",
        "deny_unknown_fields",
        "tag",
        "content",
        "untagged",
        "default",
        "title",
        "description",
        "example",
        "extend",
        "transform",
        "inline",
        "with",
        "schema_with",
        "transparent",
        "crate",
        "bound",
        "remote",
        "from",
        "try_from",
        "into",
        "_unstable_ref_variants",
    ],
    of_variants: &[
        "rename",
        "rename_all",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "untagged",
        "with",
        "schema_with",
        "title",
        "description",
        "example",
        "extend",
        "transform",
        "bound",
    ],
    of_fields: &[
        "length",
        "range",
        "pattern",
        "regex",
        "contains",
        "email",
        "url",
        "ip",
        "ipv4",
        "ipv6",
        "inner",
        "required",
        "rename",
        "default",
        "flatten",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "skip_serializing_if",
        "with",
        "schema_with",
        "title",
        "description",
        "example",
        "extend",
        "transform",
        "bound",
    ],
};

const SERDE: Names = Names {
    attribute: "serde",
    of_types: &[
        "rename",
        "rename_all",
        "rename_all_fields",
        "deny_unknown_fields",
        "tag",
        "content",
        "untagged",
        "default",
        "transparent",
        "from",
        "try_from",
        "into",
        "bound",
        "remote",
        "crate",
        "expecting",
        "field_identifier",
        "variant_identifier",
    ],
    of_variants: &[
        "rename",
        "alias",
        "rename_all",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "serialize_with",
        "deserialize_with",
        "with",
        "bound",
        "borrow",
        "other",
        "untagged",
    ],
    of_fields: &[
        "rename",
        "alias",
        "default",
        "flatten",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "skip_serializing_if",
        "serialize_with",
        "deserialize_with",
        "with",
        "borrow",
        "bound",
        "getter",
    ],
};

/// Names of the crate `validator`.
const VALIDATE: Names = Names {
    attribute: "validate",
    of_types: &["schema", "context", "nest_all_fields", "skip_on_field_errors"],
    of_variants: &[],
    of_fields: &[
        "length",
        "range",
        "regex",
        "contains",
        "does_not_contain",
        "email",
        "url",
        "ip",
        "ipv4",
        "ipv6",
        "required",
        "nested",
        "custom",
        "must_match",
        "credit_card",
        "non_control_character",
        "skip_on_field_errors",
    ],
};

/// Names of the crate `garde`.
const GARDE: Names = Names {
    attribute: "garde",
    of_types: &["context", "transparent", "allow_unvalidated", "custom"],
    of_variants: &[],
    of_fields: &[
        "length",
        "range",
        "pattern",
        "contains",
        "email",
        "url",
        "ip",
        "ipv4",
        "ipv6",
        "inner",
        "required",
        "skip",
        "dive",
        "custom",
        "adapt",
        "rename",
        "ascii",
        "alphanumeric",
        "credit_card",
        "phone_number",
        "prefix",
        "suffix",
        "matches",
    ],
};

/// Reports unknown names in a type's attributes.
pub(super) fn check_names(input: &DeriveInput, errors: &mut Diagnostics) {
    check(&input.attrs, Place::Type, errors);
    let fields = |fields: &Fields, errors: &mut Diagnostics| {
        fields.iter().for_each(|field| check(&field.attrs, Place::Field, errors));
    };
    match &input.data {
        Data::Struct(data) => fields(&data.fields, errors),
        Data::Enum(data) => {
            for variant in &data.variants {
                check(&variant.attrs, Place::Variant, errors);
                fields(&variant.fields, errors);
            }
        }
        Data::Union(_) => {}
    }
}

fn check(attributes: &[Attribute], place: Place, errors: &mut Diagnostics) {
    for attribute in attributes {
        let all = [&SCHEMARS, &SERDE, &VALIDATE, &GARDE];
        let Some(names) = all.into_iter().find(|it| attribute.path().is_ident(it.attribute)) else {
            continue;
        };
        match attribute.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated) {
            Ok(items) => items.iter().for_each(|item| check_item(item, names, place, errors)),
            // Serde and the others report it at their own attributes.
            Err(error) if names.attribute == SCHEMARS.attribute => errors.push(error),
            Err(_) => {}
        }
    }
}

fn check_item(item: &Item, names: &Names, place: Place, errors: &mut Diagnostics) {
    let known = match place {
        Place::Type => names.of_types,
        Place::Variant => names.of_variants,
        Place::Field => names.of_fields,
    };
    let meta = match item {
        Item::Meta(meta) => meta,
        // Each of serde's items may be ignored.
        Item::Not(_) => return,
    };
    let attribute = names.attribute;
    if !is_known(meta.path(), known) {
        report(meta.path(), known, &format!("`#[{attribute}(…)]`"), errors);
    } else if place == Place::Field
        || attribute != VALIDATE.attribute && attribute != GARDE.attribute
    {
        check_parts(meta, names, errors);
    }
}

/// Reports the names in the parentheses of an item.
fn check_parts(meta: &Meta, names: &Names, errors: &mut Diagnostics) {
    let Meta::List(list) = meta else { return };
    let Some(outer) = meta.path().get_ident().map(ToString::to_string) else { return };
    let (is_validate, is_garde) =
        (names.attribute == VALIDATE.attribute, names.attribute == GARDE.attribute);
    let known: &[&str] = match outer.as_str() {
        "rename" | "rename_all" | "rename_all_fields" | "bound" => &["serialize", "deserialize"],
        // The `length` of `garde` also names the unit.
        "length" if is_garde => {
            &["min", "max", "equal", "simple", "bytes", "chars", "graphemes", "utf16"]
        }
        "length" if is_validate => &["min", "max", "equal", "message", "code"],
        "range" if is_validate => {
            &["min", "max", "exclusive_min", "exclusive_max", "message", "code"]
        }
        "length" | "range" => &["min", "max", "equal"],
        "inner" => names.of_fields,
        _ => return,
    };
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let Ok(parts) = list.parse_args_with(parser) else {
        if names.attribute == SCHEMARS.attribute
            && let Err(error) = list.parse_args_with(parser)
        {
            errors.push(error);
        }
        return;
    };
    for part in &parts {
        if !is_known(part.path(), known) {
            report(part.path(), known, &format!("`{outer}(…)`"), errors);
        } else if outer == "inner" {
            check_parts(part, names, errors);
        }
    }
}

fn is_known(path: &Path, known: &[&str]) -> bool {
    known.iter().any(|name| path.is_ident(name))
}

fn report(path: &Path, known: &[&str], place: &str, errors: &mut Diagnostics) {
    let name = path.get_ident().map(ToString::to_string).unwrap_or_default();
    if known.is_empty() {
        errors.at(path, format!("remove `{name}`: {place} has no effect here"));
        return;
    }
    let known = alternatives(&meant(&name, known));
    errors.at(path, format!("write {known} here: {place} has no `{name}`"));
}
