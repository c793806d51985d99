//! Names of a client's types.

use std::collections::{BTreeMap, BTreeSet};

use crate::describe::{self, Direction};

/// Names that a file uses, or that the language reserves.
const TAKEN: &[&str] = &[
    "Array",
    "AsyncIteratorClass",
    "AsyncIteratorObject",
    "BigInt",
    "Blob",
    "Boolean",
    "C",
    "Client",
    "ClientContext",
    "Date",
    "Error",
    "File",
    "Function",
    "Map",
    "Number",
    "ORPCError",
    "Object",
    "ProcedureClient",
    "Promise",
    "Record",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "ThrowableError",
    "URL",
    "any",
    "arguments",
    "as",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "contract",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eventIterator",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "infer",
    "intrinsic",
    "keyof",
    "never",
    "new",
    "null",
    "number",
    "object",
    "oc",
    "readonly",
    "return",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unique",
    "unknown",
    "void",
    "with",
    "var",
    "while",
    "yield",
    "let",
    "static",
    "implements",
    "interface",
    "package",
    "private",
    "protected",
    "public",
    "instanceof",
    // Functions of the file of schemas.
    "Infinity",
    "KnownMembers",
    "NaN",
    "all",
    "areUnique",
    "contains",
    "either",
    "equal",
    "isDate",
    "isDateTime",
    "isDuration",
    "isEmail",
    "isHostname",
    "isIp",
    "isIpv4",
    "isIpv6",
    "isJsonPointer",
    "isRegex",
    "isRelativeJsonPointer",
    "isTime",
    "isUri",
    "isUriReference",
    "isUriTemplate",
    "isUuid",
    "members",
    "not",
    "one",
    "others",
    "pattern",
    "shown",
    "together",
    "typed",
    "when",
    "where",
    "z",
];

/// Gives every type a unique name that the language leaves free.
pub(super) fn names(
    types: &BTreeSet<(String, Direction)>,
) -> BTreeMap<(String, Direction), String> {
    describe::names(types, TAKEN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Direction, names};

    #[test]
    fn no_type_is_called_like_an_operator_of_types() {
        for operator in ["as", "infer", "intrinsic", "keyof", "readonly", "unique"] {
            let ty = (operator.to_owned(), Direction::Both);
            let names = names(&BTreeSet::from([ty.clone()]));
            assert_eq!(names[&ty], format!("{operator}_"));
        }
    }
}
