//! Buckets in memory.

use std::time::Duration;

use orpc_runtime::ratelimit::RateLimiter;

use super::{ping, quota, take};
use crate::process;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_burst_passes_at_once_and_tokens_come_back_evenly() {
    let limiter = quota(5, 10 * SECOND).memory();
    for remaining in (0..5).rev() {
        let taken = limiter.take("key").await.unwrap();
        assert_eq!((taken.is_allowed(), taken.remaining()), (true, remaining));
        assert_eq!(taken.next(), 2 * SECOND);
    }
    for _ in 0..3 {
        let taken = limiter.take("key").await.unwrap();
        assert_eq!((taken.is_allowed(), taken.remaining(), taken.next()), (false, 0, 2 * SECOND));
    }
    assert!(take(&limiter, "another").await);
    tokio::time::advance(SECOND).await;
    assert_eq!(limiter.take("key").await.unwrap().next(), SECOND);
    tokio::time::advance(SECOND).await;
    assert!(take(&limiter, "key").await && !take(&limiter, "key").await);
    // A bucket holds no more than its limit.
    tokio::time::advance(1000 * SECOND).await;
    for _ in 0..5 {
        assert!(take(&limiter, "key").await);
    }
    assert!(!take(&limiter, "key").await);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_if_it_is_allowed_soon() {
    let limiter = quota(1, 10 * SECOND).max_wait(15 * SECOND).memory();
    let started = tokio::time::Instant::now();
    let call = || ping(&limiter);
    assert_eq!(call().await.status, 200);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(call().await.status, 200);
    assert!(started.elapsed() >= 10 * SECOND && started.elapsed() < 11 * SECOND);
    let statuses = tokio::join!(call(), call(), call());
    // One of them is first; the others would wait for longer than 15 s.
    let mut statuses = [statuses.0.status, statuses.1.status, statuses.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429, 429]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_callers_get_no_token_twice() {
    let limiter = quota(100, 3600 * SECOND).memory();
    let callers = (0..16).map(|_| {
        let limiter = limiter.clone();
        tokio::spawn(async move {
            let mut allowed = 0;
            for _ in 0..100 {
                allowed += u32::from(take(&limiter, "key").await);
            }
            allowed
        })
    });
    let allowed: u32 =
        futures::future::join_all(callers).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(allowed, 100);
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn a_flood_of_keys_takes_no_more_than_the_limit_and_forgives_no_empty_bucket() {
    const LIMIT: u64 = 8 << 20;

    process::alone_with(
        |_| {},
        || {
            // Neither timers nor sockets are needed.
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let take = async |limiter: &RateLimiter, key: &str| {
                limiter.take(key).await.unwrap().is_allowed()
            };
            runtime.block_on(async {
                let bytes = usize::try_from(LIMIT).unwrap();
                let limiter = quota(3, 3600 * SECOND).memory_limit(bytes).memory();
                for _ in 0..3 {
                    assert!(take(&limiter, "attacker").await);
                }
                let before = resident();
                let mut peak = 0;
                for n in 0..1_000_000_u32 {
                    assert!(take(&limiter, &format!("{n:064}")).await);
                    if n % 1000 == 0 {
                        peak = peak.max(resident());
                        assert!(!take(&limiter, "attacker").await, "forgiven after {n} keys");
                    }
                }
                let more = peak.saturating_sub(before);
                println!("{more} bytes more for a limit of {LIMIT}");
                assert!(more < LIMIT * 3 / 2, "{more} bytes for a limit of {LIMIT}");
                assert!(more > LIMIT / 3, "{more} bytes only: the limit is not used");
            });
        },
    );
}
