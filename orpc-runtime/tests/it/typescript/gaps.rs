//! The error of missing events in the types of every procedure that may end with it.

use orpc_runtime::durable::{DurableIterator, DurableObject};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Gap, Publisher, ReadError, SubscribeError, Subscription};
use orpc_runtime::{Contract, HibernatingIterator, typescript};

pub struct Room;

impl DurableObject for Room {
    type Event = String;
    type Context = ();
    type Methods = ();
}

/// Procedures of a context; one for each form.
#[router(context = Publisher<String>)]
pub mod forms {
    use super::*;

    #[procedure]
    pub fn opaque(
        app: &Publisher<String>,
    ) -> Result<impl Stream<Item = Result<Published<String>, ReadError>>, SubscribeError> {
        app.subscribe("room", None::<&LastEventId>)
    }

    #[procedure]
    pub fn named(app: &Publisher<String>) -> Result<Subscription<String>, SubscribeError> {
        app.subscribe("room", None::<&LastEventId>)
    }

    #[procedure]
    pub fn gap_alone() -> impl Stream<Item = Result<String, Gap>> {
        orpc_runtime::futures::stream::empty()
    }

    #[procedure]
    pub fn hibernating(
        app: &Publisher<String>,
    ) -> Result<HibernatingIterator<String, (), ReadError>, SubscribeError> {
        Ok(app.subscribe("room", None::<&LastEventId>)?.hibernate())
    }

    #[procedure]
    pub async fn durable() -> Result<DurableIterator<Room>, Error> {
        Err(Code::NotFound.into())
    }
}

mod agreed {
    use super::*;

    /// The same forms without an implementation.
    #[contract]
    pub trait Forms {
        fn opaque(&self) -> impl Stream<Item = Result<Published<String>, ReadError>>;
        fn named(&self) -> Result<Subscription<String>, SubscribeError>;
        fn gap_alone(&self) -> impl Stream<Item = Result<String, Gap>>;
        fn hibernating(&self) -> HibernatingIterator<String, (), ReadError>;
        async fn durable(&self) -> Result<DurableIterator<Room>, Error>;
    }
}

/// Asserts that each procedure of a text declares the error once.
fn assert_declared(text: &str) {
    let names = ["opaque", "named", "gapAlone", "hibernating", "durable"];
    let starts = names.map(|name| text.find(&format!("{name}: ")).expect(name));
    for (name, start) in names.into_iter().zip(starts) {
        let end = starts.into_iter().filter(|other| *other > start).min();
        let own = &text[start..end.unwrap_or(text.len())];
        assert_eq!(own.matches("EVENT_GAP").count(), 1, "{name}: {own}");
        assert!(own.contains("GapData"), "{name}: {own}");
    }
}

#[test]
fn every_procedure_that_may_end_with_a_gap_declares_it() {
    assert_declared(&typescript::client(&forms::router()).to_string());
}

#[test]
fn so_does_every_procedure_of_a_contract() {
    let contract: Router<Contract> = agreed::forms::contract();
    assert_declared(&typescript::client(&contract).to_string());
}
