//! Durable iterators of several processes that share a server.

use orpc_runtime::publish::PublisherBuilder;

use super::ids::{id_of, official};
use super::*;
use crate::publish::servers::{Server, for_each_server, until};
use crate::support::proxy::{Network, Proxy};

for_each_server! {
    a_revocation_that_was_not_announced_closes_the_sockets,
    a_revocation_outlives_the_server_and_what_it_kept,
    a_revocation_lasts_for_its_time,
    a_request_that_is_refused_leaves_no_id_behind_on_the_server,
    ids_of_open_sockets_are_bound_again_on_a_server_that_lost_them,
    a_server_that_cannot_be_reached_admits_nobody_and_is_told_later,
    sockets_close_when_the_server_is_away_for_too_long,
    a_full_server_refuses_revocations_and_ids,
    ;
    a_client_is_revoked_at_all_nodes,
    revocations_are_announced,
    a_chosen_id_is_bound_at_all_nodes,
    of_clients_that_choose_one_id_at_once_one_is_admitted,
    a_token_that_is_used_with_two_ids_at_once_is_bound_to_one,
    a_token_is_renewed_at_whichever_node,
    events_reach_their_recipients_on_all_nodes,
}

const MINUTE: Duration = Duration::from_secs(60);

async fn publisher(
    server: &Server,
    builder: PublisherBuilder,
    proxy: Option<&Proxy>,
) -> Publisher<Value> {
    let url = proxy.map_or_else(|| server.url(), |proxy| proxy.url(server.scheme()));
    Server::open(builder, server.scheme(), &url).await.unwrap()
}

/// Opens the durable iterators of another process.
async fn node(server: &Server) -> Durable<Room> {
    rooms_with(publisher(server, Publisher::builder(), None).await)
}

async fn node_behind(server: &Server, proxy: &Proxy) -> Durable<Room> {
    rooms_with(publisher(server, Publisher::builder(), Some(proxy)).await)
}

async fn socket(node: &Durable<Room>, path: &str) -> Raw<tokio::io::DuplexStream> {
    Raw::open(websocket::channel(&endpoint(node), 64 * 1024), path).await
}

async fn status(node: &Durable<Room>, path: &str) -> u16 {
    refusal(node, path).await.0
}

/// Returns `true` if a socket stays open, and `false` if its client was refused. Its id is bound then.
async fn stays(socket: &mut Raw<tokio::io::DuplexStream>) -> bool {
    call_method(socket, "s", &["tools", "echo"], json!(1)).await;
    let frame = loop {
        let frame = within(socket.next()).await.unwrap();
        if matches!(frame.opcode, TEXT | websocket::CLOSE) {
            break frame;
        }
    };
    let is_open = frame.opcode == TEXT;
    if !is_open {
        assert_eq!(frame.close(), (1008, INVALID));
    }
    is_open
}

async fn echoes(socket: &mut Raw<tokio::io::DuplexStream>) {
    assert!(stays(socket).await);
}

async fn a_client_is_revoked_at_all_nodes(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, bob) = (token(&a), token(&a));
    let mut own = [socket(&a, &own_path(&ada)).await, socket(&b, &own_path(&ada)).await];
    let mut other = socket(&b, &own_path(&bob)).await;
    for socket in own.iter_mut().chain([&mut other]) {
        echoes(socket).await;
    }
    assert_eq!(a.revoke("room", &id_of(&ada), MINUTE).await.unwrap(), 1);
    for socket in &mut own {
        assert_eq!(closes(socket).await.close(), (1008, "Token revoked"));
    }
    // Those that start later never heard of it.
    for node in [&a, &b, &node(&server).await] {
        let refused = refusal(node, &own_path(&ada)).await;
        assert_eq!(refused, (401, INVALID.to_owned()));
        assert_eq!(status(node, &own_path(&bob)).await, 101);
    }
    // Another channel has another client of that id.
    let elsewhere = json!({ "chn": "hall", "iat": 1, "exp": now() + 60, "cid": id_of(&ada) });
    assert_eq!(status(&b, &own_path(&sign(&elsewhere))).await, 101);
    echoes(&mut other).await;
}

async fn revocations_are_announced(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    revocations_at_one_node_close_sockets_of_another(&a, &b).await;
}

/// Looking at the server once a second would take longer for these.
async fn revocations_at_one_node_close_sockets_of_another(a: &Durable<Room>, b: &Durable<Room>) {
    let all = async {
        for _ in 0..40 {
            let ada = token(a);
            let mut socket = socket(b, &own_path(&ada)).await;
            echoes(&mut socket).await;
            a.revoke("room", &id_of(&ada), MINUTE).await.unwrap();
            assert_eq!(closes(&mut socket).await.close(), (1008, "Token revoked"));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("they are not announced");
}

/// A node that was cut off while a client was revoked, and one that gets no announcements.
async fn a_revocation_that_was_not_announced_closes_the_sockets(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let (near, far) = (node(&server).await, node_behind(&server, &proxy).await);
    for network in [Network::Cut, Network::NoAnnouncements] {
        let ada = token(&near);
        let mut socket = socket(&far, &own_path(&ada)).await;
        echoes(&mut socket).await;
        proxy.set(network);
        near.revoke("room", &id_of(&ada), MINUTE).await.unwrap();
        if network == Network::Cut {
            echoes(&mut socket).await;
            proxy.set(Network::Up);
        }
        assert_eq!(closes(&mut socket).await.close(), (1008, "Token revoked"), "{network:?}");
        proxy.set(Network::Up);
        until(async || status(&far, &own_path(&ada)).await == 401).await;
    }
}

async fn a_revocation_outlives_the_server_and_what_it_kept(mut server: Server) {
    let a = node(&server).await;
    let (ada, bob) = (token(&a), token(&a));
    a.revoke("room", &id_of(&ada), MINUTE).await.unwrap();
    server.kill();
    server.run().await;
    until(async || status(&a, &own_path(&bob)).await == 101).await;
    assert_eq!(status(&a, &own_path(&ada)).await, 401);
    // A server without files is told by the node that knows it.
    until(async || status(&node(&server).await, &own_path(&ada)).await == 401).await;
    server.forget_clients().await;
    assert_eq!(status(&a, &own_path(&ada)).await, 401);
    until(async || {
        let late = node(&server).await;
        status(&late, &own_path(&ada)).await == 401 && status(&late, &own_path(&bob)).await == 101
    })
    .await;
}

/// Longer than the revocation lasts: running nodes tell the server again.
#[cfg(feature = "redis")]
#[tokio::test]
async fn a_revocation_outlives_a_server_whose_clock_is_set() {
    let redis = crate::support::redis::RedisServer::with_clock().await;
    let set = |seconds: i64, server: &Server| match server {
        Server::Redis(own) => own.set_clock(seconds),
        #[cfg(feature = "nats")]
        Server::Nats(_) => unreachable!(),
        Server::Cluster(_) => unreachable!(),
    };
    let server = Server::Redis(redis);
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, bob) = (token(&a), token(&a));
    a.revoke("room", &id_of(&ada), 30 * MINUTE).await.unwrap();
    for seconds in [0, -3600, 0, 3600] {
        set(seconds, &server);
        until(async || status(&node(&server).await, &own_path(&ada)).await == 401).await;
        for node in [&a, &b] {
            assert_eq!(status(node, &own_path(&ada)).await, 401);
            assert_eq!(status(node, &own_path(&bob)).await, 101);
        }
    }
}

async fn a_revocation_lasts_for_its_time(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, bob) = (token(&a), token(&a));
    a.revoke("room", &id_of(&ada), MINUTE).await.unwrap();
    // A shorter one does not end it earlier.
    b.revoke("room", &id_of(&ada), Duration::from_millis(1)).await.unwrap();
    b.revoke("room", &id_of(&bob), Duration::from_millis(500)).await.unwrap();
    for node in [&a, &b] {
        until(async || status(node, &own_path(&bob)).await == 101).await;
        assert_eq!(status(node, &own_path(&ada)).await, 401);
    }
    a.revoke("room", &id_of(&bob), Duration::MAX).await.unwrap();
    assert_eq!(status(&b, &own_path(&bob)).await, 401);
}

async fn a_chosen_id_is_bound_at_all_nodes(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, bob) = (official("Ada"), official("Bob"));
    echoes(&mut socket(&a, &path("uuid", &ada)).await).await;
    for node in [&b, &node(&server).await, &a] {
        for refused in [path("other", &ada), path("uuid", &bob), path("c.uuid", &bob)] {
            assert_eq!(refusal(node, &refused).await, (401, INVALID.to_owned()));
        }
        echoes(&mut socket(node, &path("uuid", &ada)).await).await;
        echoes(&mut socket(node, &path("bob", &bob)).await).await;
    }
    // A chosen id is revoked as well.
    b.revoke("room", "uuid", MINUTE).await.unwrap();
    assert_eq!(status(&a, &path("uuid", &ada)).await, 401);
}

async fn a_request_that_is_refused_leaves_no_id_behind_on_the_server(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, bob) = (official("Ada"), official("Bob"));
    assert!(would_admit(&a, &path("uuid", &ada)).await);
    echoes(&mut socket(&b, &path("uuid", &bob)).await).await;
    echoes(&mut socket(&a, &path("other", &ada)).await).await;
}

/// Returns `true` if a client would be admitted, whose id is not bound.
async fn would_admit(node: &Durable<Room>, path: &str) -> bool {
    let stream = websocket::channel(&endpoint(node).hooks(NoEntry), 64 * 1024);
    let status = within(Raw::ask(stream, path)).await.1.status;
    assert!(matches!(status, 401 | 403 | 503), "{status}");
    status == 403
}

struct NoEntry;

impl SocketHooks for NoEntry {
    async fn upgrade(&self, _: &http::request::Parts) -> Result<SocketConfig, Error> {
        Err(Error::new(Code::Forbidden))
    }
}

/// Opens a socket, or is refused by the answer to its request.
async fn attempt(node: &Durable<Room>, path: &str) -> bool {
    let stream = websocket::channel(&endpoint(node), 64 * 1024);
    let (mut socket, head) = within(Raw::ask(stream, path)).await;
    match head.status {
        101 => stays(&mut socket).await,
        status => {
            assert_eq!(status, 401);
            false
        }
    }
}

async fn of_clients_that_choose_one_id_at_once_one_is_admitted(server: Server) {
    let nodes = [node(&server).await, node(&server).await, node(&server).await];
    for round in 0..50 {
        let id = format!("id-{round}");
        let tokens: Vec<_> = (0..3).map(|n| official(&format!("{round} {n}"))).collect();
        let attempts = nodes.iter().zip(&tokens).map(|(node, token)| {
            let path = path(&id, token);
            async move { attempt(node, &path).await }
        });
        let admitted = futures::future::join_all(attempts).await;
        assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 1, "{admitted:?}");
        for (n, token) in tokens.iter().enumerate() {
            // The others are free to use another id, and only they.
            let other = path(&format!("{id}-{n}"), token);
            assert_eq!(attempt(&nodes[(n + 1) % 3], &other).await, !admitted[n]);
        }
    }
}

async fn a_token_that_is_used_with_two_ids_at_once_is_bound_to_one(server: Server) {
    let nodes = [node(&server).await, node(&server).await];
    for round in 0..50 {
        let token = official(&format!("{round}"));
        let ids = [format!("first-{round}"), format!("second-{round}")];
        let attempts = nodes.iter().zip(&ids).map(|(node, id)| {
            let path = path(id, &token);
            async move { attempt(node, &path).await }
        });
        let admitted = futures::future::join_all(attempts).await;
        assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 1, "{admitted:?}");
        for (id, admitted) in ids.iter().zip(&admitted) {
            // The id that was not bound is free.
            let other = official(&format!("other {round} {id}"));
            assert_eq!(attempt(&nodes[0], &path(id, &other)).await, !admitted);
        }
    }
}

async fn a_token_is_renewed_at_whichever_node(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let update = async |socket: &mut Raw<tokio::io::DuplexStream>, token: &str| {
        socket.call("u", "/updateToken", &json!({ "token": token })).await;
        response(&socket.message().await).0
    };
    // Signed at one node, for the socket of the other.
    let ada = token(&a);
    let mut given = socket(&b, &own_path(&ada)).await;
    let mut new = claims(&ada);
    new["att"] = json!("Grace");
    assert_eq!(update(&mut given, &sign(&new)).await, 200);
    assert_eq!(update(&mut given, &token(&a)).await, 401, "it is of another id");

    let (old, other) = (official("Ada"), official("Grace"));
    let mut chosen = socket(&b, &path("uuid", &old)).await;
    echoes(&mut chosen).await;
    echoes(&mut socket(&a, &path("taken", &official("Taken"))).await).await;
    assert_eq!(update(&mut chosen, &official("Taken")).await, 401);
    assert_eq!(update(&mut chosen, &other).await, 200);
    // The id belongs to the new grant, at every node.
    assert_eq!(status(&a, &path("uuid", &old)).await, 401);
    echoes(&mut socket(&a, &path("uuid", &other)).await).await;
    assert_eq!(status(&a, &path("mine", &other)).await, 401);
    a.revoke("room", "elsewhere", MINUTE).await.unwrap();
    a.revoke("room", "uuid", MINUTE).await.unwrap();
    assert_eq!(closes(&mut chosen).await.close(), (1008, "Token revoked"));
}

async fn ids_of_open_sockets_are_bound_again_on_a_server_that_lost_them(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let (ada, mallory) = (official("Ada"), official("Mallory"));
    let mut own = socket(&a, &path("uuid", &ada)).await;
    echoes(&mut own).await;
    // The server has a state of revocations, which it loses as well.
    a.revoke("room", "somebody", MINUTE).await.unwrap();
    server.forget_clients().await;
    until(async || {
        !would_admit(&b, &path("uuid", &mallory)).await
            && status(&b, &path("uuid", &ada)).await == 101
    })
    .await;
    assert_eq!(status(&b, &path("uuid", &mallory)).await, 401);
    echoes(&mut own).await;
    echoes(&mut socket(&b, &path("uuid", &ada)).await).await;
}

async fn a_server_that_cannot_be_reached_admits_nobody_and_is_told_later(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let (near, far) = (node(&server).await, node_behind(&server, &proxy).await);
    let (ada, bob) = (token(&far), token(&far));
    let mut elsewhere = socket(&near, &own_path(&ada)).await;
    let mut own = socket(&far, &own_path(&ada)).await;
    echoes(&mut elsewhere).await;
    echoes(&mut own).await;
    let mut chosen = socket(&far, &path("uuid", &official("Ada"))).await;
    echoes(&mut chosen).await;
    proxy.set(Network::Cut);
    let refused = (503, "Clients cannot be admitted".to_owned());
    assert_eq!(refusal(&far, &own_path(&bob)).await, refused);
    assert_eq!(refusal(&far, &path("id", &official("Bob"))).await, refused);
    chosen.call("u", "/updateToken", &json!({ "token": official("Grace") })).await;
    assert_eq!(response(&chosen.message().await).0, 503);
    // The process knows it at least by itself.
    let error = far.revoke("room", &id_of(&ada), MINUTE).await.unwrap_err();
    assert_eq!(error.code(), "SERVICE_UNAVAILABLE");
    assert_eq!(closes(&mut own).await.close(), (1008, "Token revoked"));
    assert_eq!(status(&far, &own_path(&ada)).await, 401);
    echoes(&mut elsewhere).await;
    proxy.set(Network::Up);
    assert_eq!(closes(&mut elsewhere).await.close(), (1008, "Token revoked"));
    until(async || status(&far, &own_path(&bob)).await == 101).await;
    assert_eq!(status(&near, &own_path(&ada)).await, 401);
    echoes(&mut chosen).await;
}

async fn sockets_close_when_the_server_is_away_for_too_long(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let builder = Publisher::builder().max_staleness(Duration::from_millis(1500));
    let far = rooms_with(publisher(&server, builder, Some(&proxy)).await);
    let (ada, bob) = (token(&far), token(&far));
    let mut sockets = [socket(&far, &own_path(&ada)).await, socket(&far, &own_path(&bob)).await];
    for socket in &mut sockets {
        echoes(socket).await;
    }
    proxy.set(Network::Silent);
    for socket in &mut sockets {
        assert_eq!(closes(socket).await.close(), (1013, "Clients cannot be admitted"));
    }
    proxy.set(Network::Up);
    until(async || status(&far, &own_path(&ada)).await == 101).await;
}

async fn events_reach_their_recipients_on_all_nodes(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    // A service that has no durable iterators.
    let service = publisher(&server, Publisher::builder(), None).await;
    let tokens = [["red"], ["red"], ["blue"], ["blue"]].map(|tags| {
        let iterator = a.iterator("room").tags(tags);
        iterator.token().unwrap()
    });
    let ids: Vec<_> = tokens.iter().map(|token| id_of(token)).collect();
    let mut sockets = Vec::new();
    for (token, node) in tokens.iter().zip([&a, &b, &a, &b]) {
        let mut socket = socket(node, &own_path(token)).await;
        subscribe(&mut socket, None).await;
        sockets.push(socket);
    }
    let first = service.publish("room", &json!("all")).await.unwrap().to_string();
    a.publish("room", &json!("red")).tags(["red"]).await.unwrap();
    b.publish("room", &json!("to 0 and 3")).targets([&ids[0], &ids[3]]).await.unwrap();
    service.publish("room", &json!("blue, not 2")).tags(["blue"]).exclude([&ids[2]]).await.unwrap();
    a.publish("room", &json!("not 1")).exclude([&ids[1]]).await.unwrap();
    service.publish("room", &json!("end")).await.unwrap();
    let expected = [
        vec!["all", "red", "to 0 and 3", "not 1", "end"],
        vec!["all", "red", "end"],
        vec!["all", "not 1", "end"],
        vec!["all", "to 0 and 3", "blue, not 2", "not 1", "end"],
    ];
    for (socket, expected) in sockets.iter_mut().zip(&expected) {
        for text in expected {
            assert_eq!(event(&socket.message().await).0, json!(text));
        }
    }
    // The same for those that come back at the other node.
    for ((token, node), expected) in tokens.iter().zip([&b, &a, &b, &a]).zip(&expected) {
        let mut socket = socket(node, &own_path(token)).await;
        subscribe(&mut socket, Some(&first)).await;
        for text in &expected[1..] {
            assert_eq!(event(&socket.message().await).0, json!(text));
        }
    }
}

async fn a_full_server_refuses_revocations_and_ids(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let ada = token(&a);
    a.revoke("room", "x", MINUTE).await.unwrap();
    let first = path("first", &official("First"));
    echoes(&mut socket(&b, &first).await).await;
    fill(&server).await;
    let mut own = socket(&a, &own_path(&ada)).await;
    echoes(&mut own).await;
    let error = a.revoke("room", &id_of(&ada), MINUTE).await.unwrap_err();
    assert_eq!(error.code(), "SERVICE_UNAVAILABLE");
    assert_eq!(closes(&mut own).await.close(), (1008, "Token revoked"));
    let mut refused = refusal(&b, &path("second", &official("Second"))).await;
    if refused.0 == 101 {
        // Known only when it is written.
        let path = path("second", &official("Second"));
        let frame = closes(&mut socket(&b, &path).await).await;
        let (code, reason) = frame.close();
        refused = (503, reason.to_owned());
        assert_eq!(code, 1013);
    }
    assert_eq!(refused, (503, "Too many ids".to_owned()));
    // Those that are bound stay so.
    echoes(&mut socket(&a, &first).await).await;
}

/// Leaves no room for further clients.
async fn fill(server: &Server) {
    match server {
        #[cfg(feature = "nats")]
        Server::Nats(own) => {
            for stream in ["orpc=revoked", "orpc=chosen"] {
                let info = own.ask(&format!("STREAM.INFO.{stream}"), Value::Null).await;
                let mut config = info["config"].clone();
                config["max_bytes"] = info["state"]["bytes"].clone();
                let what = format!("STREAM.UPDATE.{stream}");
                let answer = own.ask(&what, config).await;
                assert_eq!(answer["error"], Value::Null, "{answer}");
            }
        }
        #[cfg(feature = "redis")]
        Server::Redis(own) => {
            let key = |part: &str| format!("orpc:clients:{{orpc}}:{part}");
            own.command::<()>(&format!("HSET {} b 16777216", key("mark"))).await;
            let client = ::redis::Client::open(own.url()).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let add = ::redis::Script::new(
                "for i = 1, 10000 do redis.call('ZADD', KEYS[1], 1e15, 'i' .. ARGV[1] .. i) end return 1",
            );
            for n in 0..42 {
                let mut adding = add.key(key("bound"));
                let added: u8 =
                    adding.arg(format!("{n} ")).invoke_async(&mut connection).await.unwrap();
                assert_eq!(added, 1);
            }
        }
        #[cfg(feature = "redis")]
        Server::Cluster(_) => unreachable!("a cluster that tests share"),
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn revocations_are_announced_by_the_node_to_which_their_slot_has_moved() {
    let cluster = crate::support::redis::RedisCluster::start().await;
    let open =
        async || rooms_with(within(Publisher::builder().redis(&cluster.url())).await.unwrap());
    let (a, b) = (open().await, open().await);
    let (ada, bob) = (token(&a), token(&a));
    let mut sockets = [socket(&b, &own_path(&ada)).await, socket(&b, &own_path(&bob)).await];
    for socket in &mut sockets {
        echoes(socket).await;
    }
    a.revoke("room", &id_of(&ada), MINUTE).await.unwrap();
    assert_eq!(closes(&mut sockets[0]).await.close(), (1008, "Token revoked"));
    let slot = cluster.slot("orpc:clients:{orpc}:revoked").await;
    let to = (cluster.owner(slot).await + 1) % 3;
    cluster.move_slot(slot, to).await;
    a.revoke("room", &id_of(&bob), MINUTE).await.unwrap();
    assert_eq!(closes(&mut sockets[1]).await.close(), (1008, "Token revoked"));
    for node in [&a, &b, &open().await] {
        for token in [&ada, &bob] {
            assert_eq!(status(node, &own_path(token)).await, 401);
        }
    }
    revocations_at_one_node_close_sockets_of_another(&a, &b).await;
}
