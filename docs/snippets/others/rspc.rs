// rspc 0.4.1
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use rspc::middleware::Middleware;
use rspc::{
    Error, Procedure, ProcedureBuilder, ProcedureError, ResolverError, ResolverInput,
    ResolverOutput, Router, Stream,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

#[derive(Clone, Serialize, Type)]
pub struct Project {
    id: u32,
    name: String,
    owner: String,
}

#[derive(Deserialize, Type)]
pub struct NewProject {
    name: String,
}

#[derive(Debug, thiserror::Error, Serialize, Type)]
pub enum ApiError {
    #[error("no project {id}")]
    NoSuchProject { id: u32 },
    #[error("sign in first")]
    Unauthorized,
    #[error("a name has 1 to 80 characters")]
    InvalidName,
}

impl Error for ApiError {
    fn into_procedure_error(self) -> ProcedureError {
        ResolverError::new(self, None::<std::io::Error>).into()
    }
}

#[derive(Clone)]
pub struct Ctx {
    app: Arc<App>,
    token: Option<String>,
}

pub struct App {
    projects: Mutex<Vec<Project>>,
    created: broadcast::Sender<Project>,
}

pub struct SignedIn {
    app: Arc<App>,
    user: String,
}

fn signed_in<I, O>() -> ProcedureBuilder<ApiError, Ctx, SignedIn, I, I, O, O>
where
    I: ResolverInput,
    O: ResolverOutput<ApiError>,
{
    Procedure::builder().with(Middleware::new(|ctx: Ctx, input, next| async move {
        let user = ctx.token.ok_or(ApiError::Unauthorized)?;
        next.exec(SignedIn { app: ctx.app, user }, input).await
    }))
}

pub fn projects() -> Router<Ctx> {
    Router::new()
        .procedure("find", {
            signed_in().query(|ctx, id: u32| async move {
                let projects = ctx.app.projects.lock().unwrap();
                let project = projects.iter().find(|project| project.id == id);
                project.cloned().ok_or(ApiError::NoSuchProject { id })
            })
        })
        .procedure("create", {
            signed_in().mutation(|ctx, input: NewProject| async move {
                if !(1..=80).contains(&input.name.chars().count()) {
                    return Err(ApiError::InvalidName);
                }
                let mut projects = ctx.app.projects.lock().unwrap();
                let id = projects.len() as u32 + 1;
                let project = Project { id, name: input.name, owner: ctx.user };
                projects.push(project.clone());
                _ = ctx.app.created.send(project.clone());
                Ok(project)
            })
        })
        .procedure("created", {
            signed_in().subscription(|ctx, (): ()| async move {
                let created = BroadcastStream::new(ctx.app.created.subscribe());
                Ok(Stream(created.filter_map(async |next| next.ok().map(Ok))))
            })
        })
}
