//! Processes that stand still for longer than events are retained.

use std::future::IntoFuture as _;
use std::io::{BufRead as _, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use orpc_runtime::publish::{EventId, Publisher, ReadError, Start, Subscription};

use super::super::world::{Line, event, number, publish};
use super::{Server, for_each_server, next, published, read_up_to, until};
use crate::support::proxy::{Network, Proxy};
use crate::support::websocket::within;

for_each_server! {
    a_node_that_stood_still_reads_what_it_missed_or_is_told_of_a_gap,
    a_node_that_stood_still_and_lost_its_connection_is_told_of_a_gap,
    a_server_that_stood_still_gives_one_event_for_each_key,
}

const URL: &str = "PAUSED_NODE_URL";

const RETENTION: Duration = Duration::from_millis(400);

/// Number of the last event that the other process reads.
const END: u64 = 1_000_000;

async fn open(url: &str, retention: Duration) -> Publisher<Line> {
    let scheme = url.split(':').next().unwrap();
    Server::open(Publisher::builder().retention(retention), scheme, url).await.unwrap()
}

/// Prints what a reader gets, up to the event of that number.
async fn read_aloud(mut reader: Subscription<Line>, end: u64, out: &mut impl Write) {
    loop {
        let said = match next(&mut reader).await {
            Ok(event) => {
                let id = event.id().unwrap();
                Item::Event(id, number(event))
            }
            Err(ReadError::Gap(gap)) => Item::Gap(gap.last(), gap.resume()),
            Err(other) => panic!("{other:?}"),
        };
        writeln!(out, "{}", said.text()).unwrap();
        out.flush().unwrap();
        if matches!(said, Item::Event(_, n) if n == end) {
            return;
        }
    }
}

/// Items that a reader got.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Event(EventId, u64),
    Gap(EventId, EventId),
}

impl Item {
    fn text(self) -> String {
        match self {
            Self::Event(id, n) => format!("read {id} event {n}"),
            Self::Gap(last, resume) => format!("read {last} gap {resume}"),
        }
    }

    fn of(line: &str) -> Option<Self> {
        // The first line begins with output of the test harness.
        let (_, line) = line.split_once("read ")?;
        let mut words = line.split(' ');
        let id = words.next()?.parse().ok()?;
        match (words.next()?, words.next()?) {
            ("event", n) => Some(Self::Event(id, n.parse().ok()?)),
            ("gap", resume) => Some(Self::Gap(id, resume.parse().ok()?)),
            _ => None,
        }
    }
}

/// The process that stands still. In the parent it checks that the parent understands it.
#[tokio::test]
async fn child() {
    if let Ok(url) = std::env::var(URL) {
        let lines = open(&url, RETENTION).await;
        let reader = super::subscribe(&lines, Start::Latest).await;
        println!("reading");
        read_aloud(reader, END, &mut std::io::stdout()).await;
        return;
    }
    let lines: Publisher<Line> = Publisher::builder().max_events(4).memory();
    let ids = publish(&lines, 0..200).await;
    let reader = super::subscribe(&lines, Start::After(ids[0])).await;
    let mut out = Vec::new();
    read_aloud(reader, 199, &mut out).await;
    let said: Vec<_> = String::from_utf8(out).unwrap().lines().filter_map(Item::of).collect();
    assert_eq!(said.last(), Some(&Item::Event(ids[199], 199)));
    assert!(matches!(said[0], Item::Gap(last, _) if last == ids[0]), "{said:?}");
}

/// A reader in a process of its own, which is killed when it is dropped.
struct Other {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Other {
    /// Starts the process; returns once it reads.
    async fn start(url: String) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["publish::servers::pauses::child", "--exact", "--nocapture"]);
        command.env(URL, url).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut other = Self { child, lines: Some(lines) };
        while !other.line().await.ends_with("reading") {}
        other
    }

    async fn line(&mut self) -> String {
        let mut lines = self.lines.take().unwrap();
        let reading = tokio::task::spawn_blocking(move || (lines.next(), lines));
        let (line, lines) = within(reading).await.unwrap();
        self.lines = Some(lines);
        line.expect("the process ended by itself").unwrap()
    }

    async fn item(&mut self) -> Item {
        loop {
            if let Some(item) = Item::of(&self.line().await) {
                return item;
            }
        }
    }

    /// Reads on behind that event, up to one of that number, and checks that each hole is a gap; returns its id and the
    /// number of gaps.
    async fn judge(&mut self, mut last: EventId, end: u64) -> (EventId, usize) {
        let mut gaps = 0;
        loop {
            match self.item().await {
                Item::Event(id, n) => {
                    assert_eq!(id.sequence(), last.sequence() + 1, "a hole behind {last}");
                    last = id;
                    if n == end {
                        return (last, gaps);
                    }
                }
                Item::Gap(from, resume) => {
                    assert_eq!(from, last);
                    last = resume;
                    gaps += 1;
                }
            }
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn signal(process: u32, name: &str) {
    let script = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
}

/// Lets a node stand still until events that it has not read are not retained any more; returns the number of gaps of its
/// reader. That node may have lost its connection meanwhile.
async fn gaps_of_a_pause(server: &Server, loses_connection: bool) -> usize {
    let lines = open(&server.url(), RETENTION).await;
    let proxy = Proxy::to(server.port()).await;
    let mut other = Other::start(proxy.url(server.scheme())).await;
    let begin = super::subscribe(&lines, Start::Latest).await.position().unwrap();
    publish(&lines, 1..3).await;
    let (last, _) = judged(&lines, &mut other, begin, 3).await;
    signal(other.child.id(), "STOP");
    if loses_connection {
        proxy.set(Network::Cut);
        proxy.set(Network::Up);
    }
    publish(&lines, 4..204).await;
    until(async || {
        // A gap, if events are trimmed while they are read.
        lines.subscribe("room", Start::Earliest).unwrap().next_ready().await.is_none()
    })
    .await;
    signal(other.child.id(), "CONT");
    judged(&lines, &mut other, last, END).await.1
}

/// Publishes events of that number again and again, since none is retained for long, until the other process has read one.
async fn judged(
    lines: &Publisher<Line>,
    other: &mut Other,
    last: EventId,
    end: u64,
) -> (EventId, usize) {
    let ending = async {
        loop {
            lines.publish("room", &Line { n: end }).await.unwrap();
            tokio::time::sleep(RETENTION / 4).await;
        }
    };
    tokio::select! {
        judged = other.judge(last, end) => judged,
        () = ending => unreachable!(),
    }
}

/// Announcements may have stayed in buffers of the system.
async fn a_node_that_stood_still_reads_what_it_missed_or_is_told_of_a_gap(server: Server) {
    println!("{} gaps", gaps_of_a_pause(&server, false).await);
}

async fn a_node_that_stood_still_and_lost_its_connection_is_told_of_a_gap(server: Server) {
    assert!(gaps_of_a_pause(&server, true).await > 0);
}

/// Requests that wait for the server are executed when it goes on, though nobody waits for their answers any more.
async fn a_server_that_stood_still_gives_one_event_for_each_key(server: Server) {
    let retention = Duration::from_secs(3);
    let (a, b) = (open(&server.url(), retention).await, open(&server.url(), retention).await);
    let mut reader = super::subscribe(&b, Start::Latest).await;
    let last = publish(&a, 1..4).await[2];
    for n in 1..4 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    signal(server.id(), "STOP");
    // A channel is kept for two retentions and a second.
    let pause = tokio::time::sleep(2 * retention + Duration::from_secs(1));
    let attempt = a.publish("room", &Line { n: 4 }).idempotency_key("4").into_future();
    let (outcome, ()) = tokio::join!(attempt, pause);
    // A process may answer while it is being stopped.
    println!("the first attempt: {outcome:?}");
    let went_on = Instant::now();
    signal(server.id(), "CONT");
    let ids = tokio::join!(published(&a, 4), published(&b, 4));
    // A key is kept for one retention.
    let is_kept = went_on.elapsed() < retention;
    assert!(ids.0 == ids.1 || !is_kept, "{ids:?}");
    let end = published(&b, 5).await;
    let mut numbers = read_up_to(&mut reader, last, end).await;
    if outcome.is_ok() || !is_kept {
        numbers.dedup();
    }
    // Events are retained for as long as well.
    if went_on.elapsed() < retention {
        assert_eq!(numbers, [4, 5]);
    } else {
        assert!([4, 5].ends_with(&numbers), "{numbers:?}");
    }
}
