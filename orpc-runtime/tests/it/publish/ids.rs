//! Ids, and readers with ids of another channel or epoch.

use std::collections::HashSet;
use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, GapReason, Start, SubscribeError};
use proptest::prelude::*;

use super::world::for_each_store;
use super::world::{Line, RETENTION, World, event, gap, number, publish, ready, subscribe};
use crate::support::cases;

for_each_store! {
    an_id_of_another_epoch_is_a_gap_before_any_event,
    an_id_behind_the_trimmed_events_is_an_exact_replay_and_an_earlier_one_a_gap,
    an_id_beyond_the_end_is_a_gap,
    malformed_ids_are_refused_and_reach_no_store,
    ids_increase_across_restarts_full_expiry_and_jumps_of_the_clock,
    a_reader_of_a_channel_without_events_is_told_of_no_gap,
    ;
    // A node does not hold the channels that it only publishes to.
    a_reader_of_a_forgotten_channel_is_not_given_the_events_of_another_life,
}

/// In a channel without events nothing is missing: neither after the channel was
/// evicted, nor after a clean restart with a file.
async fn a_reader_of_a_channel_without_events_is_told_of_no_gap(world: World) {
    let mut lines = world.open();
    let last = subscribe(&lines, "quiet", Start::Latest).await.position().unwrap();
    for round in 0..3 {
        let held = usize::from(round > 0 && !world.is_on_server());
        assert_eq!(lines.channels(), held, "the channel is let go");
        let mut reader = lines.subscribe("quiet", last).unwrap();
        assert_eq!(ready(&mut reader).await, Vec::<u64>::new());
        drop(reader);
        publish(&lines, round..round + 1).await;
        if world.is_durable() {
            drop(lines);
            lines = world.open();
        }
    }
    let mut reader = lines.subscribe("quiet", last).unwrap();
    lines.publish("quiet", &Line { n: 7 }).await.unwrap();
    assert_eq!(number(event(&mut reader).await), 7);
    // In memory the events before the start are unknown.
    if !world.is_durable() {
        let lines = world.open();
        let mut reader = lines.subscribe("quiet", last).unwrap();
        assert_eq!(gap(&mut reader).await.reason(), GapReason::Epoch);
    }
}

async fn a_reader_of_a_forgotten_channel_is_not_given_the_events_of_another_life(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..6).await;
    world.hands.pass(3 * RETENTION);
    for n in 0.. {
        lines.publish("other", &Line { n }).await.unwrap();
        if lines.channels() == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let next = publish(&lines, 6..9).await;
    assert!(next[0].sequence() > ids[4].sequence(), "numbers go back");
    let mut reader = lines.subscribe("room", ids[2]).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Trimmed);
    assert_eq!(ready(&mut reader).await, [6, 7, 8]);
    // A reader that has seen everything misses nothing.
    if next[0].sequence() == ids[4].sequence() + 1 {
        let mut reader = lines.subscribe("room", ids[4]).unwrap();
        assert_eq!(ready(&mut reader).await, [6, 7, 8]);
    }
}

async fn an_id_of_another_epoch_is_a_gap_before_any_event(world: World) {
    let lines = world.open();
    publish(&lines, 1..4).await;
    let foreign: EventId = "0123456789abcdef0123456789abcdef.2".parse().unwrap();
    let mut reader = lines.subscribe("room", foreign).unwrap();
    let told = gap(&mut reader).await;
    assert_eq!(
        (told.reason(), told.last(), told.resume().sequence()),
        (GapReason::Epoch, foreign, 0)
    );
    assert_eq!(ready(&mut reader).await, [1, 2, 3]);

    // A channel that never had an event reports a gap as well, and then waits.
    let mut reader = lines.subscribe("empty", foreign).unwrap();
    let told = gap(&mut reader).await;
    assert_eq!((told.reason(), told.resume().sequence()), (GapReason::Epoch, 0));
    assert_eq!(ready(&mut reader).await, Vec::<u64>::new());
    let mut again = lines.subscribe("empty", told.resume()).unwrap();
    assert_eq!(ready(&mut again).await, Vec::<u64>::new());
}

async fn an_id_behind_the_trimmed_events_is_an_exact_replay_and_an_earlier_one_a_gap(world: World) {
    let lines = world.open_with(world.builder().max_events(10));
    let ids = publish(&lines, 1..31).await;
    // Ten are left, 21 to 30.
    let mut reader = lines.subscribe("room", ids[19]).unwrap();
    assert_eq!(ready(&mut reader).await, (21..31).collect::<Vec<_>>());
    for last in [0, 5, 18] {
        let mut reader = lines.subscribe("room", ids[last]).unwrap();
        let told = gap(&mut reader).await;
        assert_eq!((told.reason(), told.resume()), (GapReason::Trimmed, ids[19]));
        assert_eq!(ready(&mut reader).await, (21..31).collect::<Vec<_>>());
    }
}

async fn an_id_beyond_the_end_is_a_gap(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..4).await;
    for sequence in [4, 5, u64::MAX - 1, u64::MAX] {
        let ahead: EventId = format!("{}.{sequence}", ids[0].epoch()).parse().unwrap();
        let mut reader = lines.subscribe("room", ahead).unwrap();
        let told = gap(&mut reader).await;
        assert_eq!((told.reason(), told.resume()), (GapReason::Ahead, ids[2]));
    }
    let mut reader = lines.subscribe("room", ids[2]).unwrap();
    publish(&lines, 4..5).await;
    assert_eq!(number(event(&mut reader).await), 4);
}

async fn malformed_ids_are_refused_and_reach_no_store(world: World) {
    let lines = world.open();
    let e = "0123456789abcdef0123456789abcdef";
    let texts = [
        String::new(),
        "$".to_owned(),
        "+".to_owned(),
        "0".to_owned(),
        "0-0".to_owned(),
        "1700000000000-0".to_owned(),
        e.to_owned(),
        format!("{e}."),
        format!("{e}.-1"),
        format!("{e}.+1"),
        format!("{e}.0x1"),
        format!("{e}.01"),
        format!("{e}.00"),
        format!("{e}. 1"),
        format!("{e}.1 "),
        format!("{e}.1\0"),
        format!("{e}.1\r\n"),
        format!("{e}.1.1"),
        format!("{e}.18446744073709551616"),
        format!("{e}.{}", "9".repeat(10_000)),
        format!("{e}.\u{661}"),
        format!("{}.1", e.to_uppercase()),
        format!("{}.1", &e[1..]),
        format!("0{e}.1"),
        format!("+{}.1", &e[1..]),
        format!("{e}\0.1"),
        ".".to_owned(),
        ".1".to_owned(),
    ];
    for text in texts {
        let last = LastEventId::new(&text);
        let refused = lines.subscribe("room", Some(&last)).err();
        assert!(matches!(refused, Some(SubscribeError::MalformedId(_))), "{text:?}");
        let error = Error::from(refused.unwrap());
        assert_eq!((error.code(), error.status()), ("BAD_REQUEST", 400));
        assert!(!format!("{error:?}").contains(e), "the id is not repeated");
    }
    assert_eq!(lines.channels(), 0, "no channel is made for an id that is none");
    assert!(lines.subscribe("room", None::<&LastEventId>).is_ok());
}

async fn ids_increase_across_restarts_full_expiry_and_jumps_of_the_clock(world: World) {
    let hour = Duration::from_secs(3600);
    let mut all = Vec::new();
    let mut lines = world.open();
    all.extend(publish(&lines, 1..4).await);
    for step in 0..6 {
        match step {
            0 => world.hands.set_back(hour),
            1 => world.hands.set_forward(2 * hour),
            2 => world.hands.pass(RETENTION + RETENTION / 2),
            3 => world.hands.set_back(hour),
            4 => world.hands.set_forward(hour),
            _ => {}
        }
        if world.is_durable() && step != 2 {
            drop(lines);
            lines = world.open();
        }
        all.extend(publish(&lines, 4..6).await);
    }
    assert!(all.windows(2).all(|pair| {
        pair[0].epoch() == pair[1].epoch() && pair[0].sequence() + 1 == pair[1].sequence()
    }));
    // A new store shares no id with the previous one.
    drop(lines);
    world.wipe().await;
    all.extend(publish(&world.open(), 1..4).await);
    let distinct: HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

proptest! {
    #![proptest_config(cases(2000))]

    /// A valid text is written unchanged, and no other text is valid.
    #[test]
    fn an_id_is_parsed_only_in_the_form_that_is_written(text in "[0-9a-fA-F.+x$ -]{0,60}", epoch: u128, n: u64) {
        if let Ok(id) = text.parse::<EventId>() {
            prop_assert_eq!(id.to_string(), text);
        }
        let id: EventId = format!("{epoch:032x}.{n}").parse().unwrap();
        prop_assert_eq!(id.sequence(), n);
        prop_assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        prop_assert_eq!(serde_json::from_str::<EventId>(&format!("\"{id}\"")).unwrap(), id);
    }
}
