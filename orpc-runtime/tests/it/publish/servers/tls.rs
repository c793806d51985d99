//! Servers that speak TLS, with certificates of an authority that the test makes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use orpc_runtime::publish::{Publisher, Start, StoreErrorKind};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use super::super::world::{Line, event, number, publish};
use super::{Server, subscribe};
use crate::process;
#[cfg(feature = "nats")]
use crate::support::nats::NatsServer;
#[cfg(feature = "redis")]
use crate::support::redis::RedisServer;
use crate::support::websocket::within;

/// Names the folder with the certificates.
const FOLDER: &str = "TLS_TEST_FOLDER";

/// Writes an authority, and the certificate and key of a server.
fn certify(folder: &Path, name: &str) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let text = authority.self_signed(&key).unwrap().pem();
    std::fs::write(folder.join(format!("{name}.authority")), text).unwrap();
    let issuer = Issuer::new(authority, key);
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let text = own.signed_by(&key, &issuer).unwrap().pem();
    std::fs::write(folder.join(format!("{name}.certificate")), text).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Returns the folder in the process that is told of it.
fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os(FOLDER).unwrap())
}

/// The certificates, and how a process is told of them.
fn certificates() -> (tempfile::TempDir, impl FnOnce(&mut Command)) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["trusted", "other"] {
        certify(folder.path(), name);
    }
    let path = folder.path().to_owned();
    let tell = move |command: &mut Command| {
        command.env(FOLDER, &path).env("SSL_CERT_FILE", path.join("trusted.authority"));
        command.env_remove("SSL_CERT_DIR");
    };
    (folder, tell)
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

/// Opens a publisher by TLS.
async fn open(scheme: &str, url: &str) -> Result<Publisher<Line>, String> {
    let builder = Publisher::builder().connect_timeout(Duration::MAX);
    match within(Server::open(builder, scheme, url)).await {
        Ok(lines) => Ok(lines),
        Err(error) => {
            assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
            Err(format!("{error} {error:?}"))
        }
    }
}

/// Checks that events pass by TLS to a trusted server, and that others are refused at once.
async fn only_servers_with_a_trusted_certificate_are_used(
    scheme: &str,
    trusted: &str,
    refused: &[String],
) {
    let lines = open(scheme, trusted).await.unwrap();
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..3).await;
    assert_eq!((number(event(&mut reader).await), number(event(&mut reader).await)), (1, 2));
    for url in refused {
        let error = open(scheme, url).await.unwrap_err();
        assert!(error.contains("certificate that is not trusted"), "{error}");
        assert!(error.contains("127.0.0.1:") && !error.contains("hidden"), "{error}");
    }
}

#[cfg(feature = "nats")]
#[test]
fn only_nats_servers_with_a_trusted_certificate_are_used() {
    let (_folder, tell) = certificates();
    process::alone_with(tell, || {
        let folder = folder();
        run(async {
            let start = async |name: &str| {
                let file = |kind: &str| folder.join(format!("{name}.{kind}"));
                let (certificate, key) = (file("certificate"), file("key"));
                let tls = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}");
                let login = "authorization { user: user, password: hidden }";
                NatsServer::start_with(&format!("jetstream {{}}\n{tls}\n{login}")).await
            };
            let (own, other) = (start("trusted").await, start("other").await);
            let url = |scheme: &str, port: u16| format!("{scheme}://user:hidden@127.0.0.1:{port}");
            // A server that speaks TLS alone tells the client to do so as well.
            let refused = [url("tls", other.port), url("nats", other.port)];
            let trusted = url("tls", own.port);
            only_servers_with_a_trusted_certificate_are_used("nats", &trusted, &refused).await;
        });
    });
}

#[cfg(feature = "redis")]
#[test]
fn only_redis_servers_with_a_trusted_certificate_are_used() {
    let (_folder, tell) = certificates();
    process::alone_with(tell, || {
        let folder = folder();
        run(async {
            let start = async |name: &str| {
                let file = |kind: &str| folder.join(format!("{name}.{kind}"));
                RedisServer::with_tls(&file("certificate"), &file("key"), "hidden").await
            };
            let ((_own, own), (_other, other)) = (start("trusted").await, start("other").await);
            let url = |port: u16| format!("rediss://:hidden@127.0.0.1:{port}");
            only_servers_with_a_trusted_certificate_are_used("redis", &url(own), &[url(other)])
                .await;
        });
    });
}

/// A cluster of one node, which tells the port for TLS.
#[cfg(feature = "redis")]
#[test]
fn only_nodes_of_a_cluster_with_a_trusted_certificate_are_used() {
    let (_folder, tell) = certificates();
    process::alone_with(tell, || {
        let folder = folder();
        run(async {
            let start = async |name: &str| {
                let file = |kind: &str| folder.join(format!("{name}.{kind}"));
                RedisServer::node_with_tls(&file("certificate"), &file("key"), "hidden").await
            };
            let ((_own, own), (_other, other)) = (start("trusted").await, start("other").await);
            let open = async |port: u16| {
                let url = format!("rediss-cluster://:hidden@127.0.0.1:{port}#orpc");
                open("redis-cluster", &url).await
            };
            let lines = open(own).await.unwrap();
            let mut reader = subscribe(&lines, Start::Latest).await;
            publish(&lines, 1..3).await;
            assert_eq!(
                (number(event(&mut reader).await), number(event(&mut reader).await)),
                (1, 2)
            );
            let error = open(other).await.unwrap_err();
            assert!(error.contains("certificate that is not trusted"), "{error}");
            assert!(error.contains("127.0.0.1:") && !error.contains("hidden"), "{error}");
        });
    });
}
