//! Large files pass a server whose memory stays small: 64 MiB, or the number in
//! `FILES_MIB`.
#![cfg(target_os = "linux")]

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{File, Number};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{process, support};

const MIB: u64 = 1024 * 1024;
const BLOCK: usize = 64 * 1024;

/// Maximum additional resident memory.
const ALLOWED: u64 = 32 * MIB;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn length(input: File) -> Result<Number<u64>, Error> {
        let (mut blocks, mut length) = (input.reader(), 0);
        while let Some(block) = blocks.next().await.transpose()? {
            length += block.len() as u64;
        }
        Ok(Number(length))
    }

    #[procedure]
    pub async fn echo(input: File) -> File {
        input
    }

    #[procedure]
    pub async fn make(blocks: u32) -> File {
        let block = Bytes::from(vec![b'x'; BLOCK]);
        let blocks = (0..blocks).map(move |_| Ok::<_, io::Error>(block.clone()));
        File::from_stream("made", "", stream::iter(blocks))
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// Sends a form with one file and returns the connection.
async fn upload(address: SocketAddr, path: &str, size: u64) -> io::Result<TcpStream> {
    let head = "--B\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"json\":{},\"maps\":[[]]}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"0\"; filename=\"f\"\r\n\r\n";
    let tail = "\r\n--B--\r\n";
    let length = (head.len() + tail.len()) as u64 + size;
    let mut socket = TcpStream::connect(address).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=B\r\n\
         content-length: {length}\r\n\r\n{head}"
    );
    socket.write_all(request.as_bytes()).await?;
    let block = vec![b'x'; BLOCK];
    for _ in 0..size / BLOCK as u64 {
        socket.write_all(&block).await?;
    }
    socket.write_all(tail.as_bytes()).await?;
    Ok(socket)
}

/// Reads to the end; returns the first bytes and the length.
async fn read(mut socket: TcpStream) -> (String, u64) {
    let (mut block, mut first, mut length) = (vec![0; BLOCK], Vec::new(), 0);
    loop {
        let read = socket.read(&mut block).await.unwrap();
        if read == 0 {
            return (String::from_utf8_lossy(&first).into_owned(), length);
        }
        length += read as u64;
        if first.len() < 1000 {
            first.extend_from_slice(&block[..read.min(1000)]);
        }
    }
}

/// Runs a future that should need little memory.
async fn within_memory<T>(what: &str, run: impl Future<Output = T>) -> T {
    let (before, peak) = (resident(), Arc::new(AtomicU64::new(0)));
    let done = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let (peak, done) = (Arc::clone(&peak), Arc::clone(&done));
        move || {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let result = run.await;
    done.store(true, Ordering::Relaxed);
    watch.join().unwrap();
    let grown = peak.load(Ordering::Relaxed).saturating_sub(before);
    let line = format!("memory: {what}: {} KiB more than before\n", grown / 1024);
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(grown < ALLOWED, "{what}: {grown} bytes");
    result
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_files_are_never_held_whole() {
    process::alone(async || {
    let mebibytes = std::env::var("FILES_MIB").map_or(64, |text| text.parse().unwrap());
    let size = mebibytes * MIB;
    let service = Rpc::new(api::router()).http(()).file_limit(size).form_limit(size + MIB);
    let address = support::serve(service).await;
    // Warm-up: state that is allocated once is not part of a file.
    read(upload(address, "/length", 4 * MIB).await.unwrap()).await;

    let (answer, _) = within_memory("an upload", async {
        read(upload(address, "/length", size).await.unwrap()).await
    })
    .await;
    assert!(answer.ends_with(&format!("{{\"json\":{size}}}")), "{answer}");

    let (answer, length) = within_memory("an upload that comes back", async {
        read(upload(address, "/echo", size).await.unwrap()).await
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200") && length > size, "{answer}: {length}");

    let (_, length) = within_memory("a download", async {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let body = format!("{{\"json\":{}}}", size / BLOCK as u64);
        let length = body.len();
        let request = format!(
            "POST /make HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        read(socket).await
    })
    .await;
    assert!(length > size, "{length}");

    // Refused by its declared length, before all of it is sent.
    let refused = within_memory("a refusal", upload(address, "/length", 16 * size)).await;
    if let Ok(socket) = refused {
        let (answer, _) = read(socket).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    })
    .await;
}
