//! Readers that stop reading.

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{GapReason, Publisher, Start};

use super::world::for_each_store;
use super::world::{Line, World, event, gap, number, publish, ready, subscribe};

for_each_store! {
    a_reader_that_falls_behind_what_is_retained_is_told_before_it_goes_on,
    a_reader_that_stops_delays_no_other,
    a_gap_can_become_an_event_of_ones_own,
}

async fn a_reader_that_falls_behind_what_is_retained_is_told_before_it_goes_on(world: World) {
    let lines = world.open_with(world.builder().max_events(32));
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    publish(&lines, 1..3).await;
    assert_eq!(number(event(&mut reader).await), 1);
    publish(&lines, 3..1000).await;
    // Nothing is buffered for it, so it gets the gap at once.
    let told = gap(&mut reader).await;
    assert_eq!((told.reason(), told.last().sequence()), (GapReason::Lagged, 1));
    assert_eq!(reader.position(), Some(told.resume()));
    let seen = ready(&mut reader).await;
    assert_eq!(seen, (told.resume().sequence() + 1..1000).collect::<Vec<_>>());
}

async fn a_reader_that_stops_delays_no_other(world: World) {
    let lines = world.open();
    let mut stopped = Vec::new();
    for _ in 0..50 {
        let mut reader = lines.subscribe("room", Start::Latest).unwrap();
        assert!(reader.next_ready().await.is_none());
        stopped.push(reader);
    }
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    for n in 1..500 {
        publish(&lines, n..n + 1).await;
        assert_eq!(number(event(&mut reader).await), n);
    }
    for mut reader in stopped {
        assert_eq!(ready(&mut reader).await, (1..500).collect::<Vec<_>>());
    }
}

async fn a_gap_can_become_an_event_of_ones_own(world: World) {
    let lines: Publisher<Line> = world.open_with(world.builder().max_events(2));
    let ids = publish(&lines, 1..6).await;
    let reader = lines.subscribe("room", ids[0]).unwrap();
    let reader = reader.map_gaps(|gap| Line { n: 1000 + gap.resume().sequence() });
    let seen: Vec<_> = reader.take(3).collect().await;
    let seen: Vec<_> = seen
        .into_iter()
        .map(|event| event.map(|event| (event.id(), event.value().unwrap().n)).unwrap())
        .collect();
    assert_eq!(seen, [(Some(ids[2]), 1003), (Some(ids[3]), 4), (Some(ids[4]), 5)]);
}
