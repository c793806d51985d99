//! Contracts: a trait of procedures, implemented elsewhere.
#![allow(unreachable_pub, reason = "the contract is as in a crate of its own")]

use std::sync::atomic::{AtomicUsize, Ordering};

use orpc_runtime::prelude::*;
use orpc_runtime::{CallError, HibernatingIterator, MetaValue, ProcedureKind};
use serde_json::json;

/// The contract of server and clients.
mod agreed {
    use orpc_runtime::futures::stream;
    use orpc_runtime::prelude::*;
    use orpc_runtime::{Contract, HibernatingIterator};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Message {
        #[schemars(length(max = 10))]
        pub text: String,
    }

    #[derive(Debug, PartialEq, RpcError)]
    pub enum ChatError {
        #[rpc_error(status = 409)]
        Taken { by: String },
    }

    /// A chat room.
    #[contract]
    pub trait ChatRoom: std::fmt::Debug {
        /// Sends a message.
        #[procedure(name = "send", meta(auth = true))]
        async fn send_message(&self, call: &Call, input: Message) -> Result<usize, ChatError>;

        /// Returns `pong`.
        #[procedure(method = GET)]
        async fn ping(&self) -> &'static str {
            "pong"
        }

        async fn forget(&self);

        fn count(&self, to: u8) -> impl Stream<Item = Result<Event<u8>, ChatError>>;

        /// Yields what it borrows.
        fn names(&self) -> impl Stream<Item = String> {
            stream::iter([format!("{self:?}")])
        }

        async fn rooms(
            &self,
            last: Option<&LastEventId>,
        ) -> Result<impl Stream<Item = String>, ChatError>;

        fn follow(&self, socket: &Socket) -> HibernatingIterator<String>;

        #[deprecated = "use `send`"]
        async fn r#type(&self) -> u8 {
            1
        }

        #[cfg(any())]
        async fn nowhere(&self, input: NoSuchType) -> NoSuchType;
    }

    pub fn described() -> Router<Contract> {
        chat_room::contract()
    }
}

use agreed::{ChatError, ChatRoom, Message, chat_room};

use crate::support::{post, send};

#[derive(Debug, Default)]
struct App {
    sent: AtomicUsize,
}

impl ChatRoom for App {
    async fn send_message(&self, call: &Call, input: Message) -> Result<usize, ChatError> {
        if input.text == "taken" {
            return Err(ChatError::Taken { by: call.path().to_owned() });
        }
        Ok(self.sent.fetch_add(1, Ordering::Relaxed) + 1)
    }

    async fn forget(&self) {
        self.sent.store(0, Ordering::Relaxed);
    }

    fn count(&self, to: u8) -> impl Stream<Item = Result<Event<u8>, ChatError>> {
        orpc_runtime::futures::stream::iter((0..to).map(|n| Ok(Event::new(n).id(n.to_string()))))
    }

    async fn rooms(
        &self,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = String>, ChatError> {
        match last {
            None => Ok(orpc_runtime::futures::stream::iter(["lobby".to_owned()])),
            Some(last) => Err(ChatError::Taken { by: last.to_string() }),
        }
    }

    fn follow(&self, _: &Socket) -> HibernatingIterator<String> {
        HibernatingIterator::new(|_| Ok(()))
    }
}

/// Another implementation, with a `ping` of its own.
#[derive(Debug)]
struct Mock;

impl ChatRoom for Mock {
    async fn send_message(&self, _: &Call, _: Message) -> Result<usize, ChatError> {
        Ok(0)
    }

    async fn ping(&self) -> &'static str {
        "mock"
    }

    async fn forget(&self) {}

    fn count(&self, _: u8) -> impl Stream<Item = Result<Event<u8>, ChatError>> {
        orpc_runtime::futures::stream::empty()
    }

    async fn rooms(
        &self,
        _: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = String>, ChatError> {
        Ok(orpc_runtime::futures::stream::empty())
    }

    fn follow(&self, _: &Socket) -> HibernatingIterator<String> {
        HibernatingIterator::new(|_| Ok(()))
    }
}

#[tokio::test]
async fn an_implementation_is_a_router() {
    let service = Rpc::new(chat_room::router::<App>()).http(App::default());
    let sent = send(service.clone(), post("/send", r#"{"json":{"text":"hi"}}"#)).await;
    assert_eq!(sent.json(), json!(1));
    let taken = send(service.clone(), post("/send", r#"{"json":{"text":"taken"}}"#)).await;
    assert_eq!((taken.status, taken.json()["data"].clone()), (409, json!({"by": "send"})));
    assert_eq!(taken.json()["defined"], json!(true));
    let refused =
        send(service.clone(), post("/send", r#"{"json":{"text":"much too long"}}"#)).await;
    assert_eq!(refused.status, 400);
    let counted = send(service.clone(), post("/count", r#"{"json":2}"#)).await;
    assert!(counted.body.contains("id: 1\ndata: {\"json\":1}"), "{}", counted.body);
    let rooms = send(service.clone(), post("/rooms", "")).await;
    assert!(rooms.body.contains("lobby"), "{}", rooms.body);
    let names = send(service, post("/names", "")).await;
    assert!(names.body.contains("App { sent: 1 }"), "{}", names.body);
}

#[tokio::test]
async fn a_method_without_an_implementation_has_the_body_of_the_contract() {
    let app = Rpc::new(chat_room::router::<App>()).http(App::default());
    assert_eq!(send(app, post("/ping", "")).await.json(), json!("pong"));
    let mock = Rpc::new(chat_room::router::<Mock>()).http(Mock);
    assert_eq!(send(mock, post("/ping", "")).await.json(), json!("mock"));
}

#[tokio::test]
async fn its_procedures_are_called_in_process_by_their_types() {
    let router = chat_room::router::<App>();
    let input = Message { text: "taken".into() };
    let failed = router.call::<chat_room::send_message>(App::default(), input).await;
    assert_eq!(failed, Err(CallError::Procedure(ChatError::Taken { by: "send".into() })));
    let items = router.call::<chat_room::names>(App::default(), ()).await.unwrap();
    assert_eq!(items.collect::<Vec<_>>().await, ["App { sent: 0 }"]);
}

#[test]
fn the_contract_alone_describes_its_procedures() {
    let (described, implemented) = (agreed::described(), chat_room::router::<App>());
    let list = |procedures: Vec<(String, &orpc_runtime::Definition)>| {
        procedures.iter().map(|(path, definition)| format!("{path} {definition:?}")).collect()
    };
    let described: Vec<String> = list(described.procedures());
    assert_eq!(described, list(implemented.procedures()) as Vec<String>);
    let router = agreed::described();
    let procedures = router.procedures();
    let names: Vec<_> = procedures.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["send", "ping", "forget", "count", "names", "rooms", "follow", "type"]);
    let (_, sends) = &procedures[0];
    assert_eq!((sends.docs, sends.kind), ("Sends a message.", ProcedureKind::Unary));
    assert_eq!(sends.meta_value("auth"), Some(MetaValue::Bool(true)));
    assert_eq!(procedures[1].1.method, http::Method::GET);
    assert_eq!(procedures[6].1.kind, ProcedureKind::Stream);
    assert!(procedures[7].1.deprecated.is_some());
}

#[cfg(feature = "typescript")]
#[test]
fn the_types_of_clients_need_no_implementation() {
    let described = orpc_runtime::typescript::client(&agreed::described()).to_string();
    assert_eq!(
        described,
        orpc_runtime::typescript::client(&chat_room::router::<App>()).to_string()
    );
    assert!(described.contains("/** Sends a message. */"), "{described}");
}

#[test]
fn contracts_and_routers_compose() {
    let router: Router<App> = Router::new().nest("chat", chat_room::router());
    assert_eq!(router.procedures()[0].0, "chat/send");
}
