//! Reads descriptions of routers, a line of JSON each, and prints for each the
//! files of TypeScript that are made from such a router: `{"client", "contract"}`,
//! or `{"refused"}` with the reason.

mod description;
mod place;
mod procedure;

use std::io::{self, BufRead as _, Write as _};

use orpc_runtime::{Router, RouterError, typescript};
use serde_json::{Value, json};

use description::{Description, Entry, Procedure};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let description = serde_json::from_str(&line?)?;
        let answer = match files(description) {
            Ok([client, contract]) => json!({ "client": client, "contract": contract }),
            Err(error) => json!({ "refused": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn files(Description { types, entries }: Description) -> Result<[String; 2], RouterError> {
    place::describe_types(types);
    let router = router(&entries);
    place::visit(procedures(&entries));
    let client = typescript::try_client(&router)?.to_string();
    place::visit(procedures(&entries));
    let contract = typescript::try_contract(&router)?.to_string();
    Ok([client, contract])
}

fn router(entries: &[Entry]) -> Router<()> {
    let mut router = Router::new();
    for entry in entries {
        router = match entry {
            Entry::Router { name, entries } => router.nest(name, self::router(entries)),
            Entry::Procedure(description) => {
                place::mount(Procedure::clone(description));
                router.procedure::<procedure::Described, _>()
            }
        };
    }
    router
}

/// All procedures, in the order in which a router shows them.
fn procedures(entries: &[Entry]) -> Vec<Procedure> {
    let below = entries.iter().flat_map(|entry| match entry {
        Entry::Router { entries, .. } => procedures(entries),
        Entry::Procedure(description) => vec![Procedure::clone(description)],
    });
    below.collect()
}

/// The schema of a value that is never read or written.
fn anything() -> Value {
    json!({})
}
