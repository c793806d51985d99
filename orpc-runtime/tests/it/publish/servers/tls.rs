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

/// Returns the files of a server's certificate and key.
fn files(name: &str) -> [PathBuf; 2] {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    ["certificate", "key"].map(|kind| folder.join(format!("{name}.{kind}")))
}

/// Runs a test in a process that trusts one of two authorities.
fn alone_with_certificates<T: FnOnce()>(test: T) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["trusted", "other"] {
        certify(folder.path(), name);
    }
    let path = folder.path();
    let tell = |command: &mut Command| {
        command.env(FOLDER, path).env("SSL_CERT_FILE", path.join("trusted.authority"));
        command.env_remove("SSL_CERT_DIR");
    };
    process::alone_with(tell, test);
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

/// Checks that events pass by TLS to a trusted server, and that others are refused at once. A server is started with
/// the files of its certificate and key, at URLs of which each is tried.
async fn only_a_trusted_certificate_will_do<S>(
    scheme: &str,
    start: impl AsyncFn([PathBuf; 2]) -> (S, Vec<String>),
) {
    let ((_own, trusted), (_other, refused)) =
        (start(files("trusted")).await, start(files("other")).await);
    let lines = open(scheme, &trusted[0]).await.unwrap();
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..3).await;
    assert_eq!((number(event(&mut reader).await), number(event(&mut reader).await)), (1, 2));
    for url in &refused {
        let error = open(scheme, url).await.unwrap_err();
        assert!(error.contains("certificate that is not trusted"), "{error}");
        assert!(error.contains("127.0.0.1:") && !error.contains("hidden"), "{error}");
    }
}

#[cfg(feature = "nats")]
#[test]
fn only_nats_servers_with_a_trusted_certificate_are_used() {
    let start = async |[certificate, key]: [PathBuf; 2]| {
        let tls = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}");
        let login = "authorization { user: user, password: hidden }";
        let server = NatsServer::start_with(&format!("jetstream {{}}\n{tls}\n{login}")).await;
        // A server that speaks TLS alone tells the client to do so as well.
        let url = |scheme| format!("{scheme}://user:hidden@127.0.0.1:{}", server.port);
        let urls = vec![url("tls"), url("nats")];
        (server, urls)
    };
    alone_with_certificates(|| run(only_a_trusted_certificate_will_do("nats", start)));
}

#[cfg(feature = "redis")]
#[test]
fn only_redis_servers_with_a_trusted_certificate_are_used() {
    let start = async |[certificate, key]: [PathBuf; 2]| {
        let (server, port) = RedisServer::with_tls(&certificate, &key, "hidden").await;
        (server, vec![format!("rediss://:hidden@127.0.0.1:{port}")])
    };
    alone_with_certificates(|| run(only_a_trusted_certificate_will_do("redis", start)));
}

/// A cluster of one node, which tells the port for TLS.
#[cfg(feature = "redis")]
#[test]
fn only_nodes_of_a_cluster_with_a_trusted_certificate_are_used() {
    let start = async |[certificate, key]: [PathBuf; 2]| {
        let (server, port) = RedisServer::node_with_tls(&certificate, &key, "hidden").await;
        (server, vec![format!("rediss-cluster://:hidden@127.0.0.1:{port}#orpc")])
    };
    alone_with_certificates(|| run(only_a_trusted_certificate_will_do("redis-cluster", start)));
}
