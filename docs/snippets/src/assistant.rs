//! A stream for the chat of the AI SDK.

// #region server
use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Chat {
    /// The conversation, as the AI SDK has it.
    messages: Vec<serde_json::Value>,
}

/// A part of an answer: those of the AI SDK that this server sends.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Chunk {
    TextStart { id: String },
    TextDelta { id: String, delta: String },
    TextEnd { id: String },
}

#[router]
pub mod assistant {
    use super::*;

    /// Answers, word by word.
    #[procedure]
    pub fn chat(input: Chat) -> impl Stream<Item = Chunk> {
        let id = || "answer".to_owned();
        let words = format!("You have sent {} messages.", input.messages.len());
        let words: Vec<Chunk> = words
            .split_inclusive(' ')
            .map(|word| Chunk::TextDelta { id: id(), delta: word.to_owned() })
            .collect();
        let ends = [Chunk::TextStart { id: id() }].into_iter().chain(words);
        orpc_runtime::futures::stream::iter(ends.chain([Chunk::TextEnd { id: id() }]))
    }
}
// #endregion server

#[cfg(test)]
mod tests {
    #[test]
    fn the_client_matches_the_router() {
        let client = orpc_runtime::typescript::client(&super::assistant::router::<()>());
        client.check("frontends/assistant.ts");
    }
}
