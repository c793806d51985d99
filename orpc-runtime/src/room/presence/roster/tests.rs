use std::collections::BTreeSet;
use std::ops::Range;

use futures::{FutureExt as _, Stream, StreamExt as _};
use proptest::prelude::*;

use super::*;
use crate::room::presence::watchers::PresenceChange;

const LIMIT: usize = 1 << 20;

fn roster(id: u64) -> Roster {
    Roster::new(NodeId::of(id), LIMIT, Watchers::new())
}

fn text(member: u64) -> Text {
    Text::from(member.to_string())
}

/// A process, and the members that its followers know.
struct Process {
    roster: Roster,
    /// Number of messages of the channel that it has read.
    read: usize,
    changes: Box<dyn Stream<Item = PresenceChange<u64>> + Unpin>,
    followed: BTreeSet<u64>,
    /// Connections of its members.
    connections: Vec<u64>,
}

impl Process {
    fn new(id: u64, read: usize) -> Self {
        let mut roster = roster(id);
        let changes = Box::new(roster.watchers().follow());
        roster.resume();
        Self { roster, read, changes, followed: BTreeSet::new(), connections: Vec::new() }
    }

    fn enter(&mut self, member: u64) {
        self.roster.enter(text(member)).unwrap();
        self.connections.push(member);
    }

    fn leave(&mut self, index: usize) {
        if !self.connections.is_empty() {
            let member = self.connections.swap_remove(index % self.connections.len());
            self.roster.leave(&text(member));
        }
    }

    fn publish(&mut self, log: &mut Vec<Message>) {
        log.extend(self.roster.next_messages());
    }

    fn beat(&mut self, log: &mut Vec<Message>) {
        self.roster.ask_again();
        log.push(self.roster.beat());
    }

    fn read(&mut self, log: &[Message]) {
        for message in &log[self.read..] {
            self.roster.receive(message.clone());
        }
        self.read = log.len();
    }

    fn present(&self) -> BTreeSet<u64> {
        self.roster.present().map(|member| member.parse().unwrap()).collect()
    }

    /// Applies the changes: each of them has an effect.
    fn follow(&mut self) {
        while let Some(Some(change)) = self.changes.next().now_or_never() {
            match change {
                PresenceChange::Joined(member) => assert!(self.followed.insert(member), "{member}"),
                PresenceChange::Left(member) => assert!(self.followed.remove(&member), "{member}"),
                PresenceChange::Missed(count) => panic!("{count} changes are missed"),
            }
        }
        assert_eq!(self.followed, self.present());
    }
}

/// Lets all processes publish and read until nothing is new.
fn settle(processes: &mut [Process], log: &mut Vec<Message>) {
    for _ in 0..20 {
        processes.iter_mut().for_each(|process| process.publish(log));
        if processes.iter().all(|process| process.read == log.len()) {
            return;
        }
        processes.iter_mut().for_each(|process| process.read(log));
    }
    panic!("the processes do not settle: {:?}", &log[log.len() - 10..]);
}

fn beats(processes: &mut [Process], log: &mut Vec<Message>, count: u32) {
    for _ in 0..count {
        for process in &mut *processes {
            process.beat(log);
        }
        settle(processes, log);
    }
}

fn start(ids: Range<u64>, log: &mut Vec<Message>) -> Vec<Process> {
    let mut processes: Vec<_> = ids.map(|id| Process::new(id, log.len())).collect();
    beats(&mut processes, log, 1);
    processes
}

fn expect(processes: &mut [Process], members: &[u64]) {
    for process in processes {
        process.follow();
        assert_eq!(process.present(), members.iter().copied().collect());
    }
}

#[test]
fn members_of_all_processes_are_present_once() {
    let mut log = Vec::new();
    let mut processes = start(0..3, &mut log);
    for (process, member) in [(0, 1), (0, 1), (1, 1), (2, 2)] {
        processes[process].enter(member);
        settle(&mut processes, &mut log);
    }
    expect(&mut processes, &[1, 2]);
    for (process, members) in [(0, &[1, 2][..]), (1, &[1, 2]), (2, &[1]), (0, &[])] {
        processes[process].leave(0);
        settle(&mut processes, &mut log);
        expect(&mut processes, members);
    }
}

#[test]
fn a_process_that_starts_learns_the_members_by_its_first_question() {
    let mut log = Vec::new();
    let mut processes = start(0..2, &mut log);
    processes[0].enter(1);
    settle(&mut processes, &mut log);
    processes.push(Process::new(2, log.len()));
    settle(&mut processes, &mut log);
    expect(&mut processes, &[1]);
}

#[test]
fn a_process_that_begins_to_read_behind_a_question_tells_its_members() {
    let mut log = Vec::new();
    let mut late = Process::new(0, 0);
    late.enter(1);
    // Its own question, its list.
    late.publish(&mut log);
    late.publish(&mut log);
    let mut processes = vec![Process::new(1, log.len())];
    settle(&mut processes, &mut log);
    late.read = log.len();
    late.roster.resume();
    processes.push(late);
    settle(&mut processes, &mut log);
    expect(&mut processes, &[1]);
}

#[test]
fn a_process_is_gone_after_some_beats_of_others_and_comes_back_with_its_own() {
    let mut log = Vec::new();
    let mut processes = start(0..3, &mut log);
    processes[2].enter(1);
    processes[2].enter(2);
    processes[0].enter(2);
    settle(&mut processes, &mut log);
    let mut paused = processes.pop().unwrap();
    beats(&mut processes, &mut log, SILENT_BEATS - 1);
    expect(&mut processes, &[1, 2]);
    beats(&mut processes, &mut log, 1);
    expect(&mut processes, &[2]);
    // It has not noticed, and takes nobody for gone.
    paused.read(&log);
    processes.push(paused);
    beats(&mut processes, &mut log, 1);
    expect(&mut processes, &[1, 2]);
}

/// It has no own beats meanwhile.
#[test]
fn a_process_that_cannot_publish_takes_nobody_for_gone() {
    let mut log = Vec::new();
    let mut processes = start(0..2, &mut log);
    processes[0].enter(1);
    settle(&mut processes, &mut log);
    let mut cut_off = processes.pop().unwrap();
    beats(&mut processes, &mut log, 10);
    cut_off.read(&log);
    expect(&mut [cut_off], &[1]);
}

#[test]
fn a_goodbye_removes_a_process_at_once() {
    let mut log = Vec::new();
    let mut processes = start(0..2, &mut log);
    processes[0].enter(1);
    settle(&mut processes, &mut log);
    log.push(processes[0].roster.goodbye());
    processes.remove(0);
    settle(&mut processes, &mut log);
    expect(&mut processes, &[]);
}

#[test]
fn a_long_list_comes_in_parts_and_changes_in_several_messages() {
    let mut log = Vec::new();
    let mut processes = start(0..2, &mut log);
    let long: Vec<Text> = (0..200).map(|n| format!("\"{}{n}\"", "x".repeat(1000)).into()).collect();
    for member in &long {
        processes[0].roster.enter(Text::clone(member)).unwrap();
    }
    let before = log.len();
    settle(&mut processes, &mut log);
    assert!(log.len() - before > 3, "200 KB are one message");
    assert_eq!(processes[1].roster.len(), 200);
    processes.push(Process::new(2, log.len()));
    let before = log.len();
    settle(&mut processes, &mut log);
    let lists = log[before..].iter().filter(|m| matches!(m.news, News::List { .. })).count();
    assert!(lists > 3, "{lists}");
    assert_eq!(processes[2].roster.len(), 200);
}

#[test]
fn a_list_with_a_part_that_is_missing_is_not_taken() {
    let list = |version, part, is_last, member: &str| Message {
        node: NodeId::of(1),
        news: News::List { version, part, is_last, members: vec![member.to_owned()] },
    };
    let mut own = roster(0);
    own.receive(list(1, 0, true, "1"));
    assert_eq!(own.len(), 1);
    // The one between them, the first one, and the end of another version.
    own.receive(list(2, 0, false, "2"));
    own.receive(list(2, 2, true, "3"));
    own.receive(list(3, 1, true, "4"));
    own.receive(list(4, 0, false, "5"));
    own.receive(list(5, 1, true, "6"));
    assert!(own.is_present("1") && own.len() == 1);
    own.receive(list(5, 0, false, "7"));
    own.receive(list(5, 1, true, "8"));
    assert!(own.is_present("7") && own.is_present("8") && own.len() == 2);
}

#[test]
fn a_full_presence_refuses_members_and_leaves_out_those_of_others() {
    let limit = 3 * (1 + OF_EACH);
    let mut own = Roster::new(NodeId::of(0), limit, Watchers::new());
    for member in 0..3 {
        own.enter(text(member)).unwrap();
    }
    assert_eq!(own.enter(text(3)), Err(Full));
    own.enter(text(2)).unwrap();
    let change = |version, joined: Vec<String>, left: Vec<String>| Message {
        node: NodeId::of(1),
        news: News::Change { version, joined, left },
    };
    own.receive(change(1, vec!["2".into(), "4".into()], vec![]));
    assert_eq!(own.len(), 3);
    own.leave(&text(0));
    own.leave(&text(2));
    own.leave(&text(2));
    assert_eq!(own.len(), 2, "the other process has one");
    own.enter(text(5)).unwrap();
    assert_eq!(own.enter(text(6)), Err(Full));
    own.receive(change(2, vec![], vec!["2".into(), "4".into()]));
    own.enter(text(6)).unwrap();
    // A list that is longer than all may be is not kept while it arrives.
    let members = (100..200).map(|n| n.to_string()).collect();
    let news = News::List { version: 9, part: 0, is_last: false, members };
    own.receive(Message { node: NodeId::of(2), news });
    assert!(own.others[&NodeId::of(2)].arriving.is_none());
}

#[test]
fn changes_that_cannot_be_published_are_bounded_and_then_told_by_the_list() {
    let mut log = Vec::new();
    let mut processes = start(0..2, &mut log);
    for member in 0..2 * CHANGES as u64 {
        processes[0].enter(member);
        processes[0].leave(0);
        assert!(processes[0].roster.changed.len() <= CHANGES);
    }
    processes[0].enter(7);
    settle(&mut processes, &mut log);
    assert_eq!(processes[1].present(), BTreeSet::from([7]));
}

/// An event of a random run.
#[derive(Debug, Clone)]
enum Step {
    Enter(usize, u64),
    Leave(usize, usize),
    Publish(usize),
    /// The process is told that publishing failed; the messages may be there, or the first ones.
    Fail(usize, usize),
    Read(usize, usize),
    /// Messages of the channel are lost for the process.
    Gap(usize),
    Beat(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let process = 0_usize..3;
    let step = prop_oneof![
        4 => (process.clone(), 0_u64..6).prop_map(|(p, m)| Step::Enter(p, m)),
        4 => (process.clone(), any::<usize>()).prop_map(|(p, i)| Step::Leave(p, i)),
        6 => process.clone().prop_map(Step::Publish),
        1 => (process.clone(), 0_usize..3).prop_map(|(p, n)| Step::Fail(p, n)),
        6 => (process.clone(), 1_usize..4).prop_map(|(p, n)| Step::Read(p, n)),
        1 => process.clone().prop_map(Step::Gap),
        2 => process.prop_map(Step::Beat),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// In whatever order processes publish, fail, read and miss messages: after some beats all know who is
    /// present, and each change that a follower gets has an effect.
    #[test]
    fn processes_agree_after_any_run(steps in steps()) {
        let mut log = Vec::new();
        let mut processes = start(0..3, &mut log);
        for step in steps {
            match step {
                Step::Enter(process, member) => processes[process].enter(member),
                Step::Leave(process, index) => processes[process].leave(index),
                Step::Publish(process) => processes[process].publish(&mut log),
                Step::Fail(process, stored) => {
                    let messages = processes[process].roster.next_messages();
                    if !messages.is_empty() {
                        log.extend(messages.into_iter().take(stored));
                        processes[process].roster.doubt();
                    }
                }
                Step::Read(process, count) => {
                    let end = log.len().min(processes[process].read + count);
                    processes[process].read(&log[..end]);
                }
                Step::Gap(process) => {
                    processes[process].read = log.len();
                    processes[process].roster.resume();
                }
                Step::Beat(process) => processes[process].beat(&mut log),
            }
            processes.iter_mut().for_each(Process::follow);
        }
        settle(&mut processes, &mut log);
        beats(&mut processes, &mut log, 3);
        let members: BTreeSet<u64> =
            processes.iter().flat_map(|process| process.connections.clone()).collect();
        let members: Vec<_> = members.into_iter().collect();
        expect(&mut processes, &members);
    }
}
