// The crates that are compiled: procedures of four shapes, each with types of its own.

const proceduresPerModule = 10;

const derive = "#[derive(Debug, Serialize, Deserialize, JsonSchema)]";

function types(index) {
  return `
${derive}
pub struct Input${index} {
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    #[schemars(range(max = 1000))]
    pub amount: u32,
    #[serde(default)]
    pub tags: Vec<String>,
    pub note: Option<String>,
}

${derive}
pub struct Output${index} {
    pub id: u64,
    pub name: String,
    pub state: State${index},
}

${derive}
pub enum State${index} {
    Open,
    Closed { reason: String },
}
`;
}

// The edited part is behind `EDITED`.
export const shapes = [
  (index) => `
pub async fn procedure_${index}(app: &App, input: Input${index}) -> Result<Output${index}, Refused> {
    if input.amount > app.limit {
        return Err(Refused::TooMany { limit: app.limit });
    }
    let id = app.next(/* EDITED */ 0).await;
    Ok(Output${index} { id, name: input.name, state: State${index}::Open })
}`,
  (index) => `
pub async fn procedure_${index}(app: &App) -> Vec<Output${index}> {
    let id = app.next(/* EDITED */ 0).await;
    vec![Output${index} { id, name: String::new(), state: State${index}::Open }]
}`,
  (index) => `
pub fn procedure_${index}(app: &App, input: Input${index}) -> impl Stream<Item = Event<Output${index}>> {
    stream::iter(0..u64::from(input.amount)).map(move |id| {
        let id = id + u64::from(app.limit) + /* EDITED */ 0;
        Event::new(Output${index} { id, name: input.name.clone(), state: State${index}::Open })
    })
}`,
  (index) => `
pub async fn procedure_${index}(input: Input${index}, call: &Call) -> Result<Output${index}, Error> {
    let id = call.path().len() as u64 + /* EDITED */ 0;
    let reason = input.tags.join(",");
    Ok(Output${index} { id, name: input.name, state: State${index}::Closed { reason } })
}`,
];

// A server by hand reads each input and writes each output.
function withSerde(index) {
  const read =
    index % shapes.length === 1
      ? ""
      : `
pub fn read_${index}(text: &[u8]) -> serde_json::Result<Input${index}> {
    serde_json::from_slice(text)
}`;
  const output = index % shapes.length === 1 ? `Vec<Output${index}>` : `Output${index}`;
  return `${read}
pub fn write_${index}(output: &${output}) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(output)
}`;
}

function module(name, first, count, form) {
  const withAttributes = form === "attributes";
  const procedure = withAttributes ? "\n#[procedure]" : "";
  const indexes = Array.from({ length: count }, (_, offset) => first + offset);
  const functions = indexes.map((index) => {
    const serde = form === "serde" ? withSerde(index) : "";
    return procedure + shapes[index % shapes.length](index) + serde;
  });
  return `
${withAttributes ? "#[router(context = App)]" : ""}
pub mod ${name} {
    use super::*;
    ${indexes.map(types).join("")}
    #[derive(Debug${withAttributes ? ", RpcError" : ""})]
    pub enum Refused {
        TooMany { limit: u32 },
    }
    ${functions.join("\n")}
}
`;
}

/**
 * The text of a library with that many procedures (`attributes`), with plain functions instead (`plain`), or with those and
 * functions that read their inputs and write their outputs (`serde`).
 */
export function library(count, form) {
  const withAttributes = form === "attributes";
  const modules = [];
  for (let first = 0; first < count; first += proceduresPerModule) {
    const size = Math.min(proceduresPerModule, count - first);
    modules.push({
      name: `module_${first}`,
      text: module(`module_${first}`, first, size, form),
    });
  }
  const nested = modules.map(({ name }) => `.nest("${name}", ${name}::router())`);
  const router = `
pub fn router() -> Router<App> {
    Router::new()${nested.join("")}
}
`;
  return `#![allow(unused_imports)]
use futures::stream;
use orpc_runtime::prelude::*;

pub struct App {
    pub limit: u32,
}

impl App {
    pub async fn next(&self, more: u64) -> u64 {
        u64::from(self.limit) + more
    }
}
${modules.map(({ text }) => text).join("")}
${withAttributes ? router : ""}`;
}
