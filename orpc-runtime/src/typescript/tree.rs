//! The tree of procedures as an object, of types or of values.

use std::fmt::Write as _;

use super::model::{Branch, Node, Procedure};
use super::print::after;

/// Formatting of objects.
pub(super) struct Style {
    /// End of an entry.
    pub(super) end: &'static str,
    /// Formats the key of a name.
    pub(super) key: fn(&str) -> String,
}

/// Writes the object; `leaf` writes each procedure, given the depth of its name and the
/// column behind it.
pub(super) fn write_tree(
    Branch(entries): &Branch,
    style: &Style,
    depth: usize,
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
        let lead = format!("{indent}{}: ", (style.key)(name));
        match node {
            Node::Branch(branch) => {
                out.push_str(&lead);
                write_tree(branch, style, depth + 1, leaf, out);
            }
            Node::Procedure(procedure) => {
                procedure.docs.write(&indent, out);
                out.push_str(&after(&lead, &leaf(procedure, depth + 1, lead.len())));
            }
        }
        _ = writeln!(out, "{}", style.end);
    }
    _ = write!(out, "{}}}", "  ".repeat(depth));
}
