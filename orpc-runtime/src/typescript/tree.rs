//! The tree of procedures as an object, of types or of values.

use std::fmt::Write as _;

use super::model::{Branch, Node, Procedure};
use super::print::{after, property};

/// Writes the object with what `leaf` makes of each procedure: it is given the
/// depth of the procedure's name and the column behind it. Each entry ends with `end`.
pub(super) fn write_tree(
    Branch(entries): &Branch,
    depth: usize,
    end: &str,
    leaf: &mut dyn FnMut(&Procedure, usize, usize) -> String,
    out: &mut String,
) {
    if entries.is_empty() {
        out.push_str("{}");
        return;
    }
    out.push_str("{\n");
    let indent = "  ".repeat(depth + 1);
    for (name, node) in entries {
        let lead = format!("{indent}{}: ", property(name));
        match node {
            Node::Branch(branch) => {
                out.push_str(&lead);
                write_tree(branch, depth + 1, end, leaf, out);
            }
            Node::Procedure(procedure) => {
                procedure.docs.write(&indent, out);
                out.push_str(&after(&lead, &leaf(procedure, depth + 1, lead.len())));
            }
        }
        _ = writeln!(out, "{end}");
    }
    _ = write!(out, "{}}}", "  ".repeat(depth));
}
