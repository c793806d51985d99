//! The command line.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::calls::Times;
use crate::message::error;

pub struct Options {
    /// The measurement: `table` or `growth`.
    pub command: String,
    /// The folder of the servers' programs.
    pub programs: PathBuf,
    /// The folder of the repository's benchmark.
    pub bench: PathBuf,
    /// The file for the figures.
    pub out: PathBuf,
    pub is_quick: bool,
    pub rounds: usize,
    pub seconds: f64,
    pub core: usize,
    /// That of the machine before the run: `LOAD_AVERAGE`, from before the programs were built.
    pub load_average: f64,
    /// Names of servers, of cases: all where there are none.
    pub servers: Vec<String>,
    pub cases: Vec<String>,
}

fn load_average() -> io::Result<f64> {
    let text = match std::env::var("LOAD_AVERAGE") {
        Ok(text) => text,
        Err(_) => fs::read_to_string("/proc/loadavg")?,
    };
    let first = text.split(' ').next().and_then(|first| first.parse().ok());
    first.ok_or_else(|| error("no load average"))
}

impl Options {
    pub fn read() -> io::Result<Self> {
        let mut arguments = std::env::args().skip(1);
        let mut options = Self {
            command: arguments.next().unwrap_or_default(),
            programs: PathBuf::new(),
            bench: PathBuf::new(),
            out: PathBuf::new(),
            is_quick: false,
            rounds: 5,
            seconds: 2.0,
            core: 0,
            load_average: load_average()?,
            servers: Vec::new(),
            cases: Vec::new(),
        };
        // A plot has many points.
        if options.command == "growth" {
            (options.rounds, options.seconds) = (3, 1.0);
        }
        while let Some(name) = arguments.next() {
            if name == "--quick" {
                (options.is_quick, options.rounds, options.seconds) = (true, 1, 0.3);
                continue;
            }
            let value = arguments.next().ok_or_else(|| error(format!("`{name}` has no value")))?;
            let number =
                || value.parse().map_err(|_| error(format!("`{name} {value}` is no number")));
            let list = || value.split(',').map(str::to_owned).collect();
            match name.as_str() {
                "--programs" => options.programs = value.into(),
                "--bench" => options.bench = value.into(),
                "--out" => options.out = value.into(),
                "--rounds" => options.rounds = number()? as usize,
                "--seconds" => options.seconds = number()?,
                "--core" => options.core = number()? as usize,
                "--servers" => options.servers = list(),
                "--cases" => options.cases = list(),
                _ => return Err(error(format!("`{name}` is no option"))),
            }
        }
        Ok(options)
    }

    /// Returns the times of one measurement; a server that compiles while it runs takes longer to warm up.
    pub fn times(&self, is_compiled: bool) -> Times {
        let measured = Duration::from_secs_f64(self.seconds);
        Times { warm_up: if is_compiled { measured / 5 } else { measured }, measured }
    }

    pub fn has_server(&self, name: &str) -> bool {
        self.servers.is_empty() || self.servers.iter().any(|server| server == name)
    }

    pub fn has_case(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|case| case == name)
    }
}
