//! Types that no router can use: the error names the procedure and the field.

use std::collections::{BTreeMap, HashMap};

use orpc_runtime::prelude::*;
use orpc_runtime::value::{Date, File, Url};

use super::assert_refused;

type Grid = HashMap<(u32, u32), u8>;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Word(String);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Size(u32);

#[derive(Serialize, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    x: u8,
    y: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RangeOfText {
    #[schemars(range(min = 1))]
    word: Word,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LengthOfNumber {
    #[schemars(length(min = 1))]
    size: Option<Size>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PatternOfNumber {
    #[schemars(pattern("^a"))]
    size: Size,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct EmailOfNumber {
    #[schemars(email)]
    size: Size,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct UrlOfDate {
    #[schemars(url)]
    at: Date,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LengthOfFile {
    #[schemars(length(min = 1))]
    file: Option<File>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct InnerOfText {
    #[schemars(inner(length(min = 1)))]
    word: Word,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct InnerRangeOfTexts {
    #[schemars(inner(range(min = 1)))]
    words: Vec<Word>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Unordered {
    #[schemars(length(min = 1), extend("maxLength" = 0))]
    word: Word,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct BeyondTheType {
    #[schemars(range(min = 256))]
    byte: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Extended {
    #[schemars(extend("multipleOf" = 2))]
    word: String,
    #[schemars(extend("uniqueItems" = true))]
    map: BTreeMap<String, u8>,
    #[schemars(extend("format" = "email"))]
    code: u16,
    #[schemars(extend("minLength" = 1))]
    number: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["a", "b"]))]
pub struct RequiresMore {
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct HiddenKeys {
    grid: Grid,
    by_point: BTreeMap<Point, u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t")]
pub enum TextBelowATag {
    A(Word),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct InlineTree {
    children: Vec<InlineTree>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TransparentTree(Vec<TransparentTree>);

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct FlattenedTree {
    id: u8,
    #[serde(flatten)]
    next: Option<Box<FlattenedTree>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t")]
pub enum TaggedTree {
    Leaf,
    Next(Box<TaggedTree>),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct LookAroundUnclosed {
    #[schemars(pattern("(?=a"))]
    word: String,
}

/// A valid type that resembles the refused ones.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Fine {
    #[schemars(range(min = 1))]
    size: Option<Size>,
    #[schemars(length(min = 1), url)]
    word: Word,
    #[schemars(length(min = 1))]
    map: BTreeMap<u8, Word>,
    #[schemars(pattern("^https:"))]
    url: Url,
    flags: HashMap<bool, u8>,
    /// A custom format is an annotation and asserts nothing.
    #[schemars(extend("format" = "postcode"))]
    code: String,
}

inputs! {
    range_of_text: RangeOfText => ["`RangeOfText.word`", "`range` has no effect on a text"];
    length_of_number: LengthOfNumber => ["`LengthOfNumber.size`", "write `range(…)`"];
    pattern_of_number: PatternOfNumber => ["`PatternOfNumber.size`", "`pattern` has no effect on a number"];
    email_of_number: EmailOfNumber => ["`EmailOfNumber.size`", "`email` has no effect on a number"];
    url_of_date: UrlOfDate => ["`UrlOfDate.at`", "`url`"];
    length_of_file: LengthOfFile => ["`LengthOfFile.file`", "`length`"];
    inner_of_text: InnerOfText => ["`InnerOfText.word`", "`inner` has no effect on a text"];
    inner_range_of_texts: InnerRangeOfTexts => ["`InnerRangeOfTexts.words[]`", "write `length(…)`"];
    unordered: Unordered => ["Unordered.word`", "write `minLength` below `maxLength`"];
    beyond_the_type: BeyondTheType => ["BeyondTheType.byte`", "write `minimum` below `maximum`"];
    extended: Extended => [
        "Extended.word`: remove `multipleOf`",
        "Extended.map`: remove `uniqueItems`",
        "Extended.code`: remove the format `email`",
        "Extended.number`: remove `minLength`",
    ];
    requires_more: RequiresMore => ["RequiresMore`: remove `b` from `required`"];
    hidden_keys: HiddenKeys => ["`HiddenKeys.grid` is a map", "(u32, u32)", "`HiddenKeys.by_point` is a map"];
    map_at_the_root: Vec<HashMap<(u32, u32), u8>> => ["is a map whose keys are no texts (`(u32, u32)`)"];
    text_below_a_tag: TextBelowATag => ["`TextBelowATag.A` holds a text, which cannot stand beside the enum's `tag`"];
    inline_tree: InlineTree => ["the type `InlineTree` recurses"];
    transparent_tree: TransparentTree => ["the type `TransparentTree` recurses"];
    flattened_tree: FlattenedTree => ["the type `FlattenedTree` recurses"];
    tagged_tree: TaggedTree => ["the type `TaggedTree` recurses"];
    look_around_unclosed: LookAroundUnclosed => ["(?=a"];
    fine: Fine => [];
}

#[test]
fn a_type_with_an_unenforceable_schema_is_refused_with_its_field() {
    assert_refused(cases());
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Note {
    text: String,
    attachments: Vec<File>,
}

/// Streams whose clients could not receive their events.
#[router]
mod files_in_events {
    use super::*;

    #[procedure(name = "take")]
    pub fn events() -> impl Stream<Item = Note> {
        futures::stream::empty()
    }
}

#[router]
mod files_at_the_end {
    use super::*;

    #[procedure(name = "take")]
    pub fn ends() -> impl Stream<Item = Event<String, Option<File>>> {
        futures::stream::empty()
    }
}

#[router]
mod files_of_publishers {
    use orpc_runtime::publish::{Published, Publisher, ReadError, Start, SubscribeError};

    use super::*;

    #[procedure(name = "take")]
    pub fn published()
    -> Result<impl Stream<Item = Result<Published<Note>, ReadError>>, SubscribeError> {
        Publisher::<Note>::memory().subscribe("notes", Start::Latest)
    }
}

#[cfg(feature = "websocket")]
#[router]
mod files_in_hibernation {
    use orpc_runtime::HibernatingIterator;

    use super::*;

    #[procedure(name = "take")]
    pub fn hibernates() -> HibernatingIterator<Note> {
        HibernatingIterator::new(|_| Ok(()))
    }
}

#[test]
fn a_stream_whose_events_hold_files_is_refused() {
    let of_note = "`Note.attachments[]` is a file, which no event can hold";
    assert_refused(vec![
        ("events", files_in_events::router(), vec![of_note]),
        ("the end", files_at_the_end::router(), vec!["is a file, which no event can hold"]),
        ("events of a publisher", files_of_publishers::router(), vec![of_note]),
        #[cfg(feature = "websocket")]
        ("events of a hibernating iterator", files_in_hibernation::router(), vec![of_note]),
    ]);
}
