//! Trimming of events by age, number and size.

use std::time::Duration;

use orpc_runtime::publish::{GapReason, ReadError, Start};

use super::world::for_each_store;
use super::world::{
    Line, RETENTION, SLACK, World, event, gap, number, publish, ready, retained, subscribe,
};

for_each_store! {
    time_trims_what_is_older_than_the_retention_and_nothing_younger,
    trimming_by_number_drops_the_oldest_events,
    trimming_by_size_drops_the_oldest_events,
    the_newest_event_is_retained_whatever_its_size,
    a_replay_that_is_overtaken_ends_with_a_gap_and_has_no_hole,
    events_and_keys_of_a_retention_without_end_are_kept,
    ;
    // A server has a wall clock alone.
    a_clock_that_is_set_back_trims_nothing_early_and_keeps_nothing_longer,
    a_clock_that_is_set_forward_trims_nothing_while_the_process_runs,
    a_clock_that_is_set_forward_between_runs_counts_as_one_retention_at_most,
    the_time_while_the_process_was_away_counts,
    // It bounds its memory by itself.
    all_channels_together_retain_no_more_than_they_may,
}

const SECOND: Duration = Duration::from_secs(1);

async fn events_and_keys_of_a_retention_without_end_are_kept(world: World) {
    let lines = world.open_with::<Line>(world.builder().retention(Duration::MAX));
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    publish(&lines, 1..2).await;
    world.hands.pass(year);
    publish(&lines, 2..3).await;
    let keyed = lines.publish("room", &Line { n: 3 }).idempotency_key("three").await.unwrap();
    for _ in 0..3 {
        world.hands.pass(year);
        let again = lines.publish("room", &Line { n: 3 }).idempotency_key("three").await;
        assert_eq!(again.unwrap(), keyed);
    }
    assert_eq!(retained(&lines).await, [1, 2, 3]);
}

async fn time_trims_what_is_older_than_the_retention_and_nothing_younger(world: World) {
    let lines = world.open();
    let mut times = Vec::new();
    for n in 0..1000_u64 {
        // Bursts and pauses.
        let pause = Duration::from_millis((n * 7919) % 1300 * u64::from(n.is_multiple_of(3)));
        world.hands.pass(pause);
        for at in &mut times {
            *at += pause;
        }
        publish(&lines, n..n + 1).await;
        times.push(Duration::ZERO);
        if n.is_multiple_of(50) {
            let retained = retained(&lines).await;
            let first = retained[0];
            assert_eq!(retained, (first..=n).collect::<Vec<_>>());
            for (event, age) in times.iter().enumerate() {
                let is_there = event as u64 >= first;
                assert!(is_there || *age > RETENTION, "{event} of age {age:?} is trimmed at {n}");
                assert!(!is_there || *age <= RETENTION + SLACK, "{event} of age {age:?} is served");
            }
        }
    }
    // Channels that are never used are trimmed as well.
    world.hands.pass(RETENTION + SLACK + SECOND);
    assert_eq!(retained(&lines).await, Vec::<u64>::new());
}

async fn a_clock_that_is_set_back_trims_nothing_early_and_keeps_nothing_longer(world: World) {
    let mut lines = world.open();
    publish(&lines, 1..4).await;
    world.hands.set_back(3600 * SECOND);
    publish(&lines, 4..6).await;
    world.hands.pass(RETENTION - SECOND);
    assert_eq!(retained(&lines).await, [1, 2, 3, 4, 5]);
    if world.is_durable() {
        world.hands.set_back(3600 * SECOND);
        drop(lines);
        lines = world.open();
        assert_eq!(retained(&lines).await, [1, 2, 3, 4, 5]);
        // The clock is corrected: younger events are not trimmed because of it.
        world.hands.set_forward(2 * 3600 * SECOND);
        publish(&lines, 6..7).await;
        assert_eq!(retained(&lines).await, [1, 2, 3, 4, 5, 6]);
    }
    world.hands.pass(2 * RETENTION);
    assert_eq!(retained(&lines).await, Vec::<u64>::new());
}

async fn a_clock_that_is_set_forward_trims_nothing_while_the_process_runs(world: World) {
    let lines = world.open();
    publish(&lines, 1..4).await;
    world.hands.set_forward(3600 * SECOND);
    publish(&lines, 4..5).await;
    world.hands.pass(RETENTION - SECOND);
    assert_eq!(retained(&lines).await, [1, 2, 3, 4]);
}

async fn a_clock_that_is_set_forward_between_runs_counts_as_one_retention_at_most(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let ids = publish(&lines, 1..4).await;
    drop(lines);
    world.hands.set_forward(365 * 24 * 3600 * SECOND);
    let lines = world.open();
    // They have the maximum age, and their reader gets a gap.
    let mut reader = lines.subscribe("room", ids[0]).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Trimmed);
    let next = publish(&lines, 4..5).await[0];
    assert_eq!((next.epoch(), next.sequence()), (ids[0].epoch(), 4));
    drop(lines);
    // An event that was published at the wrong wall-clock time lives as long as any
    // other.
    world.hands.set_back(365 * 24 * 3600 * SECOND);
    let lines = world.open();
    world.hands.pass(RETENTION - SECOND);
    assert_eq!(retained(&lines).await, [4]);
    world.hands.pass(SLACK + 2 * SECOND);
    assert_eq!(retained(&lines).await, Vec::<u64>::new());
}

async fn the_time_while_the_process_was_away_counts(world: World) {
    if !world.is_durable() {
        return;
    }
    for (away, expected) in [(RETENTION - SECOND, vec![1, 2]), (RETENTION + SLACK + SECOND, vec![])]
    {
        let world = World::new(orpc_runtime::publish::Durability::Commit);
        let lines = world.open();
        publish(&lines, 1..3).await;
        drop(lines);
        world.hands.pass(away);
        assert_eq!(retained(&world.open()).await, expected);
    }
}

async fn trimming_by_number_drops_the_oldest_events(world: World) {
    for max in [1_u64, 2, 15, 16, 100, 1000] {
        let channel = format!("room-{max}");
        let lines = world.open_with(world.builder().max_events(max));
        let mut ids = Vec::new();
        for n in 1..=2 * max + 3 {
            ids.push(lines.publish(&channel, &Line { n }).await.unwrap());
            if max == 1000 && n % 97 != 0 {
                continue;
            }
            let retained = ready(&mut lines.subscribe(&channel, Start::Earliest).unwrap()).await;
            let count = retained.len() as u64;
            assert!(count <= max, "{count} of {max}");
            assert!(count == n || count > max - (max / 16).max(1), "{count} of {max}");
            assert_eq!(retained, (n + 1 - count..=n).collect::<Vec<_>>());
            let earliest = n + 1 - count;
            if earliest > 2 {
                let below = ids[earliest as usize - 3];
                let mut reader = lines.subscribe(&channel, below).unwrap();
                assert_eq!(gap(&mut reader).await.resume().sequence(), earliest - 1);
            }
        }
    }
}

async fn trimming_by_size_drops_the_oldest_events(world: World) {
    let builder = world.builder().max_bytes(20_000);
    let texts = world.open_with::<String>(builder);
    for n in 1..200_usize {
        texts.publish("room", &"x".repeat(n * 10)).await.unwrap();
        let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
        let (mut bytes, mut lengths) = (0, Vec::new());
        while let Some(event) = reader.next_ready().await {
            let event = event.unwrap();
            bytes += event.envelope().len();
            lengths.push(event.value().unwrap().len() / 10);
        }
        assert!(bytes <= 20_000, "{bytes} bytes");
        assert!(lengths.len() == n || bytes > 12_000, "{bytes} bytes at {n}");
        assert_eq!(lengths, (n + 1 - lengths.len()..=n).collect::<Vec<_>>());
    }
}

async fn the_newest_event_is_retained_whatever_its_size(world: World) {
    let texts = world.open_with::<String>(world.builder().max_bytes(1000).max_events(1));
    let long = "x".repeat(100_000);
    let mut reader = subscribe(&texts, "room", Start::Latest).await;
    texts.publish("room", &long).await.unwrap();
    assert_eq!(reader.next_ready().await.unwrap().unwrap().value().unwrap(), long);
    texts.publish("room", &"short".to_owned()).await.unwrap();
    let mut all = texts.subscribe("room", Start::Earliest).unwrap();
    assert_eq!(all.next_ready().await.unwrap().unwrap().value().unwrap(), "short");
}

async fn all_channels_together_retain_no_more_than_they_may(world: World) {
    const TOTAL: usize = 256 * 1024;
    const EVENT: usize = 2000;
    let texts =
        world.open_with::<String>(world.builder().max_total_bytes(TOTAL as u64).max_bytes(1 << 30));
    let text = "x".repeat(EVENT);
    let channel = |number: usize| format!("room-{number}");
    let mut ids = Vec::new();
    let mut readers = Vec::new();
    for number in 0..300 {
        readers.push(texts.subscribe(&channel(number), Start::Latest).unwrap());
        ids.push(texts.publish(&channel(number), &text).await.unwrap());
        world.hands.pass(Duration::from_millis(10));
    }
    let oldest = || async {
        let mut there = Vec::new();
        for number in 0..300 {
            let mut reader = texts.subscribe(&channel(number), Start::Earliest).unwrap();
            match reader.next_ready().await {
                Some(Ok(event)) => {
                    assert_eq!(event.value().unwrap(), text);
                    there.push(number);
                }
                // The event was trimmed since the reader began.
                Some(Err(ReadError::Gap(gap))) => assert_eq!(gap.reason(), GapReason::Trimmed),
                Some(Err(other)) => panic!("{other:?}"),
                None => {}
            }
        }
        there
    };
    // A file is trimmed once its events are written.
    let mut there = oldest().await;
    for turn in 0.. {
        let before = std::mem::replace(&mut there, oldest().await);
        if there == before && there.len() * EVENT <= TOTAL {
            break;
        }
        assert!(turn < 10_000, "{} events are retained", there.len());
        tokio::task::yield_now().await;
    }
    assert!(there.len() * (EVENT + 500) > TOTAL / 2, "too much is trimmed: {}", there.len());
    let first = 300 - there.len();
    assert_eq!(there, (first..300).collect::<Vec<_>>(), "not the oldest were trimmed");
    // Before every reader is polled, the oldest may be trimmed once more.
    let mut told = Vec::new();
    for (number, reader) in readers.iter_mut().enumerate() {
        match reader.next_ready().await {
            Some(Ok(event)) => assert_eq!(event.id(), Some(ids[number])),
            Some(Err(ReadError::Gap(gap))) => {
                assert_eq!((gap.reason(), gap.resume()), (GapReason::Trimmed, ids[number]));
                told.push(number);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, (0..told.len()).collect::<Vec<_>>());
    assert!((first..=first + 20).contains(&told.len()), "{} of {first}", told.len());

    // One channel is trimmed to the same size, by its own bound.
    for _ in 0..300 {
        texts.publish("one", &text).await.unwrap();
    }
    for turn in 0.. {
        let mut one = texts.subscribe("one", Start::Earliest).unwrap();
        let mut count = 0;
        let overtaken = loop {
            match one.next_ready().await {
                Some(Ok(_)) => count += 1,
                Some(Err(ReadError::Gap(_))) => break true,
                Some(Err(other)) => panic!("{other:?}"),
                None => break false,
            }
        };
        if !overtaken && count * EVENT <= TOTAL {
            assert!(count > 0, "all is trimmed");
            break;
        }
        assert!(turn < 10_000, "{count} events are retained");
        tokio::task::yield_now().await;
    }
}

async fn a_replay_that_is_overtaken_ends_with_a_gap_and_has_no_hole(world: World) {
    let lines = world.open_with(world.builder().max_events(500));
    publish(&lines, 1..501).await;
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    let mut seen = vec![number(event(&mut reader).await)];
    publish(&lines, 501..2000).await;
    while let Some(next) = reader.next_ready().await {
        match next {
            Ok(event) => seen.push(number(event)),
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.reason(), GapReason::Lagged);
                assert_eq!(gap.last().sequence(), *seen.last().unwrap());
                // The later events follow the gap.
                seen.push(u64::MAX);
                seen.push(gap.resume().sequence());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let gap = seen.iter().position(|n| *n == u64::MAX).expect("nothing was told");
    assert_eq!(seen[..gap], (1..=gap as u64).collect::<Vec<_>>());
    assert_eq!(seen[gap + 2..], (seen[gap + 1] + 1..2000).collect::<Vec<_>>());
}
