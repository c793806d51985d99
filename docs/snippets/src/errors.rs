//! Declared errors, and errors whose text stays in the log.

// #region declared
use orpc_runtime::prelude::*;

#[derive(Debug, thiserror::Error, RpcError)]
#[serde(rename_all_fields = "camelCase")]
pub enum SendError {
    #[error("too many messages")]
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    TooFast { retry_after: u32 },

    #[error("the message is empty")]
    #[rpc_error(code = "BAD_REQUEST")]
    Empty,

    /// Not declared: clients read `INTERNAL_SERVER_ERROR`, the log has the source.
    #[error("cannot store a message")]
    #[rpc_error(internal)]
    Storage(#[source] std::io::Error),
}

#[derive(Deserialize, JsonSchema)]
pub struct Message {
    text: String,
}

#[router]
pub mod chat {
    use super::*;

    #[procedure]
    pub async fn send(message: Message) -> Result<(), SendError> {
        match message.text.as_str() {
            "" => Err(SendError::Empty),
            "again" => Err(SendError::TooFast { retry_after: 7 }),
            text => Ok(std::fs::write("/nowhere/last", text)?), // a `Storage` error
        }
    }
}
// #endregion declared

// #region undeclared
#[derive(Deserialize, JsonSchema)]
pub struct Lookup {
    id: u32,
}

#[procedure]
pub async fn name_of(lookup: Lookup) -> Result<String, Error> {
    if lookup.id == 0 {
        return Err(Error::new(Code::NotFound).with_message("There is no product 0"));
    }
    if lookup.id == 1 {
        return Err(Error::custom("SOLD_OUT").with_status(409).with_data(&["shoes"]));
    }
    // Any other standard error is an INTERNAL_SERVER_ERROR whose text stays in the log.
    Ok(std::fs::read_to_string(format!("/nowhere/{}", lookup.id))?)
}
// #endregion undeclared

// #region libraries
/// Clients read `INTERNAL_SERVER_ERROR`; the log has the error with all its causes.
#[procedure]
pub async fn length_of(path: String) -> Result<usize, Error> {
    let text = load(&path).map_err(Error::internal)?;
    Ok(text.len())
}

fn load(path: &str) -> anyhow::Result<String> {
    use anyhow::Context as _;

    std::fs::read_to_string(path).with_context(|| format!("cannot load {path}"))
}
// #endregion libraries

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn errors_reach_clients_as_declared() {
        crate::check_client(&chat::router::<()>(), "errors");
        let rpc = Rpc::new(chat::router());
        let (status, body) =
            crate::post(rpc.http(()), "/send", r#"{"json":{"text":"again"}}"#).await;
        let error = serde_json::json!({
            "defined": true, "code": "RATE_LIMITED", "status": 429, "message": "Slow down",
            "data": {"retryAfter": 7},
        });
        assert_eq!((status, &body["json"]), (429, &error));
        let (status, body) = crate::post(rpc.http(()), "/send", r#"{"json":{"text":"hi"}}"#).await;
        assert_eq!((status, &body["json"]["message"]), (500, &"Internal server error".into()));
    }

    #[tokio::test]
    async fn errors_of_anyhow_have_no_text_for_clients() {
        let rpc = Rpc::new(Router::new().procedure::<length_of, _>());
        let (status, body) =
            crate::post(rpc.http(()), "/lengthOf", r#"{"json":"/nowhere/a"}"#).await;
        assert_eq!((status, &body["json"]["message"]), (500, &"Internal server error".into()));
        assert!(!body.to_string().contains("nowhere"), "{body}");
    }

    #[tokio::test]
    async fn undeclared_errors_have_their_code() {
        let rpc = Rpc::new(Router::new().procedure::<name_of, _>());
        for (id, expected) in [(0, 404), (1, 409), (2, 500)] {
            let body = format!(r#"{{"json":{{"id":{id}}}}}"#);
            let (status, body) = crate::post(rpc.http(()), "/nameOf", &body).await;
            assert_eq!((status, &body["json"]["defined"]), (expected, &false.into()));
        }
    }
}
