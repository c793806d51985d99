//! Buckets on a Redis server, which several nodes share.

use std::time::{Duration, Instant, SystemTime};

use orpc_runtime::ratelimit::{Quota, RateLimiter, RedisStore, Store as _, StoreErrorKind};

use super::{failure, quota, take};
use crate::process;
use crate::support::clock::{self, WallClock};
use crate::support::proxy::{Network, Proxy};
use crate::support::redis::{RedisCluster, RedisServer};
use crate::support::websocket::{PATIENCE, within};

const HOUR: Duration = Duration::from_secs(3600);

/// A limiter of another process.
async fn node(url: &str, limit: u32, per: Duration) -> RateLimiter {
    within(quota(limit, per).redis(url)).await.unwrap()
}

/// The bucket of a key.
fn bucket(key: &str) -> String {
    format!("orpc:bucket::{key}")
}

/// Waits until a condition holds, at most for [`PATIENCE`].
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the condition does not hold");
}

/// Calls on three nodes by many tasks for a time; returns the number of those that were allowed.
async fn hammer(nodes: &[RateLimiter], time: Duration) -> u64 {
    let until = Instant::now() + time;
    let callers = (0..24).map(|n| {
        let node = nodes[n % nodes.len()].clone();
        tokio::spawn(async move {
            let mut allowed = 0;
            while Instant::now() < until {
                allowed += u64::from(take(&node, "key").await);
            }
            allowed
        })
    });
    within(futures::future::join_all(callers)).await.into_iter().map(Result::unwrap).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nodes_hold_one_limit_together() {
    let server = RedisServer::start().await;
    let url = server.url();
    // A burst, while no token comes back.
    let nodes =
        [node(&url, 100, HOUR).await, node(&url, 100, HOUR).await, node(&url, 100, HOUR).await];
    assert_eq!(hammer(&nodes, Duration::from_millis(500)).await, 100);

    // 20 tokens that come back within 200 ms.
    server.command::<()>("FLUSHALL").await;
    let per = Duration::from_millis(200);
    let nodes = [node(&url, 20, per).await, node(&url, 20, per).await, node(&url, 20, per).await];
    let started = Instant::now();
    let allowed = hammer(&nodes, Duration::from_secs(1)).await;
    let refilled = u64::try_from(started.elapsed().as_millis()).unwrap() / 10;
    assert!(allowed <= 20 + refilled + 1, "{allowed} were allowed, {refilled} came back");
    // A busy machine may leave tokens that no call takes in time.
    assert!(allowed > 20, "{allowed} were allowed, {refilled} came back");
}

#[tokio::test]
async fn a_burst_passes_at_once_and_tokens_come_back_evenly() {
    let server = RedisServer::start().await;
    let limiter = node(&server.url(), 4, 4 * HOUR).await;
    for remaining in (0..4).rev() {
        let taken = limiter.take("key").await.unwrap();
        assert_eq!((taken.is_allowed(), taken.remaining()), (true, remaining));
        // At most the time that the test has taken is missing.
        assert!(taken.next() <= HOUR && taken.next() > HOUR - PATIENCE, "{taken:?}");
    }
    let taken = limiter.take("key").await.unwrap();
    assert!(
        !taken.is_allowed() && taken.next() <= HOUR && taken.next() > HOUR - PATIENCE,
        "{taken:?}"
    );
    let until_full: u64 = server.command(&format!("PTTL {}", bucket("key"))).await;
    assert!((4 * 3_600_000 - 60_000..=4 * 3_600_000).contains(&until_full), "{until_full} ms");

    // An hour passes: the bucket is full an hour earlier.
    let full_at: u64 = server.command(&format!("GET {}", bucket("key"))).await;
    server.command::<()>(&format!("SET {} {}", bucket("key"), full_at - 3_600_000_000)).await;
    assert!(take(&limiter, "key").await && !take(&limiter, "key").await);

    // A bucket that is full has no key.
    let quick = node(&server.url(), 2, Duration::from_millis(20)).await;
    assert!(take(&quick, "quick").await);
    until(async || server.command::<u64>(&format!("EXISTS {}", bucket("quick"))).await == 0).await;
    let taken = quick.take("quick").await.unwrap();
    assert_eq!((taken.is_allowed(), taken.remaining()), (true, 1));
}

#[tokio::test]
async fn a_clock_that_is_set_back_leaves_an_empty_bucket() {
    let server = RedisServer::start().await;
    let per = Duration::from_millis(500);
    let limiter = node(&server.url(), 5, per).await;
    assert!(take(&limiter, "key").await);
    // As the key of a server whose clock was an hour ahead.
    let full_at: u64 = server.command(&format!("GET {}", bucket("key"))).await;
    server.command::<()>(&format!("SET {} {}", bucket("key"), full_at + 3_600_000_000)).await;
    let started = Instant::now();
    let taken = limiter.take("key").await.unwrap();
    assert!(!taken.is_allowed() && taken.next() <= per / 5, "{taken:?}");
    until(async || take(&limiter, "key").await).await;
    assert!(started.elapsed() < HOUR, "the bucket stays empty");
    // It fills again as any other.
    until(async || server.command::<u64>(&format!("EXISTS {}", bucket("key"))).await == 0).await;
    assert_eq!(limiter.take("key").await.unwrap().remaining(), 4);
}

/// Nodes use the clock of the server alone.
#[tokio::test]
async fn a_server_whose_clock_is_set_allows_no_more_than_a_bucket() {
    let server = RedisServer::with_clock().await;
    let nodes = [node(&server.url(), 3, HOUR).await, node(&server.url(), 3, HOUR).await];
    let allowed = async || {
        let mut count = 0;
        for n in 0..8 {
            count += u64::from(take(&nodes[n % 2], "key").await);
        }
        count
    };
    assert_eq!(allowed().await, 3);
    server.set_clock(-3600);
    assert_eq!(allowed().await, 0);
    // Full early.
    server.set_clock(3600);
    assert_eq!(allowed().await, 3);
    server.set_clock(0);
    let taken = nodes[0].take("key").await.unwrap();
    assert!(!taken.is_allowed() && taken.next() <= HOUR / 3, "{taken:?}");
}

#[test]
fn a_node_whose_clock_is_set_allows_as_many_calls() {
    let clock = WallClock::new();
    let run = || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let server = RedisServer::start().await;
            let limiter = node(&server.url(), 3, HOUR).await;
            let now = SystemTime::now();
            // An hour would fill the buckets.
            for (key, offsets) in
                [("ahead", [0, 3600, 3600, 3600]), ("behind", [3600, 0, -3600, 0])]
            {
                for (offset, is_allowed) in offsets.into_iter().zip([true, true, true, false]) {
                    clock::set_own(offset);
                    let is_set = match SystemTime::now().duration_since(now) {
                        Ok(passed) => (passed > HOUR / 2) == (offset > 0),
                        Err(_) => offset < 0,
                    };
                    assert!(is_set, "the clock is not set");
                    let taken = limiter.take(key).await.unwrap();
                    assert_eq!(taken.is_allowed(), is_allowed, "{key}, {offset}: {taken:?}");
                    assert!(taken.next() <= HOUR / 3, "{key}, {offset}: {taken:?}");
                }
            }
        });
    };
    process::alone_with(|command| clock.give_to(command), run);
}

#[tokio::test]
async fn a_server_that_has_lost_the_script_gets_it_again() {
    let server = RedisServer::start().await;
    let limiter = node(&server.url(), 3, HOUR).await;
    for remaining in [2, 1, 0] {
        server.command::<()>("SCRIPT FLUSH").await;
        assert_eq!(limiter.take("key").await.unwrap().remaining(), remaining);
    }
    assert!(!take(&limiter, "key").await);
}

#[tokio::test]
async fn names_separate_the_limiters_of_one_store() {
    let server = RedisServer::start().await;
    let store = within(RedisStore::connect(&server.url(), PATIENCE)).await.unwrap();
    let of = |name: &str| quota(1, HOUR).name(name).store(store.clone());
    let (login, search) = (of("login"), of("search"));
    assert!(take(&login, "ada").await && take(&search, "ada").await);
    assert!(!take(&login, "ada").await && !take(&search, "ada").await);
    assert!(!take(&of("login"), "ada").await, "a limiter of the same name shares its buckets");
    assert_eq!(server.command::<u64>("EXISTS orpc:bucket:login:ada").await, 1);
    // A key, which a client may choose, is not that of another limiter.
    for (name, key) in [("", "login:ada"), ("login", ":ada"), ("login:", "ada")] {
        assert!(take(&of(name), key).await, "`{name}` and `{key}`");
        assert!(!take(&of(name), key).await);
    }
    let other = quota(1, HOUR).name("login").store(store.clone().key_prefix("other:"));
    assert!(take(&other, "ada").await);
    assert_eq!(server.command::<u64>("EXISTS other:login:ada").await, 1);
    drop((login, search, other, store));
    // The test's own connection is the only one.
    let clients = async || server.command::<String>("CLIENT LIST").await.lines().count();
    until(async || clients().await == 1).await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_fails_calls_in_time_and_limits_again_after_that() {
    let mut server = RedisServer::start().await;
    let limiter = node(&server.url(), 1, HOUR).await;
    assert!(take(&limiter, "key").await);
    server.kill();
    let started = Instant::now();
    failure(within(limiter.take("key")).await);
    // It is not waited for any more once it is known to be absent.
    let absent = async || {
        let asked = Instant::now();
        let text = failure(within(limiter.take("key")).await);
        asked.elapsed() < Duration::from_millis(200) && text.contains("cannot be reached")
    };
    until(absent).await;
    println!("absent after {:?}", started.elapsed());
    server.run().await;
    until(async || limiter.take("another").await.is_ok()).await;
    assert!(!take(&limiter, "another").await);
}

#[tokio::test]
async fn an_answer_that_is_lost_allows_no_call_beyond_the_limit() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (url, builder) = (proxy.url("redis"), quota(5, HOUR).timeout(Duration::from_millis(100)));
    let limiter = within(builder.redis(&url)).await.unwrap();
    assert!(take(&limiter, "key").await);
    for network in [Network::NoAnswers, Network::Silent, Network::Cut] {
        proxy.set(network);
        failure(within(limiter.take("key")).await);
        proxy.set(Network::Cut);
        proxy.set(Network::Up);
        until(async || limiter.take("another").await.is_ok()).await;
    }
    let mut allowed = 1;
    while allowed < 10 && take(&limiter, "key").await {
        allowed += 1;
    }
    assert!((2..=4).contains(&allowed), "{allowed} of 5, of which one answer was lost");
}

#[tokio::test]
async fn other_data_under_a_key_is_an_error_that_says_so() {
    let server = RedisServer::start().await;
    let limiter = node(&server.url(), 1, HOUR).await;
    server.command::<()>(&format!("LPUSH {} x", bucket("key"))).await;
    let text = failure(limiter.take("key").await);
    assert!(text.contains("has other data under the same keys: set a key prefix"), "{text}");
    assert!(take(&limiter, "another").await);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_after_the_time_that_is_set() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let builder = quota(1, HOUR).connect_timeout(Duration::from_millis(50));
    let error = within(builder.redis(&format!("redis://127.0.0.1:{port}"))).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let error = within(quota(1, HOUR).redis("http://127.0.0.1")).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
}

/// Keys have slots of their own, which move meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nodes_hold_one_limit_on_a_cluster_whose_slots_move() {
    let cluster = RedisCluster::start().await;
    let url = cluster.url();
    let nodes = [node(&url, 50, HOUR).await, node(&url, 50, HOUR).await];
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let callers = keys.map(|key| {
        let nodes = nodes.clone();
        tokio::spawn(async move {
            let mut allowed = 0;
            for n in 0..200 {
                allowed += u64::from(take(&nodes[n % 2], key).await);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            allowed
        })
    });
    for key in keys {
        let slot = cluster.slot(&bucket(key)).await;
        let to = (cluster.owner(slot).await + 1) % 3;
        cluster.move_slot(slot, to).await;
    }
    for caller in callers {
        assert_eq!(within(caller).await.unwrap(), 50);
    }
}

/// A bucket that is full has no key: the node that has its slot sends calls to the one that takes it over.
#[tokio::test]
async fn a_call_during_the_move_of_its_slot_is_counted_at_the_node_that_takes_over() {
    let mut cluster = RedisCluster::start().await;
    let limiter = node(&cluster.url(), 2, HOUR).await;
    let to = cluster.add("--save '' --appendonly no").await;
    let slot = cluster.slot(&bucket("key")).await;
    let from = cluster.owner(slot).await;
    cluster.begin_move(slot, from, to).await;
    assert!(take(&limiter, "key").await);
    let exists = format!("CLUSTER COUNTKEYSINSLOT {slot}");
    assert_eq!(cluster.nodes[to].command::<u64>(&exists).await, 1);
    assert!(take(&limiter, "key").await && !take(&limiter, "key").await);
    cluster.end_move(slot, from, to).await;
    assert!(!take(&limiter, "key").await);
}

#[tokio::test]
async fn buckets_at_a_node_that_is_away_fail_alone() {
    let settings = "--save '' --cluster-require-full-coverage no --cluster-node-timeout 1000";
    let mut cluster = RedisCluster::start_with(false, 3, settings).await;
    let limiter = node(&cluster.url(), 1000, HOUR).await;
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut owners = Vec::new();
    for key in keys {
        owners.push(cluster.owner(cluster.slot(&bucket(key)).await).await);
    }
    let down = owners[0];
    cluster.nodes[down].kill();
    for _ in 0..3 {
        for (key, owner) in keys.iter().zip(&owners) {
            let taken = within(limiter.take(key)).await;
            assert_eq!(taken.is_ok(), *owner != down, "{taken:?}");
        }
    }
    cluster.nodes[down].run().await;
    until(async || limiter.take(keys[0]).await.is_ok()).await;
}

#[tokio::test]
async fn a_token_is_not_taken_for_ever_from_a_server_that_ends_each_connection() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let store = within(RedisStore::connect(&proxy.url("redis"), PATIENCE)).await.unwrap();
    let quota = Quota::new(100, HOUR);
    assert!(within(store.take("key", quota)).await.unwrap().is_allowed());
    proxy.set(Network::CutBehind("EVALSHA"));
    let failed = within(store.take("key", quota)).await;
    assert!(failed.is_err(), "{failed:?}");
    proxy.set(Network::Up);
    until(async || store.take("key", quota).await.is_ok()).await;
}
