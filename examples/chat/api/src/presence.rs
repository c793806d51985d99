//! Who is in the room.

use std::collections::HashMap;

use tokio::time::Instant;

/// Everyone in the room by name, with those who went a moment ago.
#[derive(Default)]
pub(crate) struct Presence {
    people: HashMap<String, Person>,
}

struct Person {
    /// One for each tab that shows the room.
    connections: usize,
    /// When the last of them ended, while there is none.
    gone_since: Option<Instant>,
}

impl Presence {
    /// Counts a connection. Tells whether somebody came with it who was not there.
    pub(crate) fn enter(&mut self, name: &str) -> bool {
        if let Some(person) = self.people.get_mut(name) {
            person.connections += 1;
            person.gone_since = None;
            return false;
        }
        self.people.insert(name.to_owned(), Person { connections: 1, gone_since: None });
        true
    }

    /// Ends a connection. Tells since when the person is gone, if it was the last one.
    pub(crate) fn leave(&mut self, name: &str) -> Option<Instant> {
        let person = self.people.get_mut(name)?;
        person.connections -= 1;
        if person.connections == 0 {
            person.gone_since = Some(Instant::now());
        }
        person.gone_since
    }

    /// Forgets somebody who is gone since then. Tells whether that is so: who
    /// came back in the meantime stays.
    pub(crate) fn forget(&mut self, name: &str, gone_since: Instant) -> bool {
        let gone =
            self.people.get(name).is_some_and(|person| person.gone_since == Some(gone_since));
        if gone {
            self.people.remove(name);
        }
        gone
    }
}
