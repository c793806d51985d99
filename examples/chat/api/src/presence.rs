//! The people in the room.

use std::collections::HashMap;

use crate::clock::Instant;
use crate::event::RoomEvent;
use crate::people::Person;

/// Everyone in the room, with those whose last connection ended a moment ago.
#[derive(Default)]
pub(crate) struct Presence {
    people: HashMap<Person, Connections>,
}

struct Connections {
    /// One for each tab that shows the room.
    open: usize,
    /// Time when the last of them ended, while there is none.
    gone_since: Option<Instant>,
}

impl Presence {
    /// Returns the people who were in the room when its history ended, as of now
    /// without a connection. A room that starts again does not announce them twice.
    pub(crate) fn from_history(history: impl IntoIterator<Item = RoomEvent>) -> Self {
        let mut presence = Self::default();
        for event in history {
            match event {
                RoomEvent::Joined { who, .. } => presence.add(who, 0),
                RoomEvent::Left { who, .. } => {
                    presence.people.remove(&who);
                }
                RoomEvent::Message { .. } | RoomEvent::Missed { .. } => {}
            }
        }
        presence
    }

    fn add(&mut self, person: Person, open: usize) {
        let gone_since = (open == 0).then(Instant::now);
        self.people.insert(person, Connections { open, gone_since });
    }

    /// Returns `true` if the person has a connection.
    pub(crate) fn is_connected(&self, person: &Person) -> bool {
        self.people.get(person).is_some_and(|known| known.open > 0)
    }

    /// Counts a connection. Returns `true` if the person was not in the room before.
    pub(crate) fn enter(&mut self, person: &Person) -> bool {
        if let Some(connections) = self.people.get_mut(person) {
            connections.open += 1;
            connections.gone_since = None;
            return false;
        }
        self.add(person.clone(), 1);
        true
    }

    /// Ends a connection. Returns the time of that if it was the person's last one.
    pub(crate) fn leave(&mut self, person: &Person) -> Option<Instant> {
        let connections = self.people.get_mut(person)?;
        connections.open = connections.open.saturating_sub(1);
        if connections.open == 0 {
            connections.gone_since = Some(Instant::now());
        }
        connections.gone_since
    }

    /// Removes a person who left at that time. Returns `true` unless the person came
    /// back in the meantime.
    pub(crate) fn forget(&mut self, person: &Person, gone_since: Instant) -> bool {
        let gone =
            self.people.get(person).is_some_and(|known| known.gone_since == Some(gone_since));
        if gone {
            self.people.remove(person);
        }
        gone
    }

    /// Returns the people without a connection, each with the end of the last one.
    pub(crate) fn absent(&self) -> Vec<(Person, Instant)> {
        let absent = |(person, known): (&Person, &Connections)| {
            known.gone_since.map(|since| (person.clone(), since))
        };
        self.people.iter().filter_map(absent).collect()
    }

    /// Returns everyone in the room, in the order of their names.
    pub(crate) fn people(&self) -> Vec<Person> {
        let mut people: Vec<_> = self.people.keys().cloned().collect();
        people.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        people
    }
}
