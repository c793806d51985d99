//! Comments: the Rust docs, and constraints that TypeScript types cannot express.

use std::fmt::Write as _;

use crate::describe::ProcedureDescription;

/// Comment of a type, a member or a procedure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Docs {
    pub(super) text: String,
    /// JSDoc tags with their texts.
    pub(super) tags: Vec<(&'static str, String)>,
}

impl Docs {
    /// Returns the comment of a procedure.
    pub(super) fn of(procedure: &ProcedureDescription) -> Self {
        let mut tags = Vec::new();
        if let Some(deprecation) = procedure.deprecated {
            let since = deprecation.since.map(|since| format!("since {since}"));
            let text = [since.as_deref(), deprecation.note].into_iter().flatten();
            tags.push(("deprecated", text.collect::<Vec<_>>().join(": ")));
        }
        Self { text: procedure.description.clone().unwrap_or_default(), tags }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.tags.is_empty()
    }

    /// Appends the comment, on its own lines.
    pub(super) fn write(&self, indent: &str, out: &mut String) {
        if self.is_empty() {
            return;
        }
        let mut lines: Vec<_> = plain(self.text.trim()).lines().map(str::to_owned).collect();
        if !lines.is_empty() && !self.tags.is_empty() {
            lines.push(String::new());
        }
        for (tag, text) in &self.tags {
            // The text stays on the tag's line: a further line could begin with a tag.
            let text = plain(text).lines().collect::<Vec<_>>().join(" ");
            lines.push(format!("@{tag} {text}").trim_end().to_owned());
        }
        // The compiler follows directives in the only or last line of a comment.
        if let [line] = lines.as_slice()
            && !line.contains("@ts-")
        {
            _ = writeln!(out, "{indent}/** {line} */");
            return;
        }
        _ = writeln!(out, "{indent}/**");
        for line in lines {
            _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
        }
        _ = writeln!(out, "{indent} */");
    }
}

/// Returns a text that cannot end the comment, with LF between its lines.
fn plain(text: &str) -> String {
    text.replace("*/", "*\\/").replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n")
}

#[cfg(test)]
mod tests {
    use super::Docs;

    #[test]
    fn texts_cannot_end_their_comment_nor_speak_to_the_compiler() {
        let comment = |text: &str| {
            let mut out = String::new();
            Docs { text: text.to_owned(), tags: Vec::new() }.write("", &mut out);
            out
        };
        assert_eq!(comment(" A word. "), "/** A word. */\n");
        assert_eq!(comment("a */ b"), "/** a *\\/ b */\n");
        assert_eq!(comment("*\r/\u{2028}**/"), "/**\n * *\n * /\n * **\\/\n */\n");
        assert_eq!(comment("@ts-ignore"), "/**\n * @ts-ignore\n */\n");
        assert_eq!(comment("\u{feff}@ts-expect-error"), "/**\n * \u{feff}@ts-expect-error\n */\n");
    }
}
