// tonic 0.14.9
use std::pin::Pin;
use std::sync::Mutex;

use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status};

tonic::include_proto!("projects");

use projects_server::{Projects, ProjectsServer};

pub struct App {
    projects: Mutex<Vec<Project>>,
    created: broadcast::Sender<Project>,
}

#[derive(Clone)]
struct User(String);

/// An interceptor, which runs before each call.
fn signed_in(mut request: Request<()>) -> Result<Request<()>, Status> {
    let header = request.metadata().get("authorization");
    let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let user = User(token.ok_or_else(|| Status::unauthenticated("sign in first"))?.to_owned());
    request.extensions_mut().insert(user);
    Ok(request)
}

#[tonic::async_trait]
impl Projects for App {
    async fn find(&self, request: Request<FindRequest>) -> Result<Response<Project>, Status> {
        let id = request.into_inner().id;
        let projects = self.projects.lock().unwrap();
        let project = projects.iter().find(|project| project.id == id).cloned();
        project.map(Response::new).ok_or_else(|| Status::not_found(format!("no project {id}")))
    }

    async fn create(&self, request: Request<CreateRequest>) -> Result<Response<Project>, Status> {
        let user = request.extensions().get::<User>().cloned();
        let User(owner) = user.ok_or_else(|| Status::internal("no interceptor"))?;
        let name = request.into_inner().name;
        if !(1..=80).contains(&name.chars().count()) {
            return Err(Status::invalid_argument("a name has 1 to 80 characters"));
        }
        let mut projects = self.projects.lock().unwrap();
        let id = projects.len() as u32 + 1;
        let project = Project { id, name, owner };
        projects.push(project.clone());
        _ = self.created.send(project.clone());
        Ok(Response::new(project))
    }

    type CreatedStream = Pin<Box<dyn Stream<Item = Result<Project, Status>> + Send>>;

    async fn created(
        &self,
        _: Request<CreatedRequest>,
    ) -> Result<Response<Self::CreatedStream>, Status> {
        let created = BroadcastStream::new(self.created.subscribe());
        Ok(Response::new(Box::pin(created.filter_map(|next| next.ok().map(Ok)))))
    }
}

pub fn router(app: App) -> tonic::transport::server::Router {
    let service = ProjectsServer::with_interceptor(app, signed_in);
    tonic::transport::Server::builder().add_service(service)
}
