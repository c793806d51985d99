//! URLs of servers and clusters.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisError};

use crate::store::{StoreError, StoreErrorKind};

/// The servers that a URL names.
#[derive(Debug)]
pub(super) enum Place {
    One(Box<ConnectionInfo>),
    /// Nodes of a cluster, at least one.
    Cluster(Vec<ConnectionInfo>),
}

/// Returns the error of a URL. That of the crate does not repeat it, since it has a password.
pub(super) fn malformed(error: RedisError) -> StoreError {
    let message = "the URL of Redis is malformed: write redis://user:password@host:port/database";
    StoreError::caused_by(StoreErrorKind::Refused, message, error)
}

fn malformed_cluster() -> StoreError {
    let message = "the URL of the Redis cluster is malformed: write \
        redis-cluster://user:password@host:port,host:port";
    StoreError::new(StoreErrorKind::Refused, message)
}

/// Reads a URL.
pub(super) fn read(url: &str) -> Result<Place, StoreError> {
    let cluster = [("redis-cluster://", "redis"), ("rediss-cluster://", "rediss")];
    for (scheme, each) in cluster {
        if let Some(rest) = url.strip_prefix(scheme) {
            return nodes(each, rest).map(Place::Cluster);
        }
    }
    let info = url.into_connection_info().map(Box::new).map_err(malformed)?;
    if let ConnectionAddr::Tcp(..) | ConnectionAddr::TcpTls { .. } = info.addr() {
        refuse_unknown(url)?;
    }
    Ok(Place::One(info))
}

/// Refuses parameters and fragments that have no meaning, which the crate ignores.
fn refuse_unknown(url: &str) -> Result<(), StoreError> {
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_known = |parameter: &str| parameter.is_empty() || parameter.starts_with("protocol=");
    if matches!(fragment, "" | "insecure") && query.split('&').all(is_known) {
        return Ok(());
    }
    let message = "the URL of Redis has a parameter or fragment that is not known: write \
        redis://user:password@host:port/database";
    Err(StoreError::new(StoreErrorKind::Refused, message))
}

/// Reads what stands behind the scheme of a cluster's URL.
fn nodes(scheme: &str, rest: &str) -> Result<Vec<ConnectionInfo>, StoreError> {
    let (login, rest) = match rest.rsplit_once('@') {
        Some((login, rest)) => (format!("{login}@"), rest),
        None => (String::new(), rest),
    };
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(path, "" | "0") {
        let message =
            "the URL of the Redis cluster has a database: a cluster has one, without a number";
        return Err(StoreError::new(StoreErrorKind::Refused, message));
    }
    let nodes = hosts.split(',').map(|host| {
        let is_one = !host.is_empty() && !host.contains(['?', '#', '/']);
        let info = format!("{scheme}://{login}{host}").into_connection_info();
        // The errors of the crate are about a URL that the user did not write.
        if is_one { info.map_err(|_| malformed_cluster()) } else { Err(malformed_cluster()) }
    });
    nodes.collect()
}

/// Returns the connection to another node, with the same user and security.
pub(super) fn of_node(seed: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let host = host.to_owned();
    let address = match seed.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host, port),
    };
    seed.clone().set_addr(address)
}

/// Returns the host of an address.
pub(super) fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_by_some_of_its_nodes() {
        let read = |url: &str| match read(url).unwrap() {
            Place::Cluster(nodes) => nodes,
            Place::One(info) => panic!("{info:?}"),
        };
        let nodes = read("redis-cluster://ada:p%40ss@one:7000,[::1]:7001,three/");
        let addresses: Vec<_> = nodes.iter().map(|node| node.addr().to_string()).collect();
        assert_eq!(addresses, ["one:7000", "::1:7001", "three:6379"]);
        for node in &nodes {
            let settings = node.redis_settings();
            assert_eq!((settings.username(), settings.password()), (Some("ada"), Some("p@ss")));
        }
        for node in read("rediss-cluster://:secret@one:7000,two:7000/0") {
            assert!(matches!(node.addr(), ConnectionAddr::TcpTls { insecure: false, .. }));
            let other = of_node(&node, "three", 7002);
            assert!(matches!(
                other.addr(),
                ConnectionAddr::TcpTls { host, port: 7002, insecure: false, .. } if host == "three"
            ));
            assert_eq!(other.redis_settings().password(), Some("secret"));
        }
    }

    #[test]
    fn parameters_that_the_crate_knows_are_accepted() {
        for url in ["redis://one/1?protocol=resp3", "rediss://one/#insecure", "redis://one/?"] {
            assert!(matches!(read(url), Ok(Place::One(_))), "{url}");
        }
    }

    #[test]
    fn urls_of_other_forms_are_refused_and_not_repeated() {
        for url in [
            "redis-cluster://",
            "redis-cluster://hidden@",
            "redis-cluster://:hidden@one,,two",
            "redis-cluster://:hidden@one:port",
            "redis-cluster://:hidden@one:7000,redis://two:7000",
            "redis-cluster://:hidden@one?protocol=resp3",
            "redis-cluster://:hidden@one:7000/1",
            "redis-clusters://:hidden@one:7000",
            "redis+cluster://:hidden@one:7000",
            "redis://:hidden@one:7000/0?durability=commit",
            "redis://:hidden@one:7000/?protocol=resp3&hidden=1",
            "rediss://:hidden@one:7000#hidden",
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Refused, "{url}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hidden"), "{text}");
        }
    }
}
