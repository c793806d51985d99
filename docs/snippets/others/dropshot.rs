// dropshot 0.18.0
use std::sync::Mutex;

use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ClientErrorStatusCode, HttpError,
    HttpResponseCreated, HttpResponseOk, Path, RequestContext, TypedBody, WebsocketConnection,
    channel, endpoint,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

#[derive(Clone, Serialize, JsonSchema)]
pub struct Project {
    id: u32,
    name: String,
    owner: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct NewProject {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct ProjectPath {
    id: u32,
}

pub struct App {
    projects: Mutex<Vec<Project>>,
    created: broadcast::Sender<Project>,
}

fn signed_in(request: &RequestContext<App>) -> Result<String, HttpError> {
    let header = request.request.headers().get("authorization");
    let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let refused = || {
        let status = ClientErrorStatusCode::UNAUTHORIZED;
        HttpError::for_client_error(None, status, "sign in first".into())
    };
    token.map(str::to_owned).ok_or_else(refused)
}

#[endpoint { method = GET, path = "/projects/{id}" }]
async fn find(
    request: RequestContext<App>,
    path: Path<ProjectPath>,
) -> Result<HttpResponseOk<Project>, HttpError> {
    signed_in(&request)?;
    let id = path.into_inner().id;
    let projects = request.context().projects.lock().unwrap();
    let project = projects.iter().find(|project| project.id == id).cloned();
    let code = Some("NO_SUCH_PROJECT".into());
    project.map(HttpResponseOk).ok_or_else(|| HttpError::for_not_found(code, format!("{id}")))
}

#[endpoint { method = POST, path = "/projects" }]
async fn create(
    request: RequestContext<App>,
    body: TypedBody<NewProject>,
) -> Result<HttpResponseCreated<Project>, HttpError> {
    let owner = signed_in(&request)?;
    let name = body.into_inner().name;
    if !(1..=80).contains(&name.chars().count()) {
        return Err(HttpError::for_bad_request(None, "a name has 1 to 80 characters".into()));
    }
    let app = request.context();
    let mut projects = app.projects.lock().unwrap();
    let id = projects.len() as u32 + 1;
    let project = Project { id, name, owner };
    projects.push(project.clone());
    _ = app.created.send(project.clone());
    Ok(HttpResponseCreated(project))
}

/// Each new project: frames of JSON, written by hand to the socket.
#[channel { protocol = WEBSOCKETS, path = "/projects/created" }]
async fn created(
    request: RequestContext<App>,
    upgraded: WebsocketConnection,
) -> dropshot::WebsocketChannelResult {
    let mut created = request.context().created.subscribe();
    let role = tokio_tungstenite::tungstenite::protocol::Role::Server;
    let mut socket =
        tokio_tungstenite::WebSocketStream::from_raw_socket(upgraded.into_inner(), role, None).await;
    while let Ok(project) = created.recv().await {
        let text = serde_json::to_string(&project)?;
        futures::SinkExt::send(&mut socket, text.into()).await?;
    }
    Ok(())
}

pub fn api() -> Result<ApiDescription<App>, ApiDescriptionRegisterError> {
    let mut api = ApiDescription::new();
    api.register(find)?;
    api.register(create)?;
    api.register(created)?;
    Ok(api)
}
