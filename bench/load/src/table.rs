//! The table: each case on each server, in rounds that go through all of them.

use std::io;

use crate::calls;
use crate::events;
use crate::message::error;
use crate::options::Options;
use crate::report::{self, Key, Rows};
use crate::servers::{Running, SERVERS, Server};
use crate::work::{Call, Link};

/// Connections of the cases with calls, and calls in flight on each WebSocket.
const CONNECTIONS: usize = 32;
const IN_FLIGHT: usize = 8;

/// Readers of one publisher.
const READERS: usize = 1000;

/// Sockets that wait; a tenth in a quick run.
const SOCKETS: usize = 10_000;

/// A row of the table.
struct Case {
    name: &'static str,
    link: Link,
    work: Work,
}

enum Work {
    Call(Call),
    Count,
    /// Readers by this procedure.
    FanOut(&'static str),
    /// Sockets that wait for the events of this procedure.
    Idle(&'static str),
}

impl Case {
    fn is_served_by(&self, server: &Server) -> bool {
        match &self.work {
            Work::Call(call) => server.serves(&call.name, self.link),
            Work::Count => server.serves("count", self.link),
            Work::FanOut(procedure) | Work::Idle(procedure) => server.serves(procedure, self.link),
        }
    }

    /// Returns the figure, and the work done in a second.
    fn measure(
        &self,
        server: &Server,
        running: &Running,
        options: &Options,
    ) -> io::Result<(f64, Option<f64>)> {
        let times = options.times(server.is_compiled());
        let sample = match &self.work {
            Work::Call(call) => {
                let in_flight = if self.link == Link::Http { 1 } else { IN_FLIGHT };
                calls::measure(running, call, self.link, CONNECTIONS, in_flight, times)?
            }
            Work::Count => events::count(running, self.link, times)?,
            Work::FanOut(procedure) => {
                events::fan_out(running, procedure, self.link, READERS, times)?
            }
            Work::Idle(procedure) => {
                // A process of its own: one that has worked has memory that is free.
                let running = server.start(options, &[])?;
                let sockets = if options.is_quick { SOCKETS / 10 } else { SOCKETS };
                return Ok((events::idle(&running, procedure, sockets)?, None));
            }
        };
        Ok((sample.cpu / sample.count as f64 * 1e6, Some(sample.count as f64 / sample.seconds)))
    }

    fn unit(&self) -> &'static str {
        if matches!(self.work, Work::Idle(_)) { "KiB" } else { "seconds" }
    }
}

fn cases() -> Vec<Case> {
    use Link::{Http, WebSocket};

    let mut cases = Vec::new();
    let mut add = |name, link, work| cases.push(Case { name, link, work });
    for link in [Http, WebSocket] {
        add("ping", link, Work::Call(Call::ping()));
        add("echo", link, Work::Call(Call::echo()));
        add("order", link, Work::Call(Call::order(50)));
        add("count", link, Work::Count);
        add("fan-out", link, Work::FanOut("subscribe"));
    }
    add("fan-out-hibernating", WebSocket, Work::FanOut("follow"));
    add("idle", WebSocket, Work::Idle("subscribe"));
    add("idle-hibernating", WebSocket, Work::Idle("follow"));
    cases
}

pub fn run(options: &Options) -> io::Result<()> {
    let cases: Vec<_> = cases().into_iter().filter(|case| options.has_case(case.name)).collect();
    let mut servers = Vec::new();
    for server in SERVERS.iter().filter(|server| options.has_server(server.name)) {
        servers.push((server, server.start(options, &[])?));
    }
    let mut rows = Rows::default();
    for round in 1..=options.rounds {
        for case in &cases {
            for (server, running) in servers.iter().filter(|(server, _)| case.is_served_by(server))
            {
                let (name, link) = (case.name, case.link.name());
                let about = |cause| error(format!("{name} over {link}, {}: {cause}", server.name));
                let (value, rate) = case.measure(server, running, options).map_err(about)?;
                let key =
                    Key { case: name, link, server: server.name, work: None, unit: case.unit() };
                eprintln!("round {round}: {key} {value:.3}");
                rows.add(key, value, rate);
            }
        }
    }
    report::write(options, &rows)
}
