//! Paths into a crate with the name of a procedure, such as `uuid::Uuid` beside a
//! procedure `uuid`: the hidden type of that name would shadow the crate.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};

use super::signature::Head;

/// Returns the tokens with `::` before each path that begins with one of the names: such
/// a path cannot refer to the hidden type. Tokens that declare the name themselves are
/// unchanged.
pub(crate) fn absolute(tokens: TokenStream, names: &[&Ident]) -> TokenStream {
    let is_name = |ident: &Ident| names.contains(&ident);
    if declares(tokens.clone(), &is_name) { tokens } else { rewrite(tokens, &is_name) }
}

/// Returns a function whose paths may refer to a crate of its own name.
pub(crate) fn of_function(item: TokenStream) -> TokenStream {
    match Head::parse(item.clone()) {
        Some(head) => absolute(item, &[&head.ident]),
        None => item,
    }
}

fn rewrite(tokens: TokenStream, is_name: &impl Fn(&Ident) -> bool) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = TokenStream::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                if !has_path(group.stream(), is_name) {
                    // Unchanged, with the spans of both its ends.
                    out.extend([token.clone()]);
                    continue;
                }
                let mut inner = Group::new(group.delimiter(), rewrite(group.stream(), is_name));
                inner.set_span(group.span());
                out.extend([TokenTree::Group(inner)]);
            }
            TokenTree::Ident(ident) if starts_path(&tokens, index, is_name) => {
                for spacing in [Spacing::Joint, Spacing::Alone] {
                    let mut colon = Punct::new(':', spacing);
                    colon.set_span(ident.span());
                    out.extend([TokenTree::Punct(colon)]);
                }
                out.extend([token.clone()]);
            }
            _ => out.extend([token.clone()]),
        }
    }
    out
}

/// Returns whether a path of more than one segment begins there with one of the names.
fn starts_path(tokens: &[TokenTree], index: usize, is_name: &impl Fn(&Ident) -> bool) -> bool {
    matches!(tokens.get(index), Some(TokenTree::Ident(ident)) if is_name(ident))
        && is_separator(tokens, index + 1)
        && matches!(tokens.get(index + 3), Some(TokenTree::Ident(_) | TokenTree::Group(_)))
        && !(index >= 2 && is_separator(tokens, index - 2))
}

/// Returns whether such a path is among the tokens, at any depth.
fn has_path(tokens: TokenStream, is_name: &impl Fn(&Ident) -> bool) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => has_path(group.stream(), is_name),
        _ => starts_path(&tokens, index, is_name),
    })
}

/// Returns `true` if `::` is at the index.
fn is_separator(tokens: &[TokenTree], index: usize) -> bool {
    let colon = |index: usize| match tokens.get(index) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => Some(punct.spacing()),
        _ => None,
    };
    colon(index) == Some(Spacing::Joint) && colon(index + 1).is_some()
}

/// Returns whether there is `mod name`, or a `use` that ends with the name.
fn declares(tokens: TokenStream, is_name: &impl Fn(&Ident) -> bool) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut is_use = false;
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => {
            let is_inside = declares(group.stream(), is_name);
            is_use = is_use && group.delimiter() != Delimiter::Brace;
            is_inside
        }
        TokenTree::Punct(punct) => {
            is_use = is_use && punct.as_char() != ';';
            false
        }
        TokenTree::Ident(ident) if is_name(ident) => {
            let is_module = index > 0 && tokens[index - 1].to_string() == "mod";
            is_module || is_use && !is_separator(&tokens, index + 1)
        }
        TokenTree::Ident(ident) => {
            is_use = is_use || ident == "use";
            false
        }
        TokenTree::Literal(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_into_a_crate_of_that_name_are_absolute() {
        let cases = [
            ("fn uuid () -> uuid :: Uuid { }", "fn uuid () -> :: uuid :: Uuid { }"),
            ("uuid :: Uuid :: new_v4 ()", ":: uuid :: Uuid :: new_v4 ()"),
            ("{ use uuid :: Uuid ; }", "{ use :: uuid :: Uuid ; }"),
            ("a (& uuid :: NIL , x : uuid :: X)", "a (& :: uuid :: NIL , x : :: uuid :: X)"),
            ("format ! (\"{}\" , uuid :: NIL)", "format ! (\"{}\" , :: uuid :: NIL)"),
            (":: uuid :: Uuid", ":: uuid :: Uuid"),
            ("crate :: uuid :: Uuid", "crate :: uuid :: Uuid"),
            ("other :: Uuid", "other :: Uuid"),
            ("uuid () . uuid", "uuid () . uuid"),
            ("mod uuid { } uuid :: x ()", "mod uuid { } uuid :: x ()"),
            ("use other :: uuid ; uuid :: x ()", "use other :: uuid ; uuid :: x ()"),
        ];
        let name = Ident::new("uuid", proc_macro2::Span::call_site());
        for (text, expected) in cases {
            let tokens: TokenStream = text.parse().expect("tokens");
            let expected: TokenStream = expected.parse().expect("tokens");
            assert_eq!(absolute(tokens, &[&name]).to_string(), expected.to_string(), "{text}");
        }
    }
}
