//! The table: each case on each server, in rounds that go through all of them.

use std::io;

use crate::calls::{self, Sample};
use crate::message::error;
use crate::options::Options;
use crate::report::{self, Row};
use crate::servers::{Running, SERVERS, Server};
use crate::work::{Call, Link};

/// Connections of the cases with calls, and calls in flight on each WebSocket.
const CONNECTIONS: usize = 32;
const IN_FLIGHT: usize = 8;

/// A row of the table.
struct Case {
    name: &'static str,
    link: Link,
    work: Work,
}

enum Work {
    Call(Call),
}

impl Case {
    fn is_served_by(&self, server: &Server) -> bool {
        match &self.work {
            Work::Call(call) => server.serves(&call.name, self.link),
        }
    }

    fn measure(&self, server: &Running, options: &Options) -> io::Result<Sample> {
        match &self.work {
            Work::Call(call) => {
                let in_flight = if self.link == Link::Http { 1 } else { IN_FLIGHT };
                calls::measure(server, call, self.link, CONNECTIONS, in_flight, options.times())
            }
        }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for link in [Link::Http, Link::WebSocket] {
        let mut add = |name, work| cases.push(Case { name, link, work });
        add("ping", Work::Call(Call::ping()));
        add("echo", Work::Call(Call::echo()));
        add("order", Work::Call(Call::order(50)));
    }
    cases
}

pub fn run(options: &Options) -> io::Result<()> {
    let cases: Vec<_> = cases().into_iter().filter(|case| options.has_case(case.name)).collect();
    let mut servers = Vec::new();
    for server in SERVERS.iter().filter(|server| options.has_server(server.name)) {
        servers.push((server, server.start(options, &[])?));
    }
    let mut rows: Vec<Row> = Vec::new();
    for round in 1..=options.rounds {
        for case in &cases {
            for (server, running) in servers.iter().filter(|(server, _)| case.is_served_by(server))
            {
                let about = |cause| {
                    error(format!("{} over {:?}, {}: {cause}", case.name, case.link, server.name))
                };
                let sample = case.measure(running, options).map_err(about)?;
                let seconds = sample.cpu / sample.count as f64 * 1e6;
                let rate = sample.count as f64 / sample.seconds;
                eprintln!(
                    "round {round}: {:<8} {:<9} {:<14} {seconds:8.3} s per million, {rate:9.0} per second",
                    case.name,
                    case.link.name(),
                    server.name
                );
                let is_here = |row: &&mut Row| {
                    row.case == case.name
                        && row.link == case.link.name()
                        && row.server == server.name
                };
                let row = match rows.iter_mut().find(is_here) {
                    Some(row) => row,
                    None => {
                        rows.push(Row {
                            case: case.name.to_owned(),
                            link: case.link.name(),
                            server: server.name,
                            work: None,
                            unit: "seconds",
                            values: Vec::new(),
                            rates: Vec::new(),
                        });
                        rows.last_mut().expect("a row")
                    }
                };
                row.values.push(seconds);
                row.rates.push(rate);
            }
        }
    }
    report::write(options, &rows)
}
