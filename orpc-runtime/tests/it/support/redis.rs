//! A Redis server of a test, on a free port, with a folder of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::clock::{self, WallClock};

/// A server, which is stopped when it is dropped.
pub struct RedisServer {
    child: Option<Child>,
    clock: Option<WallClock>,
    folder: tempfile::TempDir,
    pub port: u16,
    settings: Vec<String>,
}

impl RedisServer {
    /// Starts a server that keeps nothing.
    pub async fn start() -> Self {
        Self::start_with("--save '' --appendonly no").await
    }

    /// Starts a server that writes every event to its file before it answers.
    pub async fn synced() -> Self {
        Self::start_with("--save '' --appendonly yes --appendfsync always").await
    }

    /// Starts a server that keeps nothing and has a clock that [`set_clock`](Self::set_clock) sets.
    pub async fn with_clock() -> Self {
        Self::start_at(Some(WallClock::new()), "--save '' --appendonly no").await
    }

    /// Starts a server with a password that speaks TLS at a further port, which is returned.
    pub async fn with_tls(certificate: &Path, key: &Path, password: &str) -> (Self, u16) {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let files =
            format!("--tls-cert-file {} --tls-key-file {}", certificate.display(), key.display());
        let authority =
            format!("--tls-ca-cert-file {} --tls-auth-clients no", certificate.display());
        let settings =
            format!("--save '' --requirepass {password} --tls-port {port} {files} {authority}");
        (Self::start_with(&settings).await, port)
    }

    pub async fn start_with(settings: &str) -> Self {
        Self::start_at(None, settings).await
    }

    async fn start_at(clock: Option<WallClock>, settings: &str) -> Self {
        let settings = settings.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { child: None, clock, folder, port: 0, settings };
        for _ in 0..20 {
            // Another process may take the port before the server does.
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            server.port = free.local_addr().unwrap().port();
            drop(free);
            if server.try_run().await {
                return server;
            }
        }
        panic!("no server starts");
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
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path()).args(&self.settings);
        clock::remove_from(&mut command);
        if let Some(clock) = &self.clock {
            clock.give_to(&mut command);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("redis-server is needed: apt-get install redis-server");
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            let is_up = match self.connect().await {
                Ok(answer) => answer == "PONG",
                Err(error) => error.code() == Some("NOAUTH"),
            };
            if is_up {
                self.child = Some(child);
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn connect(&self) -> redis::RedisResult<String> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async(&mut connection).await
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server by SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sets its clock to the right time and that number of seconds.
    pub fn set_clock(&self, seconds: i64) {
        self.clock.as_ref().unwrap().set(seconds);
    }

    /// Returns the id of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Returns the file to which events are appended.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("appendonlydir/appendonly.aof.1.incr.aof")
    }

    /// Executes a command.
    pub async fn command<T: redis::FromRedisValue>(&self, words: &str) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        command.query_async(&mut connection).await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
