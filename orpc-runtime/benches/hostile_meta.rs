//! Cost of hostile inputs: `cargo bench --bench hostile_meta` prints for each the
//! status of its response, the CPU time of the whole process for one request, the first
//! and on average, and the peak of additional resident memory. Arguments after `--`
//! select the cases whose names contain them.
//!
//! Each case runs in a process of its own, since memory that was freed stays
//! resident.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "procedures are `pub`, and nobody reads a bench's docs"
)]

#[path = "../tests/it/support/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use orpc_runtime::Value as Any;
use orpc_runtime::http::HttpService;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, File, Map, RegExp, Set, Url};
use rustix::time::{ClockId, clock_gettime};
use tower::ServiceExt as _;

/// Number of runs of a case, without the first one.
const RUNS: u32 = 10;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Every {
    big: BigInt,
    when: Date,
    url: Url,
    pattern: RegExp,
    set: Set<String>,
    map: Map<String, f64>,
    list: Vec<Date>,
    file: Option<File>,
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn any(input: Any) -> Any {
        input
    }

    #[procedure]
    pub async fn every(input: Every) -> Every {
        input
    }

    #[procedure]
    pub async fn dates(input: Vec<Date>) -> Vec<Date> {
        input
    }

    #[procedure]
    pub async fn tables(input: BTreeMap<String, Vec<u64>>) -> BTreeMap<String, Vec<u64>> {
        input
    }
}

const PROCEDURES: [&str; 4] = ["any", "every", "dates", "tables"];

/// The argument of a process that measures one request.
const ONE: &str = "--one";

const JSON: &str = "application/json";

struct Case {
    name: String,
    content_type: &'static str,
    body: String,
}

fn cases() -> Vec<Case> {
    let envelopes = hostile::malformed().into_iter().chain(hostile::laborious());
    let envelopes =
        envelopes.map(|(name, body)| Case { name: name.to_owned(), content_type: JSON, body });
    let forms = hostile::malformed_maps().into_iter().map(|(name, data)| Case {
        name: format!("maps: {name}"),
        content_type: "multipart/form-data; boundary=B",
        body: hostile::form(&data),
    });
    envelopes.chain(forms).collect()
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().expect("a time that is not negative"),
        time.tv_nsec.try_into().expect("nanoseconds of a second"),
    )
}

/// KiB of this process, by its name in `/proc`.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known name");
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
}

async fn send(
    service: &HttpService<()>,
    procedure: &str,
    content_type: &str,
    body: Bytes,
) -> (u16, usize) {
    let request = Request::post(format!("/{procedure}")).header("content-type", content_type);
    let request = request.body(Full::new(body)).expect("a request");
    let Ok(response) = service.clone().oneshot(request).await;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body");
    (status, body.to_bytes().len())
}

/// Measures one request, in this process.
fn measure(procedure: &str, content_type: &str, body: Bytes) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let service = Rpc::new(api::router()).http(());
    runtime.block_on(async {
        let first_ever = Bytes::from_static(b"{\"json\":[[1]],\"meta\":[[6]]}");
        send(&service, procedure, JSON, first_ever).await;
        let before = memory("VmHWM");
        let start = cpu_time();
        let (status, length) = send(&service, procedure, content_type, body.clone()).await;
        let first = cpu_time() - start;
        let grown = memory("VmHWM") - before;
        let start = cpu_time();
        for _ in 0..RUNS {
            send(&service, procedure, content_type, body.clone()).await;
        }
        let average = (cpu_time() - start) / RUNS;
        println!(
            "{procedure:<6} {:>8} {status} {length:>8} {:>8.3} {:>8.3} {:>7.1}",
            body.len(),
            first.as_secs_f64() * 1e3,
            average.as_secs_f64() * 1e3,
            grown as f64 / 1024.0,
        );
    });
}

/// Measures one request, in a process of its own, and gives its line of the table.
fn measure_apart(procedure: &str, case: &Case) -> std::io::Result<String> {
    let mut process = Command::new(std::env::current_exe()?)
        .args([ONE, procedure, case.content_type])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // Dropped at once, which ends it.
    process.stdin.take().expect("a pipe").write_all(case.body.as_bytes())?;
    let output = process.wait_with_output()?;
    assert!(output.status.success(), "{} to {procedure}", case.name);
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn main() -> std::io::Result<()> {
    // cargo adds `--bench`.
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [ONE, procedure, content_type] = *words.iter().map(String::as_str).collect::<Vec<_>>() {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        body.shrink_to_fit();
        measure(procedure, content_type, body.into());
        return Ok(());
    }
    println!(
        "{:<52} {:<6} {:>8} sta {:>8} {:>8} {:>8} {:>7}",
        "case", "input", "bytes", "answer", "first ms", "mean ms", "MiB"
    );
    for case in cases() {
        if words.iter().all(|word| case.name.contains(word.as_str())) {
            for procedure in PROCEDURES {
                println!("{:<52} {}", case.name, measure_apart(procedure, &case)?);
            }
        }
    }
    Ok(())
}
