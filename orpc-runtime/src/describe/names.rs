//! Names of types: the types' own names, with their modules if these conflict, and
//! independent of the order of procedures.

use std::collections::{BTreeMap, BTreeSet};

use super::Direction;

/// Primitive types in schemars' ids.
const PRIMITIVES: &[&str] = &[
    "boolean", "double", "float", "int", "int128", "int16", "int32", "int64", "int8", "null",
    "string", "uint", "uint128", "uint16", "uint32", "uint64", "uint8", "AnyValue", "char",
];

/// Gives every type a unique name, other than the `taken` ones.
///
/// A type has its Rust name, with its arguments. If several types have the same name,
/// each is prefixed with the names of its modules, from the innermost on, as many as
/// necessary.
pub(crate) fn names(
    types: &BTreeSet<(String, Direction)>,
    taken: &[&str],
) -> BTreeMap<(String, Direction), String> {
    let ids: BTreeSet<&str> = types.iter().map(|(id, _)| id.as_str()).collect();
    let mut levels: BTreeMap<&str, usize> = ids.iter().map(|id| (*id, 0)).collect();
    loop {
        let name = |ty: &(String, Direction)| name(&ids, ty, levels[ty.0.as_str()]);
        let clashing = clashing(types, taken, &name);
        let deeper: Vec<_> =
            clashing.iter().copied().filter(|id| levels[id] < modules(id).len()).collect();
        if deeper.is_empty() {
            return marked(types, &clashing, &name);
        }
        for id in deeper {
            *levels.entry(id).or_default() += 1;
        }
    }
}

/// Returns the names, with underscores if modules do not distinguish the types.
fn marked(
    types: &BTreeSet<(String, Direction)>,
    clashing: &BTreeSet<&str>,
    name: &dyn Fn(&(String, Direction)) -> String,
) -> BTreeMap<(String, Direction), String> {
    let is_clashing = |ty: &&(String, Direction)| clashing.contains(ty.0.as_str());
    let (nameless, named): (Vec<_>, Vec<_>) = types.iter().partition(is_clashing);
    let mut named: BTreeMap<String, &(String, Direction)> =
        named.into_iter().map(|ty| (name(ty), ty)).collect();
    for ty in nameless {
        let mut name = name(ty) + "_";
        while named.contains_key(&name) {
            name.push('_');
        }
        named.insert(name, ty);
    }
    named.into_iter().map(|(name, ty)| (ty.clone(), name)).collect()
}

/// Returns the ids of the types that need another name.
fn clashing<'t>(
    types: &'t BTreeSet<(String, Direction)>,
    taken: &[&str],
    name: &dyn Fn(&(String, Direction)) -> String,
) -> BTreeSet<&'t str> {
    // Of types with the same Rust name none keeps it.
    let mut by_own: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut by_name: BTreeMap<String, Vec<&(String, Direction)>> = BTreeMap::new();
    for ty in types {
        by_own.entry(name(&(ty.0.clone(), Direction::Both))).or_default().insert(&ty.0);
        by_name.entry(name(ty)).or_default().push(ty);
    }
    let mut clashing: BTreeSet<&str> =
        by_own.into_values().filter(|ids| ids.len() > 1).flatten().collect();
    for (name, types) in by_name {
        let is_taken = taken.contains(&name.as_str());
        // A type with that Rust name takes precedence over one that gets the name from
        // its use.
        let whole = types.iter().filter(|ty| ty.1 == Direction::Both).count();
        let is_clashing = |ty: &&&(String, Direction)| {
            is_taken || types.len() > 1 && (whole != 1 || ty.1 != Direction::Both)
        };
        clashing.extend(types.iter().filter(is_clashing).map(|ty| ty.0.as_str()));
    }
    clashing
}

fn name(ids: &BTreeSet<&str>, (id, of): &(String, Direction), level: usize) -> String {
    let modules = modules(id);
    let shown = level.min(modules.len());
    let mut name = String::new();
    for module in &modules[modules.len() - shown..] {
        name.push_str(&pascal(module));
    }
    name.push_str(&own_name(ids, id, shown));
    name.push_str(match of {
        Direction::Both => "",
        Direction::Input => "Input",
        Direction::Output => "Output",
    });
    if is_identifier(&name) { name } else { format!("_{name}") }
}

/// Returns the modules of an id, outermost first.
fn modules(id: &str) -> Vec<&str> {
    let path = id.split_once('<').map_or(id, |(path, _)| path);
    let mut parts: Vec<_> = path.split("::").collect();
    parts.pop();
    parts
}

/// Returns the name of a type with its arguments, which show as many modules.
fn own_name(ids: &BTreeSet<&str>, id: &str, level: usize) -> String {
    let (path, arguments) = match id.split_once('<') {
        Some((path, rest)) => (path, Some(rest.strip_suffix('>').unwrap_or(rest))),
        None => (id, None),
    };
    let own = path.rsplit("::").next().unwrap_or(path);
    let mut name: String = own
        .chars()
        .map(|char| if is_identifier(&format!("_{char}")) { char } else { '_' })
        .collect();
    if let Some(arguments) = arguments {
        name.push_str("Of");
        name.push_str(&argument_names(ids, arguments, level));
    }
    name
}

/// Returns the names of a type's arguments. schemars' ids have no separators, so each
/// is the longest known id.
fn argument_names(ids: &BTreeSet<&str>, mut text: &str, level: usize) -> String {
    let mut names = Vec::new();
    while !text.is_empty() {
        text = text.trim_start_matches([',', ' ']);
        let known = ids.iter().chain(PRIMITIVES).filter(|id| text.starts_with(**id));
        if let Some(id) = known.max_by_key(|id| id.len()) {
            names.push(argument_name(ids, id, level));
            text = &text[id.len()..];
            continue;
        }
        let Some((inside, rest)) = bracketed(text) else {
            names.push(pascal(text));
            break;
        };
        let before = &text[..text.len() - inside.len() - rest.len() - 2];
        let inside = argument_names(ids, inside, level);
        names.push(match before {
            "" if text.starts_with('(') => format!("{inside}Tuple"),
            "" => format!("{inside}Array"),
            "Option<" | "Option" => format!("Optional{inside}"),
            other => format!("{}Of{inside}", pascal(other.trim_end_matches('<'))),
        });
        text = rest;
    }
    names.join("And")
}

fn argument_name(ids: &BTreeSet<&str>, id: &str, level: usize) -> String {
    if PRIMITIVES.contains(&id) {
        return pascal(id);
    }
    let modules = modules(id);
    let shown = level.min(modules.len());
    let modules = modules[modules.len() - shown..].iter().map(|module| pascal(module));
    modules.collect::<String>() + &own_name(ids, id, level)
}

/// Splits off the text within the first brackets.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let open = text.find(['[', '<', '('])?;
    let mut depth = 0;
    for (at, char) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match char {
            '[' | '<' | '(' => depth += 1,
            ']' | '>' | ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[open + 1..at], &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns `true` if a text is an identifier in JavaScript. Letters beyond ASCII are
/// excluded.
pub(crate) fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '$'))
}

/// Converts the words of a text to PascalCase.
fn pascal(text: &str) -> String {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
    };
    words.filter_map(capital).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{names, own_name};
    use crate::describe::Direction;

    #[test]
    fn types_that_no_module_tells_apart_have_marks() {
        let types = ["a::é", "b::é", "é", "ü", "é_"].map(|id| (id.to_owned(), Direction::Both));
        let names = names(&BTreeSet::from(types), &[]);
        let names: Vec<_> = names.iter().map(|((id, _), name)| (id.as_str(), &**name)).collect();
        let expected = [("a::é", "A_"), ("b::é", "B_"), ("é", "___"), ("é_", "__"), ("ü", "____")];
        assert_eq!(names, expected);
    }

    #[test]
    fn types_are_called_by_their_arguments() {
        let ids = BTreeSet::from(["my::User"]);
        for (id, name) in [
            ("my::Page<my::User>", "PageOfUser"),
            ("my::Page<[my::User]>", "PageOfUserArray"),
            ("my::Page<(uint8,my::User)>", "PageOfUint8AndUserTuple"),
            ("my::Page<[(uint8,[my::User])]>", "PageOfUint8AndUserArrayTupleArray"),
            ("my::Page<Option<my::User>>", "PageOfOptionalUser"),
            ("my::Both<my::User, uint8>", "BothOfUserAndUint8"),
        ] {
            assert_eq!(own_name(&ids, id, 0), name);
        }
    }
}
