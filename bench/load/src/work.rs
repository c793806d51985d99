//! The calls, their requests in each protocol, and the results that they must have.

use std::io;

use serde_json::{Value, json};

use crate::message::{self, error};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    Http,
    WebSocket,
}

impl Link {
    pub fn name(self) -> &'static str {
        match self {
            Link::Http => "http",
            Link::WebSocket => "websocket",
        }
    }
}

/// The protocol of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Orpc,
    JsonRpc,
}

/// A procedure with one result, its input, and the result.
pub struct Call {
    pub name: String,
    pub input: Option<Value>,
    pub result: Value,
}

impl Call {
    pub fn ping() -> Self {
        Self::ping_named("ping")
    }

    /// A procedure that answers as `ping` does.
    pub fn ping_named(name: &str) -> Self {
        Self { name: name.to_owned(), input: None, result: "pong".into() }
    }

    /// An input of 210 bytes with three limits of lengths.
    pub fn echo() -> Self {
        let input = json!({
            "room": "general",
            "text": "Good morning, everyone! The build is green again, so whoever has waited for it may merge. Please mind the note. Thank you!",
            "tags": ["build", "status", "morning", "merge-window", "thanks"],
        });
        Self { name: "echo".to_owned(), result: input.clone(), input: Some(input) }
    }

    /// An order of so many items.
    pub fn order(items: u32) -> Self {
        let mut total = 0.0;
        let items: Vec<_> = (0..items)
            .map(|n| {
                let (qty, price) = (n * 11 % 999 + 1, f64::from(n * 325 + 99) / 100.0);
                total += f64::from(qty) * price;
                let mut item = json!({
                    "sku": format!("ABC-{:04}", n * 37 % 10_000), "qty": qty, "price": price,
                });
                if n % 10 != 9 {
                    item["note"] = "as a gift, with ribbon and a card please".into();
                }
                item
            })
            .collect();
        let address = json!({ "street": "12 St James's Square", "country": "GB" });
        let input =
            json!({ "customer": { "name": "Ada Lovelace", "address": address }, "items": items });
        let result = json!({ "total": total, "items": input["items"] });
        Self { name: "order".to_owned(), input: Some(input), result }
    }

    #[cfg(test)]
    fn input_length(&self) -> usize {
        self.input.as_ref().map_or(0, |input| input.to_string().len())
    }

    /// Returns the request over HTTP.
    pub fn request(&self, wire: Wire) -> Vec<u8> {
        match wire {
            Wire::Orpc => {
                let body =
                    self.input.as_ref().map_or_else(|| json!({}), |input| json!({ "json": input }));
                message::post(&format!("/rpc/{}", self.name), "*/*", &body.to_string())
            }
            Wire::JsonRpc => message::post("/", "*/*", &self.json_rpc(1).to_string()),
        }
    }

    /// Returns the frame of a request over WebSocket. The id may be used again after the answer.
    pub fn frame(&self, wire: Wire, id: usize) -> Vec<u8> {
        let text = match wire {
            Wire::Orpc => {
                let body =
                    self.input.as_ref().map_or_else(|| json!({}), |input| json!({ "json": input }));
                json!({ "i": id.to_string(), "p": { "u": format!("/{}", self.name), "b": body } })
            }
            Wire::JsonRpc => self.json_rpc(id),
        };
        message::frame(1, text.to_string().as_bytes())
    }

    fn json_rpc(&self, id: usize) -> Value {
        let mut call = json!({ "jsonrpc": "2.0", "id": id, "method": self.name });
        if let Some(input) = &self.input {
            call["params"] = json!([input]);
        }
        call
    }

    /// Checks that a message, or the body of a response, has the result; returns the id of the call on a socket.
    pub fn check(&self, wire: Wire, link: Link, text: &[u8]) -> io::Result<usize> {
        let answer: Value = serde_json::from_slice(text)?;
        let (id, result) = match (wire, link) {
            (Wire::JsonRpc, _) => (answer["id"].as_u64(), &answer["result"]),
            (Wire::Orpc, Link::Http) => (Some(1), &answer["json"]),
            (Wire::Orpc, Link::WebSocket) => {
                (answer["i"].as_str().and_then(|id| id.parse().ok()), &answer["p"]["b"]["json"])
            }
        };
        match id {
            Some(id) if is_same(result, &self.result) => Ok(id as usize),
            _ => {
                let text: String = String::from_utf8_lossy(text).chars().take(500).collect();
                Err(error(format!("{} was answered with {text}", self.name)))
            }
        }
    }
}

/// Compares results: numbers as JavaScript has them, a member with null as one that is not there.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) =
                (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            (one - other).abs() <= other.abs() * 1e-12
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |object: &serde_json::Map<String, Value>, name: &str, value: &Value| {
                is_same(object.get(name).unwrap_or(&Value::Null), value)
            };
            one.iter().all(|(name, value)| has(other, name, value))
                && other.iter().all(|(name, value)| has(one, name, value))
        }
        _ => one == other,
    }
}

impl Wire {
    pub fn websocket_path(self) -> &'static str {
        match self {
            Wire::Orpc => "/ws",
            Wire::JsonRpc => "/",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_the_lengths_that_the_table_names() {
        assert_eq!(Call::echo().input_length(), 210);
        assert!(
            (4_400..4_600).contains(&Call::order(50).input_length()),
            "{}",
            Call::order(50).input_length()
        );
    }

    #[test]
    fn another_result_is_found() {
        let call = Call::order(10);
        let mut result = call.result.clone();
        let answer = |result: &Value| json!({ "json": result }).to_string();
        assert!(call.check(Wire::Orpc, Link::Http, answer(&result).as_bytes()).is_ok());
        result["items"][9]["note"] = Value::Null;
        assert!(call.check(Wire::Orpc, Link::Http, answer(&result).as_bytes()).is_ok());
        result["items"][2]["qty"] = 2.into();
        assert!(call.check(Wire::Orpc, Link::Http, answer(&result).as_bytes()).is_err());
    }
}
