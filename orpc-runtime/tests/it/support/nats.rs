//! A NATS server of a test, on a free port, with a folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::clock::{self, WallClock};

/// A server, which is stopped when it is dropped.
pub struct NatsServer {
    child: Option<Child>,
    folder: tempfile::TempDir,
    pub port: u16,
    /// Port of the figures of the server.
    figures: u16,
    settings: String,
    clock: Option<WallClock>,
}

/// Returns the path of the server, which is installed on the first use.
fn program() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/nats-server");
        let output = Command::new(script).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "nats-server is needed: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

impl NatsServer {
    /// Starts a server that answers before it syncs its files.
    pub async fn start() -> Self {
        Self::start_with("jetstream {}").await
    }

    /// Starts a server with a clock that [`set_clock`](Self::set_clock) sets.
    #[cfg(target_arch = "x86_64")]
    pub async fn with_clock() -> Self {
        Self::start_at(Some(WallClock::new()), "jetstream {}").await
    }

    /// Starts a server with further settings.
    pub async fn start_with(settings: &str) -> Self {
        Self::start_at(None, settings).await
    }

    async fn start_at(clock: Option<WallClock>, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings.to_owned();
        let mut server = Self { child: None, folder, port: 0, figures: 0, settings, clock };
        assert!(server.try_run().await, "no server starts");
        server
    }

    /// Starts the server again, with its files.
    pub async fn run(&mut self) {
        for _ in 0..100 {
            if self.try_run().await {
                return;
            }
        }
        panic!("the server does not start again on port {}", self.port);
    }

    async fn try_run(&mut self) -> bool {
        let folder = self.folder.path();
        let port = |port: u16| if port == 0 { -1 } else { i32::from(port) };
        let mut config = format!("host: 127.0.0.1\nport: {}\n", port(self.port));
        writeln!(config, "http: \"127.0.0.1:{}\"", port(self.figures)).unwrap();
        writeln!(config, "ports_file_dir: {folder:?}\nmax_payload: 2MB").unwrap();
        writeln!(
            config,
            "{}",
            self.settings.replace("jetstream {", &format!("jetstream {{ store_dir: {folder:?}, "))
        )
        .unwrap();
        let path = folder.join("config");
        std::fs::write(&path, config).unwrap();
        let mut command = match &self.clock {
            #[cfg(target_arch = "x86_64")]
            Some(clock) => clock.command(program()),
            _ => {
                let mut command = Command::new(program());
                clock::remove_from(&mut command);
                command
            }
        };
        command.arg("-c").arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let ports = folder.join(format!("nats-server_{}.ports", child.id()));
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            let known = std::fs::read(&ports).ok();
            let known: Option<Value> = known.and_then(|text| serde_json::from_slice(&text).ok());
            if let Some(known) = known {
                let port = |list: &str| {
                    let url = known[list][0].as_str().unwrap();
                    url.rsplit(':').next().unwrap().parse().unwrap()
                };
                (self.port, self.figures) = (port("nats"), port("monitoring"));
                self.child = Some(child);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // JetStream recovers its files before the port answers.
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills the server by SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sets its clock to the right time and that number of seconds, and waits until it has it.
    #[cfg(target_arch = "x86_64")]
    pub async fn set_clock(&self, seconds: i64) {
        self.clock.as_ref().unwrap().set(seconds);
        let told = self.figures("/varz").await["now"].as_str().unwrap().to_owned();
        let right = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let off = seconds_of(&told) - i64::try_from(right.as_secs()).unwrap();
        assert!((seconds - 60..=seconds + 60).contains(&off), "the clock is not set: {told}");
    }

    /// Returns the folder of the streams.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("jetstream")
    }

    /// Returns the id of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Returns the file to which events are appended.
    pub fn log(&self) -> PathBuf {
        let blocks = std::fs::read_dir(self.files().join("$G/streams/orpc/msgs")).unwrap();
        let paths = blocks.map(|entry| entry.unwrap().path());
        let number = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(".blk")?;
            name.parse::<u64>().ok()
        };
        paths.filter(|path| number(path).is_some()).max_by_key(number).unwrap()
    }

    pub async fn client(&self) -> async_nats::Client {
        async_nats::connect(self.url()).await.unwrap()
    }

    /// Asks the interface of JetStream.
    pub async fn ask(&self, what: &str, body: Value) -> Value {
        let client = self.client().await;
        let subject = format!("$JS.API.{what}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = client.request(subject, body.into()).await.unwrap();
        serde_json::from_slice(&answer.payload).unwrap()
    }

    /// Returns the beginning of the subjects of all channels, once the stream is there, which a node makes anew.
    pub async fn root(&self) -> String {
        let looking = async {
            loop {
                let info = self.ask("STREAM.INFO.orpc", Value::Null).await;
                if let Some(subject) = info["config"]["subjects"][0].as_str() {
                    break subject.strip_suffix(".e.>").unwrap().to_owned();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        super::websocket::within(looking).await
    }

    /// Removes all entries of a channel, or those before a sequence.
    pub async fn purge(&self, channel: &str, before: Option<u64>) {
        let filter = format!("{}.e.{channel}", self.root().await);
        let mut body = json!({ "filter": filter });
        if let Some(before) = before {
            body["seq"] = before.into();
        }
        let answer = self.ask("STREAM.PURGE.orpc", body).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    /// Returns sequence, state and envelope of the last entry of a channel.
    pub async fn last(&self, channel: &str) -> Option<(u64, Value)> {
        let subject = format!("{}.e.{channel}", self.root().await);
        let client = self.client().await;
        let body = json!({ "last_by_subj": subject }).to_string();
        let answer = client.request("$JS.API.DIRECT.GET.orpc", body.into()).await.unwrap();
        if answer.status.is_some() {
            return None;
        }
        let seq = answer.headers.unwrap().get("Nats-Sequence")?.as_str().parse().unwrap();
        let line = answer.payload.split(|byte| *byte == b'\n').next().unwrap();
        Some((seq, serde_json::from_slice(line).unwrap()))
    }

    /// Returns the number of the last event of a channel.
    pub async fn head(&self, channel: &str) -> u64 {
        let Some((_, head)) = self.last(channel).await else { return 0 };
        head["i"].as_str().unwrap().rsplit('.').next().unwrap().parse().unwrap()
    }

    /// Returns figures of the server.
    pub async fn figures(&self, path: &str) -> Value {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", self.figures)).await.unwrap();
        let request = format!("GET {path} HTTP/1.0\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let body = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        serde_json::from_slice(&answer[body..]).unwrap()
    }

    /// Returns the channels whose events are announced, each for each connection.
    pub async fn announced(&self) -> Vec<String> {
        let found = self.figures("/connz?subs=1").await;
        let connections = found["connections"].as_array().unwrap();
        let lists = connections.iter().filter_map(|one| one["subscriptions_list"].as_array());
        let names = lists.flatten().map(|name| name.as_str().unwrap());
        names.filter_map(|name| Some(name.split_once(".r.")?.1.to_owned())).collect()
    }
}

/// Returns the seconds since 1970 of a time of RFC 3339.
#[cfg(target_arch = "x86_64")]
fn seconds_of(time: &str) -> i64 {
    let date: orpc_runtime::value::Date = format!("{}.000Z", &time[..19]).parse().unwrap();
    date.millis().unwrap() / 1000
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
