//! A router of `@orpc/server`, in Rust.

// #region server
use orpc_runtime::prelude::*;

/// The context of a call, `os.$context<{ user?: string }>()`.
pub struct Session {
    user: Option<String>,
}

/// `os.middleware(({ context, next }) => next({ context: { user } }))`.
#[middleware]
async fn authenticated(session: &Session) -> Result<User, AuthError> {
    session.user.clone().map(User).ok_or(AuthError::Unauthorized)
}

pub struct User(String);

/// `.errors({ UNAUTHORIZED: {} })`.
#[derive(Debug, RpcError)]
pub enum AuthError {
    Unauthorized,
}

/// `z.object({ title: z.string().min(1) })`.
#[derive(Deserialize, JsonSchema)]
pub struct NewPlanet {
    #[schemars(length(min = 1))]
    title: String,
}

#[derive(Serialize, JsonSchema)]
pub struct Planet {
    id: u32,
    title: String,
}

/// `.errors({ NO_SUCH_PLANET: { status: 404, data: z.object({ id: z.number() }) } })`.
#[derive(Debug, RpcError)]
pub enum FindError {
    #[rpc_error(status = 404)]
    NoSuchPlanet { id: u32 },
}

#[router(context = Session, with = authenticated)]
pub mod planets {
    use super::*;

    /// `.input(NewPlanet).handler(({ input, context }) => …)`.
    #[procedure]
    pub async fn create(user: &User, planet: NewPlanet) -> String {
        format!("{} by {}", planet.title, user.0)
    }

    #[procedure]
    pub async fn find(id: u32) -> Result<Planet, FindError> {
        if id > 9 {
            return Err(FindError::NoSuchPlanet { id });
        }
        Ok(Planet { id, title: format!("Planet {id}") })
    }

    /// `async function* ({ lastEventId })`.
    #[procedure]
    pub fn watch(last: Option<&LastEventId>) -> Result<impl Stream<Item = Event<Planet>>, Error> {
        let first = match last {
            Some(id) => id.parse::<u32>()?.saturating_add(1), // the id is the client's
            None => 0,
        };
        Ok(orpc_runtime::futures::stream::iter(
            (first..3).map(|id| {
                Event::new(Planet { id, title: format!("Planet {id}") }).id(id.to_string())
            }),
        ))
    }
}

/// `new RPCHandler(planets)`, with the context of each call.
pub fn service() -> orpc_runtime::http::HttpService<Session> {
    Rpc::new(planets::router()).http(async |call: &Call| {
        let user = call.bearer_token().map(Into::into);
        Ok::<_, Error>(Session { user })
    })
}
// #endregion server

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_needs_a_user() {
        crate::check_client(&planets::router(), "migration");
        let rpc = Rpc::new(planets::router());
        let call = async |user: Option<&str>| {
            let context = Session { user: user.map(Into::into) };
            crate::post(rpc.http(context), "/create", r#"{"json":{"title":"Mars"}}"#).await
        };
        assert_eq!(call(None).await.0, 401);
        assert_eq!(call(Some("Ada")).await.1["json"], "Mars by Ada");
        let ada = Session { user: Some("Ada".into()) };
        let (status, body) = crate::post(rpc.http(ada), "/find", r#"{"json":10}"#).await;
        assert_eq!((status, &body["json"]["code"]), (404, &"NO_SUCH_PLANET".into()));
        assert_eq!(body["json"]["data"]["id"], 10);
    }
}
