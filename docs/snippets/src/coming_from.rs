//! The procedures that the chapters about other frameworks compare: read, write, sign-in, errors and a stream.

// #region ours
use std::sync::Mutex;

use orpc_runtime::prelude::*;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

#[derive(Clone, Serialize, JsonSchema)]
pub struct Project {
    id: u32,
    name: String,
    owner: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct NewProject {
    #[schemars(length(min = 1, max = 80))]
    name: String,
}

#[derive(Debug, RpcError)]
pub enum FindError {
    #[rpc_error(code = "NO_SUCH_PROJECT", status = 404)]
    NoSuchProject { id: u32 },
}

pub struct App {
    projects: Mutex<Vec<Project>>,
    created: broadcast::Sender<Project>,
}

pub struct User(String);

#[middleware]
async fn signed_in(call: &Call) -> Result<User, Error> {
    let token = call.bearer_token().ok_or(Code::Unauthorized)?;
    Ok(User(token.to_owned()))
}

#[router(context = App, with = signed_in)]
pub mod projects {
    use super::*;

    #[procedure]
    pub async fn find(app: &App, id: u32) -> Result<Project, FindError> {
        let projects = app.projects.lock().unwrap();
        let project = projects.iter().find(|project| project.id == id);
        project.cloned().ok_or(FindError::NoSuchProject { id })
    }

    #[procedure]
    pub async fn create(app: &App, user: &User, input: NewProject) -> Project {
        let mut projects = app.projects.lock().unwrap();
        let id = projects.len() as u32 + 1;
        let project = Project { id, name: input.name, owner: user.0.clone() };
        projects.push(project.clone());
        _ = app.created.send(project.clone());
        project
    }

    /// Each new project.
    #[procedure]
    pub fn created(app: &App) -> impl Stream<Item = Project> {
        BroadcastStream::new(app.created.subscribe()).filter_map(async |next| next.ok())
    }
}
// #endregion ours

#[cfg(test)]
mod tests {
    use orpc_runtime::CallError;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn projects_are_created_found_and_streamed() {
        crate::check_client(&projects::router(), "coming_from");
        let app = App { projects: Mutex::default(), created: broadcast::Sender::new(8) };
        let rpc = Rpc::new(projects::router());
        let ada = rpc.test(app).bearer("ada");
        let mut created = Box::pin(ada.call::<projects::created>(()).await.unwrap());
        let project = ada.call::<projects::create>(json!({ "name": "Engine" })).await.unwrap();
        assert_eq!((project.id, project.owner.as_str()), (1, "ada"));
        assert_eq!(created.next().await.unwrap().name, "Engine");
        assert_eq!(ada.call::<projects::find>(1).await.unwrap().name, "Engine");
        let missing = ada.call::<projects::find>(2).await;
        assert!(matches!(missing, Err(CallError::Procedure(FindError::NoSuchProject { id: 2 }))));
        let refused = ada.call::<projects::create>(json!({ "name": "" })).await;
        assert!(matches!(refused, Err(CallError::Refused(error)) if error.code() == "BAD_REQUEST"));
    }
}
