//! Names in Rust and on the wire.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

/// Names that JavaScript finds on every object, so that a client cannot call them.
pub(crate) const RESERVED: [&str; 8] =
    ["then", "bind", "valueOf", "toString", "toJSON", "constructor", "prototype", "__proto__"];

/// Returns the wire name of an item: `on_message` is `onMessage`, `r#type` is `type`.
/// Leading underscores stay.
pub(crate) fn camel_case(ident: &Ident) -> String {
    let name = ident.unraw().to_string();
    let (underscores, words) = name.split_at(name.len() - name.trim_start_matches('_').len());
    let mut out = underscores.to_owned();
    let mut after_underscore = false;
    for character in words.chars() {
        if character == '_' {
            after_underscore = true;
        } else if after_underscore {
            out.extend(character.to_uppercase());
            after_underscore = false;
        } else {
            out.push(character);
        }
    }
    out
}

/// Returns the name of a trait's module: `ChatRoom` is `chat_room`.
pub(crate) fn snake_case(ident: &Ident) -> Ident {
    let name = upper_snake_case(ident).to_lowercase();
    syn::parse_str(&name).unwrap_or_else(|_| Ident::new_raw(&name, ident.span()))
}

/// Returns the error code of a variant: `TooFast` is `TOO_FAST`, `HTTPError` is
/// `HTTP_ERROR`.
pub(crate) fn upper_snake_case(ident: &Ident) -> String {
    let name: Vec<char> = ident.unraw().to_string().chars().collect();
    let mut out = String::new();
    for (index, &character) in name.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| name[index]);
        let starts_word = character.is_uppercase()
            && before.is_some_and(|before| {
                before != '_'
                    && (!before.is_uppercase()
                        || name.get(index + 1).is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            out.push('_');
        }
        out.extend(character.to_uppercase());
    }
    out
}

/// Returns `true` if a text is a code such as `RATE_LIMITED`.
pub(crate) fn is_upper_snake_case(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_uppercase())
        && characters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn ident(name: &str) -> Ident {
        Ident::new(name, Span::call_site())
    }

    #[test]
    fn wire_names_are_camel_case() {
        let cases = [
            ("on_message", "onMessage"),
            ("ping", "ping"),
            ("http_api_v2", "httpApiV2"),
            ("_hidden_name", "_hiddenName"),
            ("trailing_", "trailing"),
            ("alreadyCamel", "alreadyCamel"),
        ];
        for (rust, wire) in cases {
            assert_eq!(camel_case(&ident(rust)), wire);
        }
        assert_eq!(camel_case(&Ident::new_raw("type", Span::call_site())), "type");
    }

    #[test]
    fn codes_are_upper_snake_case() {
        let cases = [
            ("TooFast", "TOO_FAST"),
            ("NotFound", "NOT_FOUND"),
            ("HTTPError", "HTTP_ERROR"),
            ("E2big", "E2BIG"),
        ];
        for (variant, code) in cases {
            assert_eq!(upper_snake_case(&ident(variant)), code);
            assert!(is_upper_snake_case(code));
        }
        for text in ["", "lower", "1ST", "A-B", "Ä"] {
            assert!(!is_upper_snake_case(text), "{text}");
        }
    }
}
