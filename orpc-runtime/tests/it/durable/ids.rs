//! The binding of ids to tokens, and the limits of the state kept for clients.

use orpc_runtime::websocket::WebSocketService;
use tower::ServiceExt as _;

use super::*;

pub(super) fn id_of(token: &str) -> String {
    claims(token)["cid"].as_str().unwrap().to_owned()
}

/// A token that names no id, as the official server signs it.
pub(super) fn official(attachment: &str) -> String {
    sign(&json!({ "chn": "room", "att": attachment, "iat": 1, "exp": now() + 60 }))
}

const OTHER_IDS: [&str; 3] = ["another", "c.another", "018f3f60-0000-4000-8000-000000000000"];

#[tokio::test]
async fn a_token_used_with_another_id_first_is_valid_for_its_owner() {
    let rooms = rooms();
    let token = token(&rooms);
    for id in OTHER_IDS {
        assert_eq!(refusal(&rooms, &path(id, &token)).await, (401, INVALID.to_owned()), "{id}");
    }
    assert_eq!(refusal(&rooms, &own_path(&token)).await.0, 101);
    // Nor is it given to another client later.
    for id in OTHER_IDS {
        assert_eq!(refusal(&rooms, &path(id, &token)).await.0, 401, "{id}");
    }
}

#[tokio::test]
async fn an_id_requested_by_others_first_is_valid_for_its_owner() {
    let rooms = rooms();
    let (ada, mallory) = (token(&rooms), token(&rooms));
    let id = id_of(&ada);
    for token in [mallory, official("Mallory")] {
        assert_eq!(refusal(&rooms, &path(&id, &token)).await, (401, INVALID.to_owned()));
    }
    assert_eq!(refusal(&rooms, &own_path(&ada)).await.0, 101);
}

#[tokio::test]
async fn a_new_token_for_another_id_is_refused_on_an_open_socket() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let mut chosen =
        Raw::open(websocket::channel(&service, 64 * 1024), &path("chosen", &official("Ada"))).await;
    let mut given = open(&service, &token(&rooms)).await;
    let mut tagless = claims(&official("Ada"));
    tagless["tags"] = json!(["a"]);
    let for_another = sign(&json!({
        "chn": "room", "att": "Ada", "iat": 1, "exp": now() + 60, "cid": "another",
    }));
    for (socket, new) in [(&mut chosen, &for_another), (&mut given, &sign(&tagless))] {
        socket.call("1", "/updateToken", &json!({ "token": new })).await;
        let (status, error) = response(&socket.message().await);
        assert_eq!((status, &error["message"]), (401, &json!(INVALID)), "{new}");
    }
}

#[tokio::test]
async fn a_server_for_official_clients_signs_tokens_whose_clients_choose_their_ids() {
    let rooms = rooms().ids_by_clients();
    let (ada, bob) = (token(&rooms), token(&rooms));
    // Issued in the same second, with the same grant.
    assert_ne!(ada, bob);
    assert_eq!(claims(&ada).get("cid"), None);
    assert_eq!(refusal(&rooms, &path("uuid-1", &ada)).await.0, 101);
    assert_eq!(refusal(&rooms, &path("uuid-2", &bob)).await.0, 101);
    assert_eq!(refusal(&rooms, &path("uuid-2", &ada)).await, (401, INVALID.to_owned()));
    assert_eq!(refusal(&rooms, &path("uuid-1", &ada)).await.0, 101);
}

#[tokio::test]
async fn all_handles_share_the_ids_the_sockets_and_the_revocations() {
    let rooms = rooms();
    let hours = rooms.clone().ttl(Duration::from_secs(3600));
    let official_ids = hours.clone().ids_by_clients();
    let life = |token: &str| {
        let claims = claims(token);
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap()
    };
    assert_eq!((life(&token(&rooms)), life(&token(&hours))), (24 * 3600, 3600));
    assert_eq!(life(&token(&official_ids)), 3600);

    for (opened, revoked, checked) in [
        (&rooms, &hours, &official_ids),
        (&hours, &official_ids, &rooms),
        (&official_ids, &rooms, &hours),
    ] {
        let token = token(&rooms);
        let mut socket = open(&endpoint(opened), &token).await;
        websocket::until(|| checked.live_sockets() == 1).await;
        assert_eq!(checked.clients("room").len(), 1);
        let closed = revoked.revoke("room", &id_of(&token), Duration::from_secs(60)).await;
        assert_eq!(closed.unwrap(), 1);
        assert_eq!(closes(&mut socket).await.close(), (1008, "Token revoked"));
        assert_eq!(refusal(checked, &own_path(&token)).await.0, 401);
        drop(socket);
        websocket::until(|| rooms.live_sockets() == 0).await;
    }
    // An id that was chosen at one endpoint is taken at the others.
    assert_eq!(refusal(&rooms, &path("uuid", &official("Ada"))).await.0, 101);
    assert_eq!(refusal(&hours, &path("uuid", &official("Bob"))).await.0, 401);
}

/// The status of a request that never becomes a socket: its connection cannot be upgraded.
async fn half_request(service: &WebSocketService<App>, path: &str, key: Option<&str>) -> u16 {
    let mut request = http::Request::get(path)
        .header("host", "test")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13");
    if let Some(key) = key {
        request = request.header("sec-websocket-key", key);
    }
    let Ok(response) = service.clone().oneshot(request.body(()).unwrap()).await;
    response.status().as_u16()
}

struct NoEntry;

impl SocketHooks for NoEntry {
    async fn upgrade(&self, _: &http::request::Parts) -> Result<SocketConfig, Error> {
        Err(Error::new(Code::Forbidden))
    }
}

#[tokio::test]
async fn a_request_that_is_refused_after_its_token_was_read_leaves_no_id_behind() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let guarded = endpoint(&rooms).hooks(NoEntry);
    let (mallory, ada) = (official("Mallory"), official("Ada"));
    let taken = path("uuid", &mallory);
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    assert_eq!(half_request(&service, &taken, None).await, 400);
    assert_eq!(half_request(&service, &taken, Some("short")).await, 400);
    assert_eq!(half_request(&service, &taken, Some(key)).await, 426);
    let stream = websocket::channel(&guarded, 64 * 1024);
    assert_eq!(within(Raw::ask(stream, &taken)).await.1.status, 403);
    assert_eq!(rooms.live_sockets(), 0);
    // The id does not belong to Mallory, and her token is not bound to it.
    assert_eq!(refusal(&rooms, &path("uuid", &ada)).await.0, 101);
    assert_eq!(refusal(&rooms, &path("other", &mallory)).await.0, 101);
    // The same at the end of the server.
    rooms.shutdown();
    assert_eq!(refusal(&rooms, &path("late", &official("Late"))).await.0, 503);
}

#[tokio::test]
async fn a_flood_of_one_token_leaves_the_endpoint_open_for_others() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let mallory = token(&rooms);
    let official_mallory = official("Mallory");
    for number in 0..2_000 {
        let id = format!("flood-{number}");
        assert_eq!(half_request(&service, &path(&id, &official_mallory), None).await, 400);
        assert_eq!(half_request(&service, &path(&id, &mallory), None).await, 401);
    }
    assert_eq!(refusal(&rooms, &path("uuid", &official("Ada"))).await.0, 101);
    assert_eq!(refusal(&rooms, &own_path(&token(&rooms))).await.0, 101);
}

#[tokio::test]
async fn a_socket_beyond_the_limit_of_a_client_closes_its_oldest_one() {
    let rooms = rooms().sockets_per_client(2);
    let service = endpoint(&rooms);
    let (ada, bob) = (token(&rooms), token(&rooms));
    let mut first = open(&service, &ada).await;
    websocket::until(|| rooms.live_sockets() == 1).await;
    let mut second = open(&service, &ada).await;
    let mut other = open(&service, &bob).await;
    websocket::until(|| rooms.live_sockets() == 3).await;
    call_method(&mut first, "1", &["tools", "echo"], json!(1)).await;
    assert_eq!(response(&first.message().await).0, 200);
    let mut third = open(&service, &ada).await;
    let reason = "Too many sockets of this client";
    assert_eq!(closes(&mut first).await.close(), (1008, reason));
    for socket in [&mut second, &mut third, &mut other] {
        call_method(socket, "1", &["tools", "echo"], json!(1)).await;
        assert_eq!(response(&socket.message().await).0, 200);
    }
}

#[tokio::test]
async fn a_full_channel_refuses_new_clients_and_accepts_returning_ones() {
    let rooms = rooms().sockets_per_channel(2);
    let service = endpoint(&rooms);
    let (ada, bob) = (token(&rooms), token(&rooms));
    let mut former = open(&service, &ada).await;
    let _bob = open(&service, &bob).await;
    websocket::until(|| rooms.live_sockets() == 2).await;
    let full = (503, "Too many sockets".to_owned());
    assert_eq!(refusal(&rooms, &own_path(&token(&rooms))).await, full);
    // Other channels have room.
    let elsewhere = rooms.iterator("hall").token().unwrap();
    assert_eq!(refusal(&rooms, &own_path(&elsewhere)).await.0, 101);
    // Ada's connection is dead, which the server does not know yet.
    let mut socket = open(&service, &ada).await;
    assert_eq!(closes(&mut former).await.close(), (1013, "Too many sockets"));
    call_method(&mut socket, "1", &["tools", "echo"], json!(1)).await;
    assert_eq!(response(&socket.message().await).0, 200);
    // There is room again once sockets have closed.
    drop((former, socket));
    websocket::until(|| rooms.clients("room").len() == 1).await;
    assert_eq!(refusal(&rooms, &own_path(&token(&rooms))).await.0, 101);
}

#[tokio::test]
async fn pings_are_answered_while_the_maximum_of_calls_runs() {
    let rooms = rooms();
    let service = endpoint(&rooms).running_call_limit(1).waiting_call_limit(1);
    let mut socket = open(&service, &token(&rooms)).await;
    for id in ["1", "2"] {
        call_method(&mut socket, id, &["tools", "hang"], Value::Null).await;
    }
    socket.call("3", "/ping", &Value::Null).await;
    let frame = socket.message().await.json();
    assert_eq!((&frame["i"], &frame["p"]["s"]), (&json!("3"), &json!(404)), "{frame}");
}

#[tokio::test]
async fn all_sockets_whose_tokens_expire_at_once_are_closed() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let ends = now() + 2;
    let mut sockets = Vec::new();
    // More than are closed in one step.
    for number in 0..300 {
        let token = json!({ "chn": "room", "iat": 1, "exp": ends, "cid": number.to_string() });
        sockets.push(open(&service, &sign(&token)).await);
    }
    for mut socket in sockets {
        assert_eq!(closes(&mut socket).await.close(), (1008, "Token expired"));
    }
    websocket::until(|| rooms.live_sockets() == 0).await;
}
