//! Slots and their nodes, as a node tells of them.

use redis::{FromRedisValue as _, Value};

use super::super::slots::SLOTS;
use super::super::{Info, Link, url};
use crate::clock;
use crate::connection::{CallError, PATIENCE};
use crate::store::{StoreError, StoreErrorKind};

/// Slots and their nodes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Topology {
    /// Number of the last change that the node knows.
    pub(super) epoch: u64,
    pub(super) ranges: Vec<Range>,
}

/// Slots of one node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Asks a node.
pub(super) async fn of(link: Link) -> Result<Topology, StoreError> {
    let asking = async {
        let mut slots = redis::cmd("CLUSTER");
        slots.arg("SLOTS");
        let mut info = redis::cmd("CLUSTER");
        info.arg("INFO");
        futures::future::try_join(link.command::<String>(info), link.command::<Value>(slots)).await
    };
    let fault = |kind, message: &str| {
        StoreError::new(kind, format!("Redis at {} {message}", link.address()))
    };
    let (info, slots) = match clock::timeout(PATIENCE, asking).await {
        Ok(Ok(found)) => found,
        Ok(Err(CallError::Refused(error))) if is_alone(&error) => {
            let message = "is no node of a cluster: write redis://host:port";
            return Err(fault(StoreErrorKind::Incompatible, message));
        }
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(fault(StoreErrorKind::Unavailable, "does not answer")),
    };
    let info = Info(info);
    if info.field("cluster_state") != "ok" {
        return Err(fault(StoreErrorKind::Unavailable, "is in a cluster that is down"));
    }
    let epoch = info.field("cluster_current_epoch").parse().unwrap_or_default();
    let malformed = || fault(StoreErrorKind::Damaged, "has malformed data or answers");
    let ranges = ranges(slots, url::host(link.address())).ok_or_else(malformed)?;
    Ok(Topology { epoch, ranges })
}

/// Returns `true` for the error of a server that is in no cluster.
fn is_alone(error: &StoreError) -> bool {
    std::error::Error::source(error)
        .is_some_and(|source| source.to_string().contains("cluster support disabled"))
}

/// Reads the answer to `CLUSTER SLOTS` of the node at that host.
fn ranges(answer: Value, own: &str) -> Option<Vec<Range>> {
    let Value::Array(entries) = answer else { return None };
    let mut ranges = Vec::new();
    for entry in entries {
        let Value::Array(parts) = entry else { return None };
        let mut parts = parts.into_iter();
        let (first, last) = (number(parts.next()?)?, number(parts.next()?)?);
        let Value::Array(primary) = parts.next()? else { return None };
        let mut primary = primary.into_iter();
        let host = match primary.next()? {
            Value::Nil => String::new(),
            Value::BulkString(host) => String::from_utf8(host).ok()?,
            _ => return None,
        };
        let port = number(primary.next()?)?;
        if first > last || last >= SLOTS {
            return None;
        }
        match host.as_str() {
            // A node without a name that was announced.
            "?" => continue,
            "" => ranges.push(Range { first, last, host: own.to_owned(), port }),
            _ => ranges.push(Range { first, last, host, port }),
        }
    }
    Some(ranges)
}

fn number(value: Value) -> Option<u16> {
    u16::try_from(i64::from_redis_value(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    fn read(answer: &str) -> Option<Vec<(u16, u16, String, u16)>> {
        let answer = parse_redis_value(answer.as_bytes()).unwrap();
        let all = ranges(answer, "own")?;
        Some(
            all.into_iter()
                .map(|range| (range.first, range.last, range.host, range.port))
                .collect(),
        )
    }

    /// One entry of an answer of Redis 7.0, with that host.
    fn entry(first: i64, last: i64, host: &str, port: i64) -> String {
        let node = |host: &str| format!("*4\r\n{host}:{port}\r\n$2\r\nid\r\n*0\r\n");
        format!("*4\r\n:{first}\r\n:{last}\r\n{}{}", node(host), node("$7\r\nreplica\r\n"))
    }

    #[test]
    fn slots_have_the_first_node_of_each_range() {
        let answer = [
            entry(0, 5460, "$9\r\n127.0.0.1\r\n", 7000),
            entry(5461, 10922, "$0\r\n\r\n", 7001),
            entry(10923, 16382, "_\r\n", 7002),
            entry(16383, 16383, "$1\r\n?\r\n", 7003),
        ];
        let found = read(&format!("*4\r\n{}", answer.concat())).unwrap();
        let expected = [
            (0, 5460, "127.0.0.1".to_owned(), 7000),
            (5461, 10922, "own".to_owned(), 7001),
            (10923, 16382, "own".to_owned(), 7002),
        ];
        assert_eq!(found, expected);
        assert_eq!(read("*0\r\n"), Some(Vec::new()));
    }

    #[test]
    fn malformed_answers_are_none() {
        for answer in [
            "+OK\r\n".to_owned(),
            "*1\r\n+OK\r\n".to_owned(),
            "*1\r\n*2\r\n:1\r\n:2\r\n".to_owned(),
            format!("*1\r\n{}", entry(0, 16384, "$1\r\na\r\n", 1)),
            format!("*1\r\n{}", entry(2, 1, "$1\r\na\r\n", 1)),
            format!("*1\r\n{}", entry(0, 1, "$1\r\na\r\n", 65536)),
            format!("*1\r\n{}", entry(0, 1, "*0\r\n", 1)),
        ] {
            assert_eq!(read(&answer), None, "{answer}");
        }
    }
}
