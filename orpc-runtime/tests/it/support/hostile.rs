//! Hostile envelopes and forms, of the maximum length that a server accepts. The tests
//! check the responses, `benches/hostile_meta.rs` measures their cost.

/// Default maximum length of a body.
const BODY: usize = 1024 * 1024;

/// Name and text of a case.
pub type Case = (&'static str, String);

/// A list of that many items.
fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<_> = (0..count).map(item).collect();
    format!("[{}]", items.join(","))
}

/// A list of that many equal texts.
fn same(count: usize, item: &str) -> String {
    list(count, |_| item.to_owned())
}

/// Nested lists.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The segments of a path of that depth.
fn zeros(depth: usize) -> String {
    vec!["0"; depth].join(",")
}

fn nines(digits: usize) -> String {
    "9".repeat(digits)
}

fn envelope(json: &str, meta: &str) -> String {
    format!(r#"{{"json":{json},"meta":{meta}}}"#)
}

/// The same, with the `#` replaced by as many letters as the maximum length allows.
fn longest(envelope: &str, letter: char) -> String {
    let (before, after) = envelope.split_once('#').unwrap();
    let filling: String = (before.len() + after.len()..BODY).map(|_| letter).collect();
    format!("{before}{filling}{after}")
}

/// Inconsistent envelopes: 400, for every type of the input.
pub fn malformed() -> Vec<Case> {
    vec![
        ("missing paths", envelope(r#"{"a":1}"#, &list(50_000, |at| format!("[0,\"b\",{at}]")))),
        (
            "missing paths after good ones",
            envelope(&same(40_000, "\"1\""), &list(40_001, |at| format!("[0,{at}]"))),
        ),
        ("__proto__", envelope("{}", r#"[[0,"__proto__"],[0,"constructor","prototype"]]"#)),
        ("__proto__ of a member", envelope(r#"{"a":{}}"#, r#"[[0,"a","__proto__","x"]]"#)),
        ("__proto__ 40,000 times", envelope("{}", &same(40_000, "[0,\"__proto__\"]"))),
        (
            "100,000 entries",
            envelope(&same(1_000, "\"1\""), &list(100_000, |at| format!("[0,{}]", at % 1_000))),
        ),
        ("entries without a path in a whole body", envelope("1", &same(BODY / 4 - 8, "[9]"))),
        ("entries that are empty in a whole body", envelope("1", &same(BODY / 3 - 8, "[]"))),
        (
            "as many paths of ten segments as a body holds",
            envelope("1", &same(BODY / 23 - 8, "[0,0,0,0,0,0,0,0,0,0]")),
        ),
        ("one path 50,000 times", envelope(r#"["1"]"#, &same(50_000, "[0,0]"))),
        (
            "one path in two spellings",
            envelope(r#"{"0":"1","a":["1"]}"#, r#"[[0,0],[0,"a",0],[0,"0"],[0,"a","0"]]"#),
        ),
        ("a bigint of 10,000 digits", envelope(&format!("\"{}\"", nines(10_000)), "[[0]]")),
        ("a bigint in a whole body", longest(&envelope("\"#\"", "[[0]]"), '9')),
        (
            "200 bigints of 4,301 digits",
            envelope(
                &same(200, &format!("\"{}\"", nines(4301))),
                &list(200, |at| format!("[0,{at}]")),
            ),
        ),
        ("a number of 10,000 digits", envelope(&nines(10_000), "[[2]]")),
        ("a number in a whole body", longest(&envelope("#", "[[2]]"), '9')),
        (
            "numbers of 1,000 digits in a whole body",
            envelope(&same(BODY / 1001 - 1, &nines(1000)), "[[6]]"),
        ),
        ("a code of 10,000 digits", envelope("1", &format!("[[{}]]", nines(10_000)))),
        ("a code in a whole body", longest(&envelope("1", "[[#]]"), '9')),
        ("an index of 10,000 digits", envelope("[1]", &format!("[[0,{}]]", nines(10_000)))),
        ("an index in a whole body", longest(&envelope("[1]", "[[0,#]]"), '9')),
        ("an index that is text in a whole body", longest(&envelope("[1]", "[[0,\"#\"]]"), '9')),
        ("a key in a whole body", longest(&envelope("{}", "[[0,\"#\"]]"), 'k')),
        ("a path of 100,000 segments", envelope("[1]", &format!("[[0,{}]]", zeros(100_000)))),
        ("a path in a whole body", envelope("[1]", &format!("[[9,{}]]", zeros(BODY / 2 - 16)))),
        ("10,000 levels", envelope(&nested(10_000), &format!("[[6,{}]]", zeros(9_999)))),
        (
            "10,000 levels of objects",
            envelope(&format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)), "[[6]]"),
        ),
        ("10,000 levels of meta", envelope("1", &format!("[[0,{}]]", nested(10_000)))),
        ("levels in a whole body", longest(&envelope("#", "[]"), '[')),
        ("levels of meta in a whole body", longest(&envelope("1", "[[0,#]]"), '[')),
        (
            "500 regular expressions with a bad end",
            envelope(
                &list(501, |at| if at < 500 { r#""/(a+)+$/g""# } else { r#""/a/z""# }.to_owned()),
                &list(501, |at| format!("[5,{at}]")),
            ),
        ),
        ("a flag in a whole body", longest(&envelope("\"/a/#\"", "[[5]]"), 'g')),
        ("slashes in a whole body", longest(&envelope("\"#z\"", "[[5]]"), '/')),
        ("an address without a scheme in a whole body", longest(&envelope("\"#\"", "[[4]]"), 'a')),
        ("a host in a whole body", longest(&envelope("\"http://#:x\"", "[[4]]"), 'a')),
        ("a foreign host in a whole body", {
            let host = "ü".repeat(BODY / 2 - 32);
            envelope(&format!("\"http://{host}:x\""), "[[4]]")
        }),
        ("a foreign host of many labels", {
            let label = format!("{}.", "ü日a".repeat(90));
            envelope(&format!("\"http://{}:x\"", label.repeat(BODY / label.len() - 1)), "[[4]]")
        }),
        ("an encoded host of many labels", {
            let label = format!("xn--{}.", "z9".repeat(900));
            envelope(&format!("\"http://{}\"", label.repeat(BODY / label.len() - 1)), "[[4]]")
        }),
        (
            "a set before its members",
            envelope(
                &same(40_000, "\"1\""),
                &list(
                    40_001,
                    |at| {
                        if at == 0 { "[6]".to_owned() } else { format!("[0,{}]", at - 1) }
                    },
                ),
            ),
        ),
        ("a map of no entries", envelope(&same(100_000, "1"), "[[7]]")),
        ("a code beyond all", envelope("1", "[[18446744073709551616]]")),
        ("the last of 100,000 members meta", {
            format!("{{{}\"json\":1,\"meta\":[[0]]}}", "\"meta\":[],".repeat(80_000))
        }),
    ]
}

/// Large envelopes: a value is accepted or its issues are reported.
pub fn laborious() -> Vec<Case> {
    vec![
        (
            "as many paths of an unknown code as a body holds",
            envelope("1", &same(BODY / 23 - 8, "[9,0,0,0,0,0,0,0,0,0]")),
        ),
        ("user-defined types upon one another", envelope("[1,2]", &same(40_000, "[21]"))),
        (
            "500 regular expressions that take forever to match",
            envelope(
                &same(500, r#""/^(([a-z])+.)+[A-Z]([a-z])+$(a+)+$/u""#),
                &list(500, |at| format!("[5,{at}]")),
            ),
        ),
        ("a regular expression in a whole body", longest(&envelope("\"/#/\"", "[[5]]"), '(')),
        (
            "200 bigints of 4,300 digits",
            envelope(
                &same(200, &format!("\"{}\"", nines(4300))),
                &list(200, |at| format!("[0,{at}]")),
            ),
        ),
        ("a fraction in a whole body", longest(&envelope("[0.#]", "[[6]]"), '3')),
        (
            "a fraction of a second in a whole body",
            longest(&envelope("\"2024-01-01T00:00:00.#Z\"", "[[1]]"), '3'),
        ),
        (
            "an address of dots in a whole body",
            envelope(&format!("\"http://h/{}\"", "a/../".repeat(BODY / 5 - 8)), "[[4]]"),
        ),
        (
            "5,000 addresses with foreign hosts",
            envelope(
                &same(5_000, &format!("\"http://{}/\"", "日本".repeat(10))),
                &list(5_000, |at| format!("[4,{at}]")),
            ),
        ),
        (
            "49,999 bigints in a set",
            envelope(
                &list(49_999, |at| format!("\"{at}\"")),
                &list(
                    50_000,
                    |at| if at < 49_999 { format!("[0,{at}]") } else { "[6]".to_owned() },
                ),
            ),
        ),
        (
            "one member of a set as often as a body holds it",
            envelope(&same(BODY / 2 - 16, "1"), "[[6]]"),
        ),
        (
            "one key of a map as often as a body holds it",
            envelope(&same(BODY / 6 - 16, "[1,2]"), "[[7]]"),
        ),
        (
            "numbers in a whole body, without types",
            format!(r#"{{"json":{}}}"#, same(BODY / 2 - 16, "1")),
        ),
        (
            "pairs in a whole body, without types",
            format!(r#"{{"json":{}}}"#, same(BODY / 6 - 16, "[1,2]")),
        ),
        (
            "mistakes below a long key",
            format!(r#"{{"json":{{"{}":{}}}}}"#, "k".repeat(BODY / 2), same(5_000, "-1")),
        ),
        (
            "mistakes below a long key, with types",
            format!(
                r#"{{"json":{{"{}":{}}},"meta":[[9]]}}"#,
                "k".repeat(BODY / 2),
                same(5_000, "-1")
            ),
        ),
        (
            "120 levels of sets",
            envelope(&nested(120), &list(120, |at| format!("[6{}]", ",0".repeat(119 - at)))),
        ),
        (
            "30,000 dates that nobody can read",
            envelope(&same(30_000, "\"1x\""), &list(30_000, |at| format!("[1,{at}]"))),
        ),
    ]
}

/// The parts `data` of forms with two files that contradict themselves.
pub fn malformed_maps() -> Vec<Case> {
    let data =
        |maps: &str| format!(r#"{{"json":{{"f":{{}},"g":[{{}}],"h":"text"}},"maps":{maps}}}"#);
    vec![
        ("a place that is not there", data(r#"[["f"],["x"]]"#)),
        ("__proto__", data(r#"[["__proto__"]]"#)),
        ("__proto__ of a place", data(r#"[["f","__proto__"]]"#)),
        ("the constructor's prototype", data(r#"[["constructor","prototype"]]"#)),
        ("one place twice", data(r#"[["f"],["f"]]"#)),
        ("one place in two spellings", data(r#"[["g",0],["g","0"]]"#)),
        ("a place in a file", data(r#"[["f"],["f","name"]]"#)),
        ("100,000 places", data(&same(100_000, "[\"f\"]"))),
        ("places in all of the data", data(&same(BODY / 3 - 32, "[]"))),
        ("an element of 10,000 digits", data(&format!("[[\"g\",{}]]", nines(10_000)))),
        ("an element in all of the data", longest(&data("[[\"g\",#]]"), '9')),
        ("a key in all of the data", longest(&data("[[\"#\"]]"), 'k')),
        ("a path of 100,000 segments", data(&format!("[[{}]]", zeros(100_000)))),
        ("a path in all of the data", data(&format!("[[{}]]", zeros(BODY / 2 - 40)))),
        ("10,000 levels", data(&nested(10_000))),
        ("levels in all of the data", longest(&data("#"), '[')),
        (
            "a place below 200 levels",
            format!(r#"{{"json":{},"maps":[[{}]]}}"#, nested(200), zeros(200)),
        ),
        (
            "types in a file",
            format!(
                r#"{{"json":{{"f":{{"a":"1"}}}},"meta":{},"maps":[["f"]]}}"#,
                same(40_000, r#"[0,"f","a"]"#)
            ),
        ),
        ("a type of a file", r#"{"json":{"f":[]},"meta":[[6,"f"]],"maps":[["f"]]}"#.to_owned()),
    ]
}

/// A form of that part `data` and two files; its boundary is `B`.
pub fn form(data: &str) -> String {
    let file = |number: usize| {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"{number}\"; filename=\"f\"\r\n\r\nF\r\n"
        )
    };
    let data = format!("--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{data}\r\n");
    format!("{data}{}{}--B--\r\n", file(0), file(1))
}
