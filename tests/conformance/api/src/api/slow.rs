//! A procedure that takes its time.

use std::time::Duration;

use orpc_runtime::prelude::*;

use crate::Session;

/// How long to wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Wait {
    #[schemars(range(max = 60_000))]
    ms: u32,
}

/// `slow.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Answers after a while.
    #[procedure]
    pub async fn wait(session: &Session, input: Wait) -> &'static str {
        let _alive = session.state.live_waits.enter();
        tokio::time::sleep(Duration::from_millis(input.ms.into())).await;
        "done"
    }

    /// How many calls of `wait` run.
    #[procedure]
    pub async fn live(session: &Session) -> usize {
        session.state.live_waits.get()
    }
}
