//! Names that clash, with each other and with those of TypeScript, and names that
//! are no names.

use orpc_runtime::prelude::*;

pub mod billing {
    use orpc_runtime::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Item {
        pub(super) price: u32,
    }

    pub mod archive {
        use orpc_runtime::prelude::*;

        #[derive(Serialize, Deserialize, JsonSchema)]
        pub struct Item {
            pub(in super::super) year: u16,
        }
    }
}

pub mod shop {
    use orpc_runtime::prelude::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Item {
        pub(super) title: String,
        #[serde(default)]
        pub(super) tags: Vec<String>,
    }
}

/// All the items.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Items {
    billed: billing::Item,
    archived: billing::archive::Item,
    sold: shop::Item,
    more: Vec<shop::Item>,
}

/// Holds the types whose names are those of TypeScript.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Globals {
    date: Date,
    error: Error,
    map: Map,
    record: Record,
    client: Client,
    promise: Promise,
    array: Array,
    string: String2,
    undefined: undefined,
    any: any,
    file: File,
    class: class,
    partial: Partial,
}

macro_rules! structs {
    ($($name:ident)*) => {$(
        #[derive(Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            own: u8,
        }
    )*};
}

structs! { Date Error Map Record Client Promise Array File Partial }

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "String")]
pub struct String2 {
    own: u8,
}

macro_rules! lower_case_structs {
    ($($name:ident)*) => {$(
        #[allow(non_camel_case_types, reason = "the names of TypeScript")]
        #[derive(Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            own: u8,
        }
    )*};
}

lower_case_structs! { undefined any class }

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Raw {
    r#type: u8,
    r#match: bool,
    r#async: Option<u8>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum r#Enum {
    r#Match,
    r#Loop { r#in: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Hostile {
    #[serde(rename = "")]
    empty: u8,
    #[serde(rename = "a\"b")]
    quote: u8,
    #[serde(rename = "it's")]
    apostrophe: u8,
    #[serde(rename = "*/ evil /*")]
    comment: u8,
    #[serde(rename = "a-b")]
    dash: u8,
    #[serde(rename = "a.b")]
    dot: u8,
    #[serde(rename = "über")]
    umlaut: u8,
    #[serde(rename = "日本")]
    japanese: u8,
    #[serde(rename = "😀")]
    emoji: u8,
    #[serde(rename = "a\nb")]
    newline: u8,
    #[serde(rename = "\u{2028}")]
    separator: u8,
    #[serde(rename = "back\\slash")]
    backslash: u8,
    #[serde(rename = "${x}`")]
    template: u8,
    #[serde(rename = "1")]
    digit: u8,
    #[serde(rename = "1e3")]
    exponent: u8,
    #[serde(rename = "-1")]
    negative: u8,
    #[serde(rename = "constructor")]
    constructor: u8,
    #[serde(rename = "toString")]
    to_string: u8,
    #[serde(rename = "hasOwnProperty")]
    has_own_property: u8,
    #[serde(rename = "then")]
    then: u8,
    #[serde(rename = "length")]
    length: u8,
    #[serde(rename = "a/b~c%d")]
    pointer: u8,
    #[serde(rename = "json")]
    json: u8,
    #[serde(rename = "meta")]
    meta: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Proto {
    #[serde(rename = "__proto__", default)]
    proto: u8,
    other: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum HostileVariants {
    #[serde(rename = "")]
    Empty,
    #[serde(rename = "a\"b")]
    Quote,
    #[serde(rename = "*/")]
    Comment {
        #[serde(rename = "*/")]
        inner: u8,
    },
    #[serde(rename = "new\nline")]
    Newline(u8),
    #[serde(rename = "日本")]
    Japanese,
    #[serde(rename = "constructor")]
    Constructor { x: u8 },
    #[serde(rename = "\\u0041")]
    Escape,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "*/ \"tag\"", content = "con-tent")]
pub enum HostileTag {
    #[serde(rename = "true")]
    True,
    #[serde(rename = "1")]
    One(u8),
}

/// There is one that a type's two contracts would be called by, too.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Clash {
    #[serde(default)]
    number: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ClashInput {
    a: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct ClashOutput {
    b: u8,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Clashes {
    clash: Clash,
    input: ClashInput,
    output: ClashOutput,
}

/// A name with letters that no ASCII has.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Größe {
    wert: u8,
}

torture! {
    billing_item: billing::Item = [billing::Item { price: 1 }];
    archived_item: billing::archive::Item = [billing::archive::Item { year: 1999 }];
    shop_item: shop::Item = [shop::Item { title: String::new(), tags: vec![] }];
    items: Items = [Items {
        billed: billing::Item { price: 1 },
        archived: billing::archive::Item { year: 1999 },
        sold: shop::Item { title: String::new(), tags: vec![] },
        more: vec![],
    }];
    globals: Globals = [Globals {
        date: Date { own: 1 },
        error: Error { own: 1 },
        map: Map { own: 1 },
        record: Record { own: 1 },
        client: Client { own: 1 },
        promise: Promise { own: 1 },
        array: Array { own: 1 },
        string: String2 { own: 1 },
        undefined: undefined { own: 1 },
        any: any { own: 1 },
        file: File { own: 1 },
        class: class { own: 1 },
        partial: Partial { own: 1 },
    }];
    raw: Raw = [Raw { r#type: 1, r#match: true, r#async: None }];
    raw_enum: r#Enum = [r#Enum::r#Match, r#Enum::r#Loop { r#in: 1 }];
    hostile: Hostile = [Hostile {
        empty: 1,
        quote: 1,
        apostrophe: 1,
        comment: 1,
        dash: 1,
        dot: 1,
        umlaut: 1,
        japanese: 1,
        emoji: 1,
        newline: 1,
        separator: 1,
        backslash: 1,
        template: 1,
        digit: 1,
        exponent: 1,
        negative: 1,
        constructor: 1,
        to_string: 1,
        has_own_property: 1,
        then: 1,
        length: 1,
        pointer: 1,
        json: 1,
        meta: 1,
    }];
    proto: Proto = [Proto { proto: 1, other: 2 }];
    hostile_variants: HostileVariants = [
        HostileVariants::Empty,
        HostileVariants::Quote,
        HostileVariants::Comment { inner: 1 },
        HostileVariants::Newline(1),
        HostileVariants::Japanese,
        HostileVariants::Constructor { x: 1 },
        HostileVariants::Escape,
    ];
    hostile_tag: HostileTag = [HostileTag::True, HostileTag::One(1)];
    clashes: Clashes = [Clashes {
        clash: Clash { number: 1 },
        input: ClashInput { a: 1 },
        output: ClashOutput { b: 1 },
    }];
    größe: Größe = [Größe { wert: 1 }];
}
