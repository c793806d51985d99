//! The file with the client's type.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::docs::Docs;
use super::model::{Branch, Flow, Model, Node, Procedure};
use super::print::{Printer, after, property, quoted};
use super::tree::{Style, write_tree};
use super::types::{Member, Type};

pub(super) const HEAD: &str = "\
// The types of the server's procedures. Generated from its Rust code: change that instead.
";

/// Formatting of an object type.
const TYPES: Style = Style { end: ";", key: property };

/// Returns the text of the file.
pub(super) fn text(model: &Model, imports: &[String]) -> String {
    let mut body = String::new();
    let mut imported = BTreeSet::from(["ClientContext"]);
    write_types(model, &mut body);
    body.push_str("\n/** The procedures of the server. */\n");
    body.push_str("export type Client<C extends ClientContext = Record<never, never>> = ");
    let mut leaf = |procedure: &Procedure, depth, column| {
        Printer.print(&procedure_type(procedure, &mut imported), depth, column)
    };
    write_tree(&model.procedures, &TYPES, 0, &mut leaf, &mut body);
    body.push_str(";\n");

    let mut out = format!("{HEAD}\n");
    let imported: Vec<_> = imported.into_iter().collect();
    _ = writeln!(out, "import type {{ {} }} from \"@orpc/client\";", imported.join(", "));
    for import in imports {
        _ = writeln!(out, "{import}");
    }
    out + &body
}

/// Writes the named types.
pub(super) fn write_types(model: &Model, out: &mut String) {
    for (name, named) in &model.types {
        out.push('\n');
        named.docs.write("", out);
        let lead = format!("export type {name} = ");
        let ty = Printer.print(&named.ty, 0, lead.len());
        _ = writeln!(out, "{};", after(&lead, &ty));
    }
}

fn procedure_type(procedure: &Procedure, imported: &mut BTreeSet<&'static str>) -> Type {
    import(procedure, imported);
    client_type(procedure, "C")
}

/// Collects the names that the type of a procedure imports.
pub(super) fn import(procedure: &Procedure, imported: &mut BTreeSet<&'static str>) {
    imported.insert("Client as ProcedureClient");
    imported.insert("ThrowableError");
    if !matches!(procedure.output, Flow::Value(_)) {
        imported.insert("AsyncIteratorClass");
    }
    if !procedure.errors.is_empty() {
        imported.insert("ORPCError");
    }
    if let Flow::Object(_, methods) = &procedure.output {
        methods.visit(&mut |method| import(method, imported));
    }
}

/// Returns the client type of a procedure, whose calls have a context of type
/// `context`.
fn client_type(procedure: &Procedure, context: &str) -> Type {
    let errors = procedure.errors.iter().map(|error| {
        let code = Type::Literal(quoted(&error.code));
        let data = error.data.clone().unwrap_or_else(|| Type::text("undefined"));
        Type::Generic("ORPCError", vec![code, data])
    });
    let errors = Type::union(errors.chain([Type::text("ThrowableError")]));
    let types =
        vec![Type::text(context), input(&procedure.input), output(&procedure.output), errors];
    Type::Generic("ProcedureClient", types)
}

/// Returns the type that a client passes.
pub(super) fn input(flow: &Flow) -> Type {
    match flow {
        Flow::Value(None) => Type::text("undefined"),
        // Undefined is treated as null.
        Flow::Value(Some(ty)) if ty.is_nullable() => {
            Type::union([ty.clone(), Type::text("undefined")])
        }
        Flow::Value(Some(ty)) => ty.clone(),
        Flow::Object(..) => Type::text("never"),
        Flow::Events(message, done) => Type::Generic(
            "AsyncIteratorObject",
            vec![
                message.clone().unwrap_or_else(|| Type::text("undefined")),
                // A return value that no client reads may have any type.
                done.clone().unwrap_or_else(Type::unknown),
                Type::text("void"),
            ],
        ),
    }
}

/// Returns the type that a client receives.
pub(super) fn output(flow: &Flow) -> Type {
    let or_void = |ty: &Option<Type>| ty.clone().unwrap_or_else(|| Type::text("void"));
    match flow {
        Flow::Value(ty) => or_void(ty),
        Flow::Events(message, done) => Type::Generic(
            "AsyncIteratorClass",
            vec![or_void(message), or_void(done), Type::text("void")],
        ),
        Flow::Object(message, methods) => {
            let void = || Type::text("void");
            let iterator =
                Type::Generic("AsyncIteratorClass", vec![or_void(message), void(), void()]);
            match methods {
                Branch(methods) if methods.is_empty() => iterator,
                methods => Type::Intersection(vec![iterator, methods_type(methods)]),
            }
        }
    }
}

/// Returns the type of the members of an event iterator, whose calls need no context.
fn methods_type(Branch(nodes): &Branch) -> Type {
    let members = nodes.iter().map(|(name, node)| {
        let (ty, docs) = match node {
            Node::Branch(branch) => (methods_type(branch), Docs::default()),
            Node::Procedure(method) => {
                (client_type(method, "Record<never, never>"), method.docs.clone())
            }
        };
        Member { name: name.clone(), ty, optional: false, docs }
    });
    Type::Object { members: members.collect(), index: None }
}
