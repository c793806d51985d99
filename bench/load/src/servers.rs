//! The servers: processes of their own, on a core of their own.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::message::error;
use crate::options::Options;
use crate::work::{Link, Wire};

/// The units of the times in `/proc`, those of the interface of Linux, in a second.
const TICKS: f64 = 100.0;

/// A server that can be started.
pub struct Server {
    pub name: &'static str,
    wire: Wire,
    offer: Offer,
    program: Program,
}

/// The procedures of a server.
#[derive(Clone, Copy, PartialEq)]
enum Offer {
    /// Those with one result, over HTTP alone.
    HttpCalls,
    /// Those with one result.
    Calls,
    /// Streams and readers of a publisher as well.
    Events,
    /// Iterators that hibernate as well.
    Hibernation,
}

enum Program {
    /// A program that Cargo builds, and its argument.
    Rust(&'static str, Option<&'static str>),
    /// A runtime of JavaScript in PATH or below `bench`, and a file below `bench`.
    Script(&'static str, &'static str),
}

/// The address of a server that runs, and its protocol.
#[derive(Clone, Copy)]
pub struct Address {
    pub socket: SocketAddr,
    pub wire: Wire,
}

const fn rust(
    name: &'static str,
    offer: Offer,
    program: &'static str,
    argument: Option<&'static str>,
) -> Server {
    Server { name, wire: Wire::Orpc, offer, program: Program::Rust(program, argument) }
}

const fn official(name: &'static str, runtime: &'static str, file: &'static str) -> Server {
    Server {
        name,
        wire: Wire::Orpc,
        offer: Offer::Hibernation,
        program: Program::Script(runtime, file),
    }
}

/// All of them, in the order of the table.
pub const SERVERS: &[Server] = &[
    rust("by-hand", Offer::Events, "bench-by-hand", None),
    rust("ours", Offer::Hibernation, "bench-ours", None),
    rust("by-hand-plain", Offer::Events, "bench-by-hand", Some("plain")),
    rust("orpc", Offer::HttpCalls, "bench-orpc", None),
    Server { wire: Wire::JsonRpc, ..rust("jsonrpsee", Offer::Calls, "bench-jsonrpsee", None) },
    official("official-node", "node", "servers/official/node.mjs"),
    official("official-bun", "servers/official/node_modules/.bin/bun", "servers/official/bun.mjs"),
];

/// A server that runs, until this is dropped.
pub struct Running {
    pub address: Address,
    child: Child,
}

impl Server {
    /// Returns `true` if it has the procedure over this link.
    pub fn serves(&self, procedure: &str, link: Link) -> bool {
        match self.offer {
            Offer::HttpCalls if link == Link::WebSocket => false,
            Offer::HttpCalls | Offer::Calls => matches!(procedure, "ping" | "echo" | "order"),
            Offer::Events => procedure != "follow",
            Offer::Hibernation => true,
        }
    }

    pub fn is_compiled(&self) -> bool {
        matches!(self.program, Program::Rust(..))
    }

    /// Starts it, pinned to a core.
    pub fn start(&self, options: &Options, more: &[(&str, String)]) -> io::Result<Running> {
        let mut command = Command::new("taskset");
        command.args(["-c", &options.core.to_string()]);
        match self.program {
            Program::Rust(program, argument) => {
                command.arg(options.programs.join(program)).args(argument);
            }
            Program::Script(runtime, file) => {
                let below = options.bench.join(runtime);
                command.arg(if below.exists() { below.as_os_str() } else { runtime.as_ref() });
                command.arg(options.bench.join(file)).env("NODE_ENV", "production");
            }
        }
        command.envs(more.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or_else(|| error("no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(socket) = line.trim().strip_prefix("listening on http://") else {
            let _ = child.kill();
            return Err(error(format!("{} does not start: {line}", self.name)));
        };
        let socket = socket.parse().map_err(|_| error(line.trim()))?;
        Ok(Running { address: Address { socket, wire: self.wire }, child })
    }
}

impl Running {
    /// Returns the seconds of CPU that the process has taken, in user space and in the kernel.
    pub fn cpu(&self) -> io::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may have spaces.
        let (_, fields) = stat.rsplit_once(')').ok_or_else(|| error("no name in stat"))?;
        let ticks = fields.split_ascii_whitespace().skip(11).take(2);
        Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS)
    }

    /// Returns the resident memory in KiB.
    pub fn resident(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")).map(str::trim);
        kib.and_then(|kib| kib.parse().ok()).ok_or_else(|| error("no VmRSS"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
