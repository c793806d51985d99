//! The cost as the work grows: items of an input, calls in flight, readers, procedures.

use std::io;

use crate::calls::{self, Sample};
use crate::events;
use crate::message::error;
use crate::options::Options;
use crate::report::{self, Key, Rows};
use crate::servers::{Running, SERVERS, Server};
use crate::work::{Call, Link};

/// The servers of the plots.
const COMPARED: [&str; 2] = ["by-hand", "ours"];

const ITEMS: &[usize] = &[1, 5, 10, 25, 50, 100, 200, 350, 500];
const CALLS: &[usize] = &[32, 64, 128, 256, 512, 1024, 2048];
const READERS: &[usize] = &[10, 30, 100, 300, 1000, 3000];
const PROCEDURES: &[usize] = &[10, 100, 1000, 5000];

/// A plot: the cost on each link for each amount of work.
struct Series {
    name: &'static str,
    links: &'static [Link],
    amounts: &'static [usize],
    /// The server has the amount when it starts.
    is_started_with: bool,
    servers: &'static [&'static str],
    measure: fn(&Running, Link, usize, &Options) -> io::Result<Sample>,
}

const BOTH: &[Link] = &[Link::Http, Link::WebSocket];

const SERIES: &[Series] = &[
    Series {
        name: "items",
        links: BOTH,
        amounts: ITEMS,
        is_started_with: false,
        servers: &COMPARED,
        measure: |server, link, items, options| {
            let in_flight = if link == Link::Http { 1 } else { 8 };
            calls::measure(
                server,
                &Call::order(items as u32),
                link,
                32,
                in_flight,
                options.times(true),
            )
        },
    },
    Series {
        name: "calls in flight",
        links: BOTH,
        amounts: CALLS,
        is_started_with: false,
        servers: &COMPARED,
        measure: |server, link, calls, options| match link {
            Link::Http => {
                calls::measure(server, &Call::echo(), link, calls, 1, options.times(true))
            }
            Link::WebSocket => {
                calls::measure(server, &Call::echo(), link, 32, calls / 32, options.times(true))
            }
        },
    },
    Series {
        name: "readers",
        links: BOTH,
        amounts: READERS,
        is_started_with: false,
        servers: &COMPARED,
        measure: |server, link, readers, options| {
            events::fan_out(server, "subscribe", link, readers, options.times(true))
        },
    },
    Series {
        name: "procedures",
        links: BOTH,
        amounts: PROCEDURES,
        is_started_with: true,
        servers: &["ours"],
        measure: |server, link, procedures, options| {
            let call = Call::ping_named(&format!("group{}/ping", procedures - 1));
            let in_flight = if link == Link::Http { 1 } else { 8 };
            calls::measure(server, &call, link, 32, in_flight, options.times(true))
        },
    },
];

/// Measures one amount on one server.
fn point(
    series: &Series,
    link: Link,
    amount: usize,
    server: &Server,
    shared: &Running,
    options: &Options,
) -> io::Result<Sample> {
    if !series.is_started_with {
        return (series.measure)(shared, link, amount, options);
    }
    let running = server.start(options, &[("PROCEDURES", amount.to_string())])?;
    (series.measure)(&running, link, amount, options)
}

pub fn run(options: &Options) -> io::Result<()> {
    let mut servers = Vec::new();
    for server in SERVERS.iter().filter(|server| COMPARED.contains(&server.name)) {
        servers.push((server, server.start(options, &[])?));
    }
    let mut rows = Rows::default();
    for round in 1..=options.rounds {
        for series in SERIES.iter().filter(|series| options.has_case(series.name)) {
            let compared =
                |(server, _): &&(&Server, Running)| series.servers.contains(&server.name);
            for (&link, &amount) in
                series.links.iter().flat_map(|link| series.amounts.iter().map(move |n| (link, n)))
            {
                for (server, running) in servers.iter().filter(compared) {
                    let key = Key {
                        case: series.name,
                        link: link.name(),
                        server: server.name,
                        work: Some(amount),
                        unit: "seconds",
                    };
                    let about = |cause| error(format!("{key}: {cause}"));
                    let sample =
                        point(series, link, amount, server, running, options).map_err(about)?;
                    let value = sample.cpu / sample.count as f64 * 1e6;
                    eprintln!("round {round}: {key} {value:.3}");
                    rows.add(key, value, Some(sample.count as f64 / sample.seconds));
                }
            }
        }
    }
    report::write(options, &rows)
}
