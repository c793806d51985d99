//! The file with the contract: the client's type as a value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::client::{HEAD, import, input, output, write_types};
use super::model::{Flow, Model, Procedure};
use super::print::{Printer, property, quoted};
use super::tree::{Style, write_tree};
use super::types::Type;

/// Formatting of an object value.
const VALUES: Style = Style { end: ",", key };

/// Returns the text of the file.
pub(super) fn text(model: &Model, imports: &[String]) -> String {
    let mut body = String::new();
    let (mut imported, mut types) = (BTreeSet::new(), BTreeSet::new());
    write_types(model, &mut body);
    body.push_str("\n/** The contract of the server's procedures. */\nexport const contract = ");
    let mut leaf = |procedure: &Procedure, depth, _| {
        if let Flow::Object(_, methods) = &procedure.output {
            types.insert("AsyncIteratorClass");
            methods.visit(&mut |method| import(method, &mut types));
        }
        builder(procedure, depth + 1, &mut imported)
    };
    write_tree(&model.procedures, &VALUES, 0, &mut leaf, &mut body);
    body.push_str(";\n");

    let mut out = format!("{HEAD}\n");
    if !imported.is_empty() {
        let imported: Vec<_> = imported.into_iter().collect();
        _ = writeln!(out, "import {{ {} }} from \"@orpc/contract\";", imported.join(", "));
    }
    if !types.is_empty() {
        let types: Vec<_> = types.into_iter().collect();
        _ = writeln!(out, "import type {{ {} }} from \"@orpc/client\";", types.join(", "));
    }
    for import in imports {
        _ = writeln!(out, "{import}");
    }
    out + &body
}

/// Returns the builder of a procedure's contract, with its calls indented by `depth`.
fn builder(procedure: &Procedure, depth: usize, imported: &mut BTreeSet<&'static str>) -> String {
    imported.extend(["oc", "type"]);
    let mut out = "oc".to_owned();
    let indent = "  ".repeat(depth);
    let value = |ty: &Type| format!("type<{}>()", Printer.print(ty, depth, 2 * depth + 16));
    if procedure.is_get {
        _ = write!(out, "\n{indent}.route({{ method: \"GET\" }})");
    }
    if !procedure.errors.is_empty() {
        _ = write!(out, "\n{indent}.errors({{");
        // A code is declared once, with the union of its data.
        let mut by_code: BTreeMap<&str, (u16, &str, Vec<Type>)> = BTreeMap::new();
        for error in &procedure.errors {
            let data = error.data.clone().unwrap_or_else(|| Type::text("undefined"));
            let declared = by_code.entry(&error.code);
            declared.or_insert((error.status, &error.message, Vec::new())).2.push(data);
        }
        for (code, (status, message, data)) in by_code {
            let data = Printer.print(&Type::union(data), depth + 1, 2 * depth + 40);
            _ = write!(
                out,
                "\n{indent}  {}: {{ status: {status}, message: {}, data: type<{data}>() }},",
                key(code),
                quoted(message),
            );
        }
        _ = write!(out, "\n{indent}}})");
    }
    let schema = |flow: &Flow, ty: Type, imported: &mut BTreeSet<&'static str>| match (flow, ty) {
        (Flow::Events(..), Type::Generic(_, types)) => {
            imported.insert("eventIterator");
            let [message, done] = [0, 1].map(|at| types.get(at).map(&value).unwrap_or_default());
            format!("eventIterator({message}, {done})")
        }
        (_, ty) => value(&ty),
    };
    let given = schema(&procedure.input, input(&procedure.input), imported);
    let got = schema(&procedure.output, output(&procedure.output), imported);
    out + &format!("\n{indent}.input({given})\n{indent}.output({got})")
}

/// Returns the key of a member of an object.
fn key(name: &str) -> String {
    // Without brackets it would set the object's prototype.
    if name == "__proto__" { format!("[{}]", quoted(name)) } else { property(name) }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn every_key_names_a_member() {
        assert_eq!(key("RATE_LIMITED"), "RATE_LIMITED");
        assert_eq!(key("rate limited"), "\"rate limited\"");
        assert_eq!(key("__proto__"), "[\"__proto__\"]");
    }
}
