//! Files in inputs and outputs over HTTP: reading, writing and limits.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::stream;
use http::Request;
use http_body_util::{BodyExt as _, Full, StreamBody};
use orpc_runtime::Value as Any;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::File;
use serde_json::{Value, json};

use crate::support::{self, Answer, send};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

#[router]
pub mod api {
    use super::*;

    #[derive(Deserialize, JsonSchema)]
    pub struct Upload {
        title: String,
        file: File,
        #[schemars(length(max = 2))]
        #[serde(default)]
        more: Vec<File>,
        maybe: Option<File>,
    }

    async fn described(file: &File) -> Value {
        let bytes = file.bytes().await.unwrap();
        assert_eq!(file.size(), Some(bytes.len() as u64));
        json!([file.name(), file.content_type(), String::from_utf8_lossy(&bytes)])
    }

    #[procedure]
    pub async fn describe(input: Upload) -> Value {
        let mut more = Vec::new();
        for file in &input.more {
            more.push(described(file).await);
        }
        let maybe = match &input.maybe {
            Some(file) => described(file).await,
            None => Value::Null,
        };
        json!({ "title": input.title, "file": described(&input.file).await, "more": more, "maybe": maybe })
    }

    #[procedure]
    pub async fn length(input: File) -> Result<usize, Error> {
        // Both at once: each reader has its own position.
        let (first, second) = tokio::join!(input.bytes(), input.bytes());
        let (first, second) = (first?, second?);
        assert!(first == second);
        assert!(first.iter().enumerate().all(|(at, byte)| *byte == letter(at)));
        Ok(first.len())
    }

    #[procedure]
    pub async fn echo(input: Any) -> Any {
        input
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    pub enum Either {
        One { number: u8 },
        Other { file: File },
    }

    #[procedure]
    pub async fn either(input: Either) -> String {
        match input {
            Either::One { number } => number.to_string(),
            Either::Other { file } => file.name().to_owned(),
        }
    }

    #[procedure]
    pub async fn plain(input: Value) -> Value {
        input
    }

    #[derive(Serialize, JsonSchema)]
    pub struct Made {
        before: u64,
        files: Vec<File>,
        after: Option<File>,
    }

    #[procedure]
    pub async fn make() -> Made {
        let chunks = ["one ", "", "two"].map(|text| Ok::<_, io::Error>(Bytes::from(text)));
        Made {
            before: 1,
            files: vec![
                File::new("ü \"q\"\r\n.txt", "Text/Plain", "A"),
                File::from_stream("s", "bad\r\nX: y", stream::iter(chunks)),
            ],
            after: Some(File::new("", "", "")),
        }
    }

    #[derive(RpcError)]
    pub enum Failure {
        Conflict { theirs: File, bytes: u64 },
    }

    #[procedure]
    pub async fn fails() -> Result<(), Failure> {
        Err(Failure::Conflict {
            theirs: File::new("theirs.txt", "text/plain", "theirs!"),
            bytes: 7,
        })
    }

    #[procedure]
    pub async fn broken() -> File {
        let chunks = [Ok("half".into()), Err(io::Error::other("secret"))];
        File::from_stream("s", "", stream::iter(chunks))
    }

    #[procedure]
    pub async fn panics() -> File {
        let chunks = stream::iter([1, 0]).map(|n| {
            assert!(n > 0, "secret");
            Ok::<_, io::Error>(Bytes::from("half"))
        });
        File::from_stream("s", "", chunks)
    }
}

fn letter(at: usize) -> u8 {
    b'a' + u8::try_from(at % 26).unwrap()
}

fn letters(count: usize) -> Vec<u8> {
    (0..count).map(letter).collect()
}

fn service() -> HttpService<()> {
    Rpc::new(api::router()).http(())
}

/// A form with the boundary `B`.
#[derive(Default)]
struct FormText(Vec<u8>);

impl FormText {
    fn part(mut self, head: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.extend_from_slice(format!("--B\r\n{head}\r\n\r\n").as_bytes());
        self.0.extend_from_slice(content.as_ref());
        self.0.extend_from_slice(b"\r\n");
        self
    }

    fn data(self, data: &str) -> Self {
        self.part("Content-Disposition: form-data; name=\"data\"", data)
    }

    fn file(self, number: usize, name: &str, content: impl AsRef<[u8]>) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{number}\"; filename=\"{name}\"\r\nContent-Type: text/x"
        );
        self.part(&head, content)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"--B--\r\n");
        self.0
    }
}

fn form() -> FormText {
    FormText::default()
}

fn request(path: &str) -> http::request::Builder {
    Request::post(path).header("content-type", "multipart/form-data; boundary=B")
}

async fn post(service: HttpService<()>, path: &str, body: impl Into<Bytes>) -> Answer {
    send(service, request(path).body(Full::new(body.into())).unwrap()).await
}

/// The same in pieces, without a declared length.
async fn post_in_pieces(
    service: HttpService<()>,
    path: &str,
    body: impl Into<Bytes>,
    piece: usize,
) -> Answer {
    let body: Bytes = body.into();
    let pieces: Vec<_> = (0..body.len()).step_by(piece).collect();
    let frames = pieces.into_iter().map(move |at| {
        let end = body.len().min(at + piece);
        Ok::<_, io::Error>(http_body::Frame::data(body.slice(at..end)))
    });
    send(service, request(path).body(StreamBody::new(stream::iter(frames))).unwrap()).await
}

fn assert_malformed(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 400, "{case}: {}", answer.body);
    assert_eq!(answer.json()["code"], "BAD_REQUEST", "{case}");
    assert!(answer.body.contains("Malformed request"), "{case}: {}", answer.body);
}

fn assert_too_large(answer: &Answer, case: &str) {
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (413, &json!("PAYLOAD_TOO_LARGE")),
        "{case}"
    );
}

#[tokio::test]
async fn files_reach_the_fields_of_a_struct() {
    let data = r#"{"json":{"title":"T","file":{},"more":[{},null],"maybe":null},"meta":[],"maps":[["more",0],["file"],["more","1"]]}"#;
    let body =
        form().file(2, "c", "C").data(data).file(0, "ü 日本.txt", "A").file(1, "b\\", "B").end();
    for piece in [1, 2, 7, 64, 100_000] {
        let answer = post_in_pieces(service(), "/describe", body.clone(), piece).await;
        let expected = json!({
            "title": "T",
            "file": ["b\\", "text/x", "B"],
            "more": [["ü 日本.txt", "text/x", "A"], ["c", "text/x", "C"]],
            "maybe": null,
        });
        assert_eq!(answer.json(), expected, "in pieces of {piece}");
    }
}

#[tokio::test]
async fn files_are_accepted_only_in_the_place_of_files() {
    let cases = [
        (r#"{"json":{"title":"T","file":{}}}"#, json!(["file"]), "expected File, received object"),
        (
            r#"{"json":{"title":{},"file":{}},"maps":[["title"],["file"]]}"#,
            json!(["title"]),
            "received File",
        ),
        (
            r#"{"json":{"title":"","file":"a"},"maps":[]}"#,
            json!(["file"]),
            "expected File, received string",
        ),
        (
            r#"{"json":{"title":"","file":{},"more":[{},0]},"maps":[["file"],["more",0]]}"#,
            json!(["more", 1]),
            "expected File",
        ),
        (
            r#"{"json":{"title":"","file":{},"maybe":{}},"maps":[["file"]]}"#,
            json!(["maybe"]),
            "expected File",
        ),
        (
            r#"{"json":{"title":"","file":{},"more":{}},"maps":[["file"],["more"]]}"#,
            json!(["more"]),
            "received File",
        ),
    ];
    for (data, path, message) in cases {
        let body = form().data(data).file(0, "a", "A").file(1, "b", "B").end();
        let answer = post(service(), "/describe", body).await;
        let issues = answer.json()["data"]["issues"].take();
        assert_eq!(issues.as_array().map(Vec::len), Some(1), "{data}: {}", answer.body);
        assert_eq!(issues[0]["path"], path, "{data}: {issues}");
        assert!(issues[0]["message"].as_str().unwrap().contains(message), "{data}: {issues}");
    }
    let body = form().data(r#"{"json":[{}],"maps":[[0]]}"#).file(0, "a", "A").end();
    let answer = post(service(), "/plain", body).await;
    assert_eq!(answer.json()["data"]["issues"][0]["path"], json!([0]), "{}", answer.body);
}

#[tokio::test]
async fn a_file_survives_the_buffers_of_serde() {
    let body = form().data(r#"{"json":{"file":{}},"maps":[["file"]]}"#).file(0, "a", "A").end();
    assert_eq!(post(service(), "/either", body).await.json(), "a");
    // A client cannot forge the placeholder of a file.
    for data in [r#"{"json":{"file":0}}"#, r#"{"json":{"file":{"$orpc::File":0}}}"#] {
        let answer = post(service(), "/either", form().data(data).end()).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

#[tokio::test]
async fn results_with_files_are_forms() {
    let answer = send(service(), support::post("/make", "{}")).await;
    let content_type = answer.headers["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let lines = [
        "--B",
        "Content-Disposition: form-data; name=\"data\"",
        "",
        r#"{"json":{"before":"1","files":[{},{}],"after":{}},"meta":[[0,"before"]],"maps":[["files",0],["files",1],["after"]]}"#,
        "--B",
        "Content-Disposition: form-data; name=\"0\"; filename=\"ü %22q%22%0D%0A.txt\"",
        "Content-Type: text/plain",
        "",
        "A",
        "--B",
        "Content-Disposition: form-data; name=\"1\"; filename=\"s\"",
        "Content-Type: application/octet-stream",
        "",
        "one two",
        "--B",
        "Content-Disposition: form-data; name=\"2\"; filename=\"\"",
        "Content-Type: application/octet-stream",
        "",
        "",
        "--B--",
        "",
    ];
    assert_eq!(answer.body.replace(boundary, "B"), lines.join("\r\n"));
}

#[tokio::test]
async fn a_failing_stream_aborts_the_response() {
    use tower::ServiceExt as _;

    for path in ["/broken", "/panics"] {
        let response = service().oneshot(support::post(path, "{}")).await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.into_body().collect().await.is_err());
    }
    assert_malformed(&post(service(), "/echo", "").await, "empty");
}

#[tokio::test]
async fn each_limit_is_exact() {
    let upload = |size: usize| {
        let data = r#"{"json":{},"maps":[[]]}"#;
        form().data(data).file(0, "a", letters(size)).end()
    };
    let of_file = || service().file_limit(1000);
    let frame = upload(0).len();
    let of_form = || service().form_limit((frame + 1000) as u64);
    for limited in [&of_file as &dyn Fn() -> _, &of_form] {
        for size in [0, 999, 1000] {
            assert_eq!(post(limited(), "/length", upload(size)).await.json(), size);
            assert_eq!(post_in_pieces(limited(), "/length", upload(size), 7).await.json(), size);
        }
        assert_too_large(&post(limited(), "/length", upload(1001)).await, "declared");
        assert_too_large(&post_in_pieces(limited(), "/length", upload(1001), 7).await, "pieces");
    }
    let files = |count: usize| {
        (0..count).fold(form().data(r#"{"json":1}"#), |form, n| form.file(n, "a", "A")).end()
    };
    assert_eq!(post(service(), "/plain", files(100)).await.json(), 1);
    assert_too_large(&post(service(), "/plain", files(101)).await, "101 files");
    assert_eq!(post(service().files_limit(1), "/plain", files(1)).await.json(), 1);
    assert_too_large(&post(service().files_limit(1), "/plain", files(2)).await, "2 files");
    assert_too_large(&post(service().files_limit(0), "/plain", files(1)).await, "no files");

    let data = format!(r#"{{"json":"{}"}}"#, "x".repeat(1000));
    let limited = || service().body_limit(data.len());
    assert_eq!(post(limited(), "/plain", form().data(&data).end()).await.status, 200);
    let longer = form().data(&format!("{data} ")).end();
    assert_too_large(&post(limited(), "/plain", longer).await, "data");
}

#[tokio::test]
async fn a_form_is_refused_by_its_declared_length_before_it_is_read() {
    let polled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polled);
    let frames = stream::poll_fn(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::task::Poll::<Option<io::Result<http_body::Frame<Bytes>>>>::Pending
    });
    let request = request("/echo").header("content-length", 33 * MIB);
    let answer = send(service(), request.body(StreamBody::new(frames)).unwrap()).await;
    assert_too_large(&answer, "declared");
    assert_eq!(polled.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_large_file_goes_through_a_temporary_one() {
    for size in [MIB, MIB + 1, 3 * MIB + 17] {
        let body = form().data(r#"{"json":{},"maps":[[]]}"#).file(0, "a", letters(size)).end();
        assert_eq!(post_in_pieces(service(), "/length", body, 60_000).await.json(), size);
    }
    let body = form().data(r#"{"json":{},"maps":[[]]}"#).file(0, "a", letters(MIB)).end();
    let answer = post(service().file_memory(0), "/echo", body).await;
    let length: usize = answer
        .headers
        .get("content-length")
        .map_or(answer.bytes.len(), |length| length.to_str().unwrap().parse().unwrap());
    assert_eq!(length, answer.bytes.len());
    let content = letters(MIB);
    assert!(answer.bytes.windows(content.len()).any(|window| window == content));
}

#[tokio::test]
async fn hostile_forms_are_refused() {
    let data = r#"{"json":{"f":{}},"maps":[["f"]]}"#;
    let good = || form().data(data).file(0, "a", "A");
    let maps = |maps: &str| {
        let data = format!(r#"{{"json":{{"f":{{}},"g":[{{}}],"h":"text"}},"maps":{maps}}}"#);
        form().data(&data).file(0, "a", "A").file(1, "b", "B").end()
    };
    assert_eq!(post(service(), "/echo", good().end()).await.status, 200);
    let long_head = format!("Content-Disposition: form-data; name=\"0\"\r\nX: {}", "x".repeat(MIB));
    let many_headers = "X: y\r\n".repeat(1000);
    let mut cut = good().end();
    cut.truncate(cut.len() - 10);
    let in_the_file = good().0;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no data", form().file(0, "a", "A").end()),
        (
            "data is a file",
            form()
                .part("Content-Disposition: form-data; name=\"data\"; filename=\"d\"", data)
                .end(),
        ),
        ("data is no JSON", form().data("{").end()),
        ("data is empty", form().data("").end()),
        ("data is null", form().data("null").end()),
        ("no name", form().part("X: y", "").data(data).end()),
        ("no head", form().part("", "").data(data).end()),
        (
            "a file that is a text",
            form().data(data).part("Content-Disposition: form-data; name=\"0\"", "A").end(),
        ),
        ("a file that is not there", form().data(data).file(1, "a", "A").end()),
        ("a file by another name", form().data(data).file(0, "a", "A").data(data).0),
        ("a long head", form().part(&long_head, "").end()),
        ("a long head of a line each", form().part(&many_headers, "").end()),
        ("a long preamble", vec![b'x'; MIB]),
        ("a head that does not end", [b"--B\r\nX: ".to_vec(), vec![b'x'; MIB]].concat()),
        ("cut off", cut),
        ("cut off after a file", in_the_file),
        ("nothing", Vec::new()),
        ("another boundary", b"--C--\r\n".to_vec()),
        ("maps is no array", maps("1")),
        ("maps of texts", maps(r#"["f"]"#)),
        ("maps of nulls", maps("[[null]]")),
        ("a place that is not there", maps(r#"[["x"]]"#)),
        ("an element that is not there", maps(r#"[["g",1]]"#)),
        ("a negative element", maps(r#"[["g",-1]]"#)),
        ("into a text", maps(r#"[["h",0]]"#)),
        ("a text's length", maps(r#"[["h","length"]]"#)),
        ("an array's length", maps(r#"[["g","length"]]"#)),
        ("__proto__", maps(r#"[["__proto__"]]"#)),
        ("constructor", maps(r#"[["constructor","prototype"]]"#)),
        ("into a file", maps(r#"[["f"],["f","name"]]"#)),
        ("one place twice", maps(r#"[["f"],["f"]]"#)),
        ("more places than files", maps(r#"[["f"],["g",0],["h"]]"#)),
        (
            "a type of a file",
            form()
                .data(r#"{"json":{"f":{}},"meta":[[1,"f"]],"maps":[["f"]]}"#)
                .file(0, "a", "A")
                .end(),
        ),
    ];
    for (case, body) in cases {
        for piece in [5, 1000, 10_000_000] {
            let answer = post_in_pieces(service(), "/echo", body.clone(), piece).await;
            assert_malformed(&answer, case);
        }
    }
    for (case, data) in support::hostile::malformed_maps() {
        for path in ["/echo", "/describe", "/plain"] {
            let answer = post(service(), path, support::hostile::form(&data)).await;
            assert_malformed(&answer, case);
        }
        assert_eq!(post(service(), "/echo", good().end()).await.status, 200, "after {case}");
    }
    let parts = (0..100_000).fold(form().data(data), |form, n| form.file(n, "", "")).end();
    assert_too_large(&post(service(), "/echo", parts).await, "100,000 parts");
    for content_type in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data;;"]
    {
        let request = Request::post("/echo").header("content-type", content_type);
        let request = request.body(Full::new(Bytes::from(good().end()))).unwrap();
        assert_malformed(&send(service(), request).await, content_type);
    }
}

/// The message of a call on a socket with a form.
fn message(path: &str, form: &[u8]) -> Vec<u8> {
    let head = format!(
        r#"{{"i":"1","p":{{"u":"{path}","h":{{"content-type":"multipart/form-data; boundary=B"}}}}}}"#
    );
    [head.as_bytes(), b"\xff", form].concat()
}

/// The answer to one message: whether it is text, and its bytes.
async fn ask(message: impl Into<Bytes>) -> (bool, String) {
    let mut peer = Rpc::new(api::router()).peer(());
    peer.receive(message);
    let answer = peer.next().await.unwrap();
    (answer.is_text(), String::from_utf8_lossy(answer.as_bytes()).into_owned())
}

#[tokio::test]
async fn files_go_through_a_socket_in_messages_of_bytes() {
    let data = r#"{"json":{"title":"T","file":{}},"maps":[["file"]]}"#;
    let body = form().file(0, "a", "A\u{ff}").data(data).end();
    let expected = r#"{"i":"1","p":{"b":{"json":{"title":"T","file":["a","text/x","Aÿ"],"more":[],"maybe":null}}}}"#;
    assert_eq!(ask(message("/describe", &body)).await, (true, expected.to_owned()));

    let (is_text, answer) = ask(r#"{"i":"1","p":{"u":"/make"}}"#).await;
    assert!(!is_text && answer.contains("\r\n\r\none two\r\n"), "{answer}");

    // A message is whole, so the call can still fail.
    for path in ["broken", "panics"] {
        let (is_text, answer) = ask(format!(r#"{{"i":"1","p":{{"u":"/{path}"}}}}"#)).await;
        assert!(is_text && answer.contains(r#""status":500,"message":"Internal server error"}"#));
        assert!(!answer.contains("secret"), "{answer}");
    }

    for form in [&b""[..], b"--B", b"--B--\r\n", &body[..body.len() - 8]] {
        let (_, answer) = ask(message("/echo", form)).await;
        assert!(answer.contains(r#""code":"BAD_REQUEST","status":400,"message":"Malformed"#));
    }
    let many = (0..101).fold(form().data("{}"), |form, n| form.file(n, "", "")).end();
    let (_, answer) = ask(message("/echo", &many)).await;
    assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
}

#[tokio::test]
async fn a_result_of_a_batch_has_no_files() {
    let unsupported = "Batch responses do not support file/blob, or event-iterator. Please call this procedure separately outside of the batch request.";
    let calls = r#"[{"url":"http://h/make","body":{}},{"url":"http://h/fails","body":{}}]"#;
    let request = Request::post("/make/__batch__").header("x-orpc-batch", "buffered");
    let request = request.body(Full::new(Bytes::from(calls))).unwrap();
    let answer = send(service(), request).await;
    let mut answers: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    answers.sort_by_key(|answer| answer["index"].as_u64());
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(*answer, json!({ "index": index, "status": 500, "body": unsupported }));
    }
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn declared_errors_are_still_declared_with_a_file_in_their_data() {
    let answer = send(service(), support::post("/fails", "{}")).await;
    assert_eq!(answer.status, 409);
    let envelope = r#"{"json":{"defined":true,"code":"CONFLICT","status":409,"message":"Conflict","data":{"theirs":{},"bytes":"7"}},"meta":[[0,"data","bytes"]],"maps":[["data","theirs"]]}"#;
    assert!(answer.body.contains(envelope), "{}", answer.body);
    assert!(answer.body.contains("; filename=\"theirs.txt\"\r\n"), "{}", answer.body);
}

/// Names as clients write them between quotes, and what they mean.
const NAMES: [(&str, &str); 12] = [
    ("a\u{1}b", "a\u{1}b"),
    ("\0", "\0"),
    ("a\tb", "a\tb"),
    ("\u{7f}\u{85}", "\u{7f}\u{85}"),
    ("\u{1f}\u{1b}[31m", "\u{1f}\u{1b}[31m"),
    ("a%0D%0Ab", "a\r\nb"),
    ("a%22b", "a\"b"),
    ("a\\b", "a\\b"),
    ("%00%41", "%00%41"),
    (" x ", " x "),
    ("a;b=c", "a;b=c"),
    ("\u{2028}😀", "\u{2028}😀"),
];

#[tokio::test]
async fn file_names_may_have_control_characters() {
    let data = r#"{"json":{"title":"T","file":{}},"maps":[["file"]]}"#;
    for (written, name) in NAMES {
        for body in [
            form().data(data).file(0, written, "A").end(),
            form().file(0, written, "A").data(data).end(),
        ] {
            for piece in [1, 100_000] {
                let answer = post_in_pieces(service(), "/describe", body.clone(), piece).await;
                assert_eq!(answer.json()["file"][0], name, "{name:?}: {}", answer.body);
            }
            let answer = post(service(), "/echo", body.clone()).await;
            let head = format!("name=\"0\"; filename=\"{written}\"\r\n");
            assert!(answer.body.contains(&head), "{name:?}: {:?}", answer.body);
            let (_, answer) = ask(message("/describe", &body)).await;
            let quoted = serde_json::to_string(name).unwrap();
            assert!(answer.contains(&format!("\"file\":[{quoted},")), "{name:?}: {answer}");
        }
    }
    // A line end is not part of a name.
    for name in ["a\rb", "a\nb", "a\r\nb"] {
        assert_malformed(
            &post(service(), "/echo", form().data(data).file(0, name, "A").end()).await,
            name,
        );
    }
}

#[tokio::test]
async fn the_heads_of_parts_are_read_without_regard_to_case() {
    let data = r#"{"json":{"title":"T","file":{}},"maps":[["file"]]}"#;
    let body = form()
        .part("CONTENT-DISPOSITION: Form-Data; NAME=\"data\"", data)
        .part("content-disposition:form-data; FileName=a.txt; Name=0\r\nCONTENT-TYPE:\tText/X", "A")
        .end();
    let answer = post(service(), "/describe", body).await;
    assert_eq!(answer.json()["file"], json!(["a.txt", "text/x", "A"]));
}
