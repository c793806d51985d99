//! Types with things to say.
#![allow(deprecated, reason = "what is deprecated still goes over the wire")]

use orpc_runtime::prelude::*;

/// Says a lot.
///
/// With paragraphs, `code`, and what would end a comment: */ and /* what would
/// begin one. Also <b>HTML</b>, ${templates} and \ backslashes.
///
/// @deprecated is no tag here, and neither is
/// @param x
/// - a list
///
/// ```
/// let x = 1;
/// ```
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Documented {
    /// One line.
    one: u8,
    /// Two
    /// lines.
    two: u8,
    /** A block */
    block: u8,
    #[doc = "*/"]
    end: u8,
    #[doc = "a\r\nb\u{2028}c"]
    breaks: u8,
    #[allow(clippy::empty_docs, reason = "what it is there for")]
    #[doc = " "]
    nothing: u8,
    ///    Indented.
    indented: u8,
    /// 日本 😀
    unicode: u8,
    /// @format int64
    lie: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Deprecated {
    /// No longer used.
    #[deprecated]
    old: u8,
    #[deprecated(since = "1.0.0", note = "use `new`")]
    older: Option<u8>,
    new: u8,
}

/// A choice.
#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Choice {
    /// The first */ one.
    First,
    /// The second.
    Second,
    /// With content.
    Third {
        /// Its number.
        number: u8,
    },
    Fourth(
        /// A number.
        u8,
    ),
}

/// A name for text.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Some title", example = "an example")]
pub struct Text(String);

torture! {
    documented: Documented = [Documented {
        one: 1,
        two: 2,
        block: 3,
        end: 4,
        breaks: 5,
        nothing: 6,
        indented: 7,
        unicode: 8,
        lie: 9,
    }];
    deprecated: Deprecated = [Deprecated { old: 1, older: None, new: 2 }];
    choice: Choice = [
        Choice::First,
        Choice::Second,
        Choice::Third { number: 1 },
        Choice::Fourth(1),
    ];
    text: Text = [Text("text".to_owned())];
}
