//! Sessions: by bearer token, by cookie, over HTTP and WebSocket, and the address of a client behind a proxy.

// #region sessions
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cookie::{Cookie, SameSite};

/// The sessions, by the random text in the cookie. A database has a table of them.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Mutex<HashMap<String, String>>>);

impl Sessions {
    fn user(&self, id: &str) -> Option<String> {
        self.0.lock().ok()?.get(id).cloned()
    }

    fn begin(&self, user: &str) -> Result<String, Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        let id: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut sessions = self.0.lock().map_err(|_| Code::InternalServerError)?;
        sessions.insert(id.clone(), user.to_owned());
        Ok(id)
    }

    fn end(&self, id: &str) {
        if let Ok(mut sessions) = self.0.lock() {
            sessions.remove(id);
        }
    }
}

/// The cookie of a session, which scripts of a page cannot read and other sites cannot send with a form.
fn session_cookie(id: String) -> Cookie<'static> {
    let cookie = Cookie::build(("session", id)).path("/").http_only(true).secure(true);
    cookie.same_site(SameSite::Lax).max_age(cookie::time::Duration::days(30)).build()
}
// #endregion sessions

// #region api
use orpc_runtime::prelude::*;

pub struct App {
    sessions: Sessions,
}

pub struct User {
    name: String,
}

/// The user of the session, which the cookie or the bearer token names.
#[middleware]
async fn signed_in(app: &App, call: &Call) -> Result<User, Error> {
    let cookie = call.cookie("session");
    let session = cookie.as_deref().or(call.bearer_token()).ok_or(Code::Unauthorized)?;
    let name = app.sessions.user(session).ok_or(Code::Unauthorized)?;
    Ok(User { name })
}

#[derive(Deserialize, JsonSchema)]
pub struct Credentials {
    name: String,
    password: String,
}

#[router(context = App)]
pub mod account {
    use super::*;

    /// Begins a session. Over HTTP, since a socket has no response head.
    #[procedure]
    pub async fn sign_in(app: &App, call: &Call, input: Credentials) -> Result<(), Error> {
        if input.password != "correct horse" {
            return Err(Error::new(Code::Unauthorized).with_message("Wrong name or password"));
        }
        // A new number for each session: one that was set before the sign-in is worth nothing.
        let id = app.sessions.begin(&input.name)?;
        call.response().set_cookie(session_cookie(id))?;
        Ok(())
    }

    #[procedure]
    pub async fn sign_out(app: &App, call: &Call) -> Result<(), Error> {
        if let Some(id) = call.cookie("session") {
            app.sessions.end(&id);
        }
        let mut removal = session_cookie(String::new());
        removal.make_removal();
        call.response().set_cookie(removal)?;
        Ok(())
    }

    #[procedure(with = signed_in)]
    pub async fn who_am_i(user: &User) -> String {
        user.name.clone()
    }
}
// #endregion api

// #region signed
use cookie::{CookieJar, Key};

/// Reads a cookie that the server has signed, so that a client can read it but not change it.
pub fn signed(call: &Call, key: &Key, name: &str) -> Option<String> {
    let value = call.cookie(name)?;
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::new(name.to_owned(), value));
    Some(jar.signed(key).get(name)?.value().to_owned())
}

/// Sets such a cookie.
pub fn set_signed(call: &Call, key: &Key, cookie: Cookie<'static>) -> Result<(), Error> {
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(cookie);
    for cookie in jar.delta() {
        call.response().set_cookie(cookie.encoded())?;
    }
    Ok(())
}
// #endregion signed

// #region first_message
/// Signs the socket in: its later calls need no token.
#[procedure]
pub async fn authenticate(app: &App, socket: &Socket, token: String) -> Result<(), Error> {
    let name = app.sessions.user(&token).ok_or(Code::Unauthorized)?;
    socket.attach(&name)?;
    Ok(())
}

/// The user that the socket was signed in as.
#[middleware]
async fn of_socket(socket: &Socket) -> Result<User, Error> {
    let name = socket.attachment()?.ok_or(Code::Unauthorized)?;
    Ok(User { name })
}

#[procedure(with = of_socket)]
pub async fn whose_socket(user: &User) -> String {
    user.name.clone()
}
// #endregion first_message

// #region address
use axum::extract::Request;
use axum::middleware::Next as NextLayer;
use axum::response::Response;
use orpc_runtime::PeerAddr;

/// Takes the address of the client from the one proxy in front of the server.
pub async fn client_address(mut request: Request, next: NextLayer) -> Response {
    // `orpc_runtime::serve` has inserted that of the connection.
    if let Some(connection) = request.extensions().get::<PeerAddr>() {
        let client = connection.behind_proxies(request.headers(), 1);
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

/// Adds the layer, behind all routes and services.
pub fn behind_a_proxy(app: axum::Router) -> axum::Router {
    app.layer(axum::middleware::from_fn(client_address))
}
// #endregion address

// #region axum_address
use std::net::SocketAddr;

use axum::extract::ConnectInfo;

/// Takes the address of the connection from `axum::serve`, behind one proxy that of the client.
pub async fn connected_address(
    ConnectInfo(connection): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: NextLayer,
) -> Response {
    let client = PeerAddr(connection).behind_proxies(request.headers(), 1);
    request.extensions_mut().insert(client);
    next.run(request).await
}

pub async fn serve_with_axum(
    listener: tokio::net::TcpListener,
    app: axum::Router,
) -> std::io::Result<()> {
    let app = app.layer(axum::middleware::from_fn(connected_address));
    // Without this axum answers each request with 500: it has no `ConnectInfo`.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await
}
// #endregion axum_address

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use orpc_runtime::{CallError, SocketConfig};
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_session_lasts_from_sign_in_to_sign_out() {
        crate::check_client(&account::router(), "sessions");
        let rpc = Rpc::new(account::router());
        let browser = rpc.test(App { sessions: Sessions::default() });
        let refused = browser.call::<account::who_am_i>(()).await;
        assert!(
            matches!(refused, Err(CallError::Refused(error)) if error.code() == "UNAUTHORIZED")
        );
        let wrong = json!({ "name": "ada", "password": "horse" });
        assert!(browser.call::<account::sign_in>(wrong).await.is_err());
        let right = json!({ "name": "ada", "password": "correct horse" });
        let (signed_in, head) = browser.call_with_head::<account::sign_in>(right).await;
        signed_in.unwrap();
        let cookie = head.headers()["set-cookie"].to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert_eq!(browser.call::<account::who_am_i>(()).await.unwrap(), "ada");
        let session = browser.cookie_value("session").unwrap();
        browser.call::<account::sign_out>(()).await.unwrap();
        assert!(browser.call::<account::who_am_i>(()).await.is_err());
        // The number is worth nothing any more.
        assert!(browser.cookie("session", session).call::<account::who_am_i>(()).await.is_err());
    }

    /// The answer to a call on a socket whose upgrade request had that cookie.
    async fn over_socket(app: App, router: Router<App>, cookie: &str, calls: &[&str]) -> String {
        let mut request = http::Request::new(()).into_parts().0;
        request.headers.insert("cookie", cookie.parse().unwrap());
        let mut peer = Rpc::new(router).peer_with(app, request, SocketConfig::new());
        let mut last = String::new();
        for call in calls {
            peer.receive((*call).to_owned());
            let frame = peer.next().await.unwrap();
            last = format!("{frame:?}");
        }
        last
    }

    #[tokio::test]
    async fn a_socket_has_the_cookies_of_its_upgrade_request() {
        let sessions = Sessions::default();
        let id = sessions.begin("ada").unwrap();
        let call = r#"{"i":"1","p":{"u":"/whoAmI","b":{}}}"#;
        let app = || App { sessions: sessions.clone() };
        let cookies = format!("a=1; session={id}");
        let answer = over_socket(app(), account::router(), &cookies, &[call]).await;
        assert!(answer.contains("ada"), "{answer}");
        let answer = over_socket(app(), account::router(), "session=other", &[call]).await;
        assert!(answer.contains("UNAUTHORIZED"), "{answer}");
    }

    #[tokio::test]
    async fn a_socket_is_signed_in_by_its_first_message() {
        let sessions = Sessions::default();
        let id = sessions.begin("ada").unwrap();
        let router = || Router::new().procedure::<authenticate, _>().procedure::<whose_socket, _>();
        let app = || App { sessions: sessions.clone() };
        let ask = r#"{"i":"2","p":{"u":"/whoseSocket","b":{}}}"#;
        let sign_in = format!(r#"{{"i":"1","p":{{"u":"/authenticate","b":{{"json":"{id}"}}}}}}"#);
        let answer = over_socket(app(), router(), "", &[&sign_in, ask]).await;
        assert!(answer.contains("ada"), "{answer}");
        let answer = over_socket(app(), router(), "", &[ask]).await;
        assert!(answer.contains("UNAUTHORIZED"), "{answer}");
    }

    #[procedure]
    async fn address(call: &Call) -> Option<String> {
        call.peer_addr().map(|address| address.ip().to_string())
    }

    fn addresses() -> axum::Router {
        let router = Router::new().procedure::<address, _>();
        axum::Router::new().nest_service("/rpc", Rpc::new(router).http(()))
    }

    /// The response to a call of `address` through a proxy, from a server that is ended then.
    async fn address_from(
        server: impl Future<Output = std::io::Result<()>> + Send + 'static,
        at: SocketAddr,
    ) -> String {
        let server = tokio::spawn(server);
        let mut proxy = tokio::net::TcpStream::connect(at).await.unwrap();
        let request = "POST /rpc/address HTTP/1.1\r\nhost: app.example\r\n\
            x-forwarded-for: 6.6.6.6, 192.0.2.7\r\nconnection: close\r\n\
            content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        proxy.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        proxy.read_to_string(&mut response).await.unwrap();
        server.abort();
        response
    }

    #[tokio::test]
    async fn a_call_has_the_address_of_the_client_behind_the_proxy() {
        let bind = || tokio::net::TcpListener::bind("127.0.0.1:0");
        let listener = bind().await.unwrap();
        let at = listener.local_addr().unwrap();
        let server = orpc_runtime::serve(listener, behind_a_proxy(addresses()));
        let response = address_from(server.into_future(), at).await;
        assert!(response.ends_with(r#"{"json":"192.0.2.7"}"#), "{response}");

        let listener = bind().await.unwrap();
        let at = listener.local_addr().unwrap();
        let response = address_from(serve_with_axum(listener, addresses()), at).await;
        assert!(response.ends_with(r#"{"json":"192.0.2.7"}"#), "{response}");
    }

    #[test]
    fn a_signed_cookie_cannot_be_changed() {
        let key = Key::generate();
        let call = Call::builder().build();
        set_signed(&call, &key, Cookie::new("plan", "free; now")).unwrap();
        let head = call.response();
        let cookie = head.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        let back = Call::builder().header("cookie", cookie).build();
        assert_eq!(signed(&back, &key, "plan").as_deref(), Some("free; now"));
        assert_eq!(signed(&back, &Key::generate(), "plan"), None);
        let forged = Call::builder().header("cookie", cookie.replace("free", "paid")).build();
        assert_eq!(signed(&forged, &key, "plan"), None);
    }
}
