//! A procedure that takes its time.

use std::time::Duration;

use orpc_runtime::prelude::*;

use crate::Session;

/// Time to wait.
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
        orpc_runtime::host::sleep(Duration::from_millis(input.ms.into())).await;
        "done"
    }

    /// Returns the number of running calls of `wait`.
    #[procedure]
    pub async fn live(session: &Session) -> usize {
        session.state.live_waits.get()
    }
}
