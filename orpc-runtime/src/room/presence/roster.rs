//! Those who are present with each process, without I/O and without a clock.
//!
//! Every process publishes its own list, the changes of it and, at intervals, beats. Silence is counted in the own
//! beats that are read back from the channel: a process of which nothing is read between several of them is gone. So no
//! clocks are compared, and while the channel cannot be read nobody is taken for gone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use super::message::{Message, News, Text};
use super::watchers::Watchers;
use crate::room::node::NodeId;

/// Number of own beats without a message of another process after which that is gone.
pub(super) const SILENT_BEATS: u32 = 3;

/// Size of one message, in bytes of its members.
const MESSAGE: usize = 48 << 10;

/// Number of changes that may wait to be published; beyond it the whole list is.
const CHANGES: usize = 4096;

/// Memory of a member beside its text, in bytes.
const OF_EACH: usize = 160;

/// Those who are present with this process and with others.
pub(super) struct Roster {
    own: NodeId,
    /// Number of processes with each member.
    present: HashMap<Text, usize>,
    /// Number of connections to this process of each member.
    local: HashMap<Text, usize>,
    others: HashMap<NodeId, Node>,
    /// Version of the own list.
    version: u64,
    /// Members who may have joined or left this process since its last message.
    changed: BTreeSet<Text>,
    /// Versions may have been lost: the whole list is published.
    is_unsure: bool,
    is_asked: bool,
    /// Lists are to be asked for.
    asks: bool,
    /// All processes are to be asked, at the start.
    asks_all: bool,
    bytes: usize,
    limit: usize,
    watchers: Watchers,
}

/// Another process.
#[derive(Default)]
struct Node {
    version: u64,
    /// Its list is not known as it is.
    is_stale: bool,
    silent_beats: u32,
    members: HashSet<Text>,
    /// The parts of a list that have arrived.
    arriving: Option<Arriving>,
}

struct Arriving {
    version: u64,
    parts: usize,
    members: HashSet<Text>,
    bytes: usize,
}

/// The presence has no room for another member.
#[derive(Debug, PartialEq)]
pub(super) struct Full;

impl Roster {
    pub(super) fn new(own: NodeId, limit: usize, watchers: Watchers) -> Self {
        Self {
            own,
            present: HashMap::new(),
            local: HashMap::new(),
            others: HashMap::new(),
            version: 0,
            changed: BTreeSet::new(),
            is_unsure: false,
            is_asked: false,
            asks: false,
            asks_all: false,
            bytes: 0,
            limit,
            watchers,
        }
    }

    pub(super) fn present(&self) -> impl Iterator<Item = &Text> {
        self.present.keys()
    }

    pub(super) fn is_present(&self, member: &str) -> bool {
        self.present.contains_key(member)
    }

    pub(super) fn len(&self) -> usize {
        self.present.len()
    }

    pub(super) fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// Counts a connection to this process.
    pub(super) fn enter(&mut self, member: Text) -> Result<(), Full> {
        if let Some(connections) = self.local.get_mut(&member) {
            *connections += 1;
            return Ok(());
        }
        if !self.hold(&member) {
            return Err(Full);
        }
        self.local.insert(Text::clone(&member), 1);
        self.change(member);
        Ok(())
    }

    /// Ends a connection to this process.
    pub(super) fn leave(&mut self, member: &Text) {
        let Some(connections) = self.local.get_mut(member) else { return };
        *connections -= 1;
        if *connections == 0 {
            self.local.remove(member);
            self.release(member);
            self.change(Text::clone(member));
        }
    }

    /// Notes a member who joined or left.
    fn change(&mut self, member: Text) {
        if self.is_unsure {
            return;
        }
        self.changed.insert(member);
        if self.changed.len() > CHANGES {
            self.doubt();
        }
    }

    /// Counts a process with a member; `false` if there is no room for another member.
    fn hold(&mut self, member: &Text) -> bool {
        if let Some(processes) = self.present.get_mut(member) {
            *processes += 1;
            return true;
        }
        let bytes = member.len() + OF_EACH;
        if self.bytes + bytes > self.limit {
            return false;
        }
        self.bytes += bytes;
        self.present.insert(Text::clone(member), 1);
        self.watchers.tell(member, true);
        true
    }

    fn release(&mut self, member: &Text) {
        let Some(processes) = self.present.get_mut(member) else { return };
        *processes -= 1;
        if *processes == 0 {
            self.present.remove(member);
            self.bytes -= member.len() + OF_EACH;
            self.watchers.tell(member, false);
        }
    }

    /// The channel is read from now on, or some messages of it are missing: the lists of others are asked for, and
    /// the own one is published, since others may have asked for it meanwhile.
    pub(super) fn resume(&mut self) {
        self.asks = true;
        self.asks_all = true;
        self.is_asked = true;
        for node in self.others.values_mut() {
            node.is_stale = true;
            node.arriving = None;
            node.silent_beats = 0;
        }
    }

    /// Takes a message of the channel.
    pub(super) fn receive(&mut self, message: Message) {
        let Message { node: from, news } = message;
        if from == self.own {
            if let News::Beat { .. } = news {
                self.count_silence();
            }
            return;
        }
        if news == News::Goodbye {
            return self.remove(from);
        }
        let mut node = self.others.remove(&from).unwrap_or_default();
        let was_stale = node.is_stale;
        node.silent_beats = 0;
        match news {
            News::Beat { version } => node.is_stale |= node.version != version,
            News::Change { version, joined, left } => {
                if !node.is_stale && node.version.checked_add(1) == Some(version) {
                    node.version = version;
                    for member in left {
                        if let Some(member) = node.members.take(&*member) {
                            self.release(&member);
                        }
                    }
                    for member in joined {
                        self.add(&mut node.members, member.into());
                    }
                } else {
                    node.is_stale = true;
                }
            }
            News::List { version, part, is_last, members } => {
                let members = members.into_iter().map(Text::from);
                if let Some(all) = node.arrive(version, part, is_last, members, self.limit) {
                    self.replace(&mut node, all);
                }
            }
            News::Ask { of } => self.is_asked |= of.is_empty() || of.contains(&self.own),
            News::Goodbye => {}
        }
        // Once: later ones with the beats.
        self.asks |= node.is_stale && !was_stale && node.arriving.is_none();
        self.others.insert(from, node);
    }

    fn add(&mut self, members: &mut HashSet<Text>, member: Text) {
        // One copy of each text.
        let known = self.present.get_key_value(&member).map(|(known, _)| Text::clone(known));
        let member = known.unwrap_or(member);
        if members.contains(&member) {
            return;
        }
        if self.hold(&member) {
            members.insert(member);
        } else {
            tracing::error!("a presence is full: members of other processes are left out");
        }
    }

    /// Replaces the members of a process. Those who stay neither leave nor join.
    fn replace(&mut self, node: &mut Node, all: HashSet<Text>) {
        let left: Vec<_> = node.members.difference(&all).cloned().collect();
        for member in left {
            node.members.remove(&member);
            self.release(&member);
        }
        for member in all {
            self.add(&mut node.members, member);
        }
    }

    /// Counts an own beat. Processes of which nothing was read since several of them are gone.
    fn count_silence(&mut self) {
        let mut gone = Vec::new();
        for (id, node) in &mut self.others {
            node.silent_beats += 1;
            if node.silent_beats >= SILENT_BEATS {
                gone.push(*id);
            }
        }
        gone.into_iter().for_each(|id| self.remove(id));
    }

    fn remove(&mut self, id: NodeId) {
        for member in self.others.remove(&id).into_iter().flat_map(|node| node.members) {
            self.release(&member);
        }
    }

    /// Asks again for the lists that have not come.
    pub(super) fn ask_again(&mut self) {
        self.asks |= self.others.values().any(|node| node.is_stale);
    }

    /// The last messages may not have been published.
    pub(super) fn doubt(&mut self) {
        self.is_unsure = true;
        self.changed.clear();
    }

    pub(super) fn beat(&self) -> Message {
        self.message(News::Beat { version: self.version })
    }

    pub(super) fn goodbye(&self) -> Message {
        self.message(News::Goodbye)
    }

    fn message(&self, news: News) -> Message {
        Message { node: self.own, news }
    }

    /// Returns the messages to publish next, in their order.
    pub(super) fn next_messages(&mut self) -> Vec<Message> {
        if self.asks {
            self.asks = false;
            let stale = self.others.iter().filter(|(_, node)| node.is_stale).map(|(id, _)| *id);
            let of = if mem::take(&mut self.asks_all) { Vec::new() } else { stale.collect() };
            return vec![self.message(News::Ask { of })];
        }
        if self.is_asked || self.is_unsure {
            let is_new = mem::take(&mut self.is_unsure) || !self.changed.is_empty();
            self.version += u64::from(is_new);
            self.changed.clear();
            self.is_asked = false;
            return self.list();
        }
        if self.changed.is_empty() {
            return Vec::new();
        }
        self.version += 1;
        let (mut joined, mut left, mut bytes) = (Vec::new(), Vec::new(), 0);
        while bytes < MESSAGE
            && let Some(member) = self.changed.pop_first()
        {
            bytes += member.len();
            let changes = if self.local.contains_key(&member) { &mut joined } else { &mut left };
            changes.push(member.to_string());
        }
        vec![self.message(News::Change { version: self.version, joined, left })]
    }

    fn list(&self) -> Vec<Message> {
        let mut parts = vec![Vec::new()];
        let mut bytes = 0;
        for member in self.local.keys() {
            if bytes >= MESSAGE {
                parts.push(Vec::new());
                bytes = 0;
            }
            bytes += member.len();
            parts.last_mut().into_iter().for_each(|part| part.push(member.to_string()));
        }
        let (version, last) = (self.version, parts.len() - 1);
        let parts = parts.into_iter().enumerate();
        parts
            .map(|(part, members)| {
                self.message(News::List { version, part, is_last: part == last, members })
            })
            .collect()
    }
}

impl Node {
    /// Takes a part of a list. Returns the list if this is the last part of one that is wanted.
    fn arrive(
        &mut self,
        version: u64,
        part: usize,
        is_last: bool,
        members: impl Iterator<Item = Text>,
        limit: usize,
    ) -> Option<HashSet<Text>> {
        if !self.is_stale && self.version == version {
            return None;
        }
        self.is_stale = true;
        if part == 0 {
            self.arriving = Some(Arriving { version, parts: 0, members: HashSet::new(), bytes: 0 });
        }
        let expected = |list: &Arriving| (list.version, list.parts) == (version, part);
        let mut list = self.arriving.take().filter(expected)?;
        list.parts += 1;
        for member in members {
            list.bytes += member.len() + OF_EACH;
            if list.bytes > limit {
                tracing::error!("a presence is full: the list of a process is left out");
                return None;
            }
            list.members.insert(member);
        }
        if !is_last {
            self.arriving = Some(list);
            return None;
        }
        self.version = version;
        self.is_stale = false;
        Some(list.members)
    }
}

#[cfg(test)]
mod tests;
