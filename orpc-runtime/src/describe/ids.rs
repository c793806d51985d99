//! Rust types of schemars' definitions.

use std::collections::BTreeMap;

use schemars::generate::SchemaGenerator;

/// Returns the ids of all types that a generator named, by name: the path of the type's
/// module and its own name, with its arguments.
///
/// If types of different modules, or with different arguments, have the same name, the
/// generator numbers them in the order of their use, and shows their modules only in
/// its `Debug` output, which is parsed here. Otherwise the names of a client's types
/// would change with the order of procedures. Unparsable parts are skipped, and such a
/// definition is identified by its name alone.
pub(super) fn ids(generator: &mut SchemaGenerator) -> BTreeMap<String, String> {
    // Their texts could be mistaken for the rest.
    let definitions = generator.take_definitions(false);
    let text = format!("{generator:?}");
    *generator.definitions_mut() = definitions;
    let mut ids = BTreeMap::new();
    let Some((_, mut rest)) = text.split_once("schema_id_to_name: {") else { return ids };
    while let Some(entry) = rest.strip_prefix("SchemaUid(") {
        let Some((id, after)) = string(entry) else { break };
        let Some((_, after)) = after.split_once("): ") else { break };
        let Some((name, after)) = string(after) else { break };
        ids.insert(name, id);
        rest = after.trim_start_matches(", ");
    }
    ids
}

/// Splits off a string literal at the start of a text.
fn string(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &text[at + 1..])),
            // Rust type names have no other escapes.
            '\\' => value.push(chars.next()?.1),
            char => value.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use schemars::generate::SchemaSettings;

    use super::ids;

    mod inner {
        #[derive(schemars::JsonSchema)]
        #[schemars(description = "schema_id_to_name: {SchemaUid(\"no::Type\", Serialize): \"No\"")]
        pub(super) struct Item;
    }

    #[derive(JsonSchema)]
    struct Item(#[schemars(with = "inner::Item")] ());

    #[derive(JsonSchema)]
    #[schemars(rename = "a \"quoted\" one")]
    struct Quoted;

    #[derive(JsonSchema)]
    struct Of<T>(T);

    #[test]
    fn types_are_known_by_their_modules_and_arguments() {
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        generator.subschema_for::<Item>();
        generator.subschema_for::<Quoted>();
        generator.subschema_for::<Of<u8>>();
        generator.subschema_for::<Of<Item>>();
        let ids: Vec<_> = ids(&mut generator).into_iter().collect();
        let module = module_path!();
        let expected = [
            ("Item", format!("{module}::Item")),
            ("Item2", format!("{module}::inner::Item")),
            ("Of", format!("{module}::Of<uint8>")),
            ("Of2", format!("{module}::Of<{module}::Item>")),
            ("a \"quoted\" one", format!("{module}::a \"quoted\" one")),
        ];
        assert_eq!(ids, expected.map(|(name, id)| (name.to_owned(), id)));
        assert_eq!(generator.definitions().len(), 5);
    }
}
