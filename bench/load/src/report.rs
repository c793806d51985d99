//! The figures as a file of JSON.

use std::fmt;
use std::fs;
use std::io;
use std::process::Command;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::options::Options;

/// The subject of a figure.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub struct Key<'a> {
    pub case: &'a str,
    pub link: &'static str,
    pub server: &'static str,
    /// The amount of work, where that is what changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<usize>,
    /// `seconds`: of CPU for a million calls or events; `KiB`: of resident memory for each socket.
    pub unit: &'static str,
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.link, self.case, self.server)?;
        self.work.map_or(Ok(()), |work| write!(f, " {work}"))?;
        write!(f, " {}", self.unit)
    }
}

/// The figures of one subject, one for each round.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    key: Key<'a>,
    values: Vec<f64>,
    /// Calls or events per second of elapsed time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rates: Vec<f64>,
}

#[derive(Default, Serialize)]
#[serde(transparent)]
pub struct Rows<'a>(Vec<Row<'a>>);

impl<'a> Rows<'a> {
    pub fn add(&mut self, key: Key<'a>, value: f64, rate: Option<f64>) {
        let round =
            |number: f64, places: i32| (number * 10_f64.powi(places)).round() / 10_f64.powi(places);
        let at = self.0.iter().position(|row| row.key == key).unwrap_or_else(|| {
            self.0.push(Row { key, values: Vec::new(), rates: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].values.push(round(value, 4));
        self.0[at].rates.extend(rate.map(|rate| round(rate, 0)));
    }
}

#[derive(Serialize)]
struct Report<'a> {
    date: String,
    processor: String,
    kernel: String,
    /// That of the last minute before the run: other programs disturb the figures.
    load_average: f64,
    is_quick: bool,
    rounds: usize,
    seconds: f64,
    versions: Map<String, Value>,
    rows: &'a Rows<'a>,
}

/// Returns what a program prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout);
    String::from_utf8_lossy(&output.unwrap_or_default()).trim().to_owned()
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    };
    format!("{}, family {}, model {}", field("model name"), field("cpu family"), field("model\t"))
}

/// Writes the figures, with the machine, the date and the versions.
pub fn write(options: &Options, rows: &Rows<'_>) -> io::Result<()> {
    let versions = fs::read(options.bench.join("target/versions.json"))?;
    let mut report = Report {
        date: output("date", &["-u", "+%Y-%m-%d"]),
        processor: processor(),
        kernel: output("uname", &["-sr"]),
        load_average: options.load_average,
        is_quick: options.is_quick,
        rounds: options.rounds,
        seconds: options.seconds,
        versions: serde_json::from_slice(&versions)?,
        rows,
    };
    report.versions.insert("rustc".to_owned(), output("rustc", &["--version"]).into());
    let mut text = serde_json::to_string_pretty(&report)?;
    text.push('\n');
    fs::write(&options.out, text)
}
