//! The description of a router.
#![allow(dead_code, reason = "types that are described and never made")]

use orpc_runtime::describe::{Direction, IoDescription, RouterDescription};
use orpc_runtime::prelude::*;
use orpc_runtime::value::{Date, Set};
use orpc_runtime::{HibernatingIterator, ProcedureKind, RouterIssue};
use serde_json::{Value, json};

/// A caller.
pub struct User;

/// Tells who calls.
///
/// By the token.
#[middleware]
async fn authenticate() -> Result<User, Refusal> {
    Ok(User)
}

#[middleware]
async fn limit() -> Result<(), Refusal> {
    Ok(())
}

#[derive(Debug, RpcError)]
pub enum Refusal {
    #[rpc_error(code = "UNAUTHORIZED", message = "Log in first")]
    Unknown,
    #[rpc_error(code = "SLOW_DOWN", status = 429)]
    TooFast { seconds: u32 },
}

#[derive(Debug, RpcError)]
pub enum Lost {
    #[rpc_error(code = "NOT_FOUND")]
    Lost { planet: Planet },
}

/// A planet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Planet {
    id: u64,
    #[schemars(length(max = 20))]
    name: String,
}

/// Read with a default, so that its schemas differ.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Filter {
    #[serde(default)]
    text: String,
    near: Option<Planet>,
}

#[router(with = authenticate)]
pub mod space {
    use super::*;

    /// Finds
    /// planets.
    ///
    /// * At most ten.
    #[procedure(method = GET, meta(tag = "planets", limit = 10, public = true), with = limit)]
    #[deprecated(since = "2.0.0", note = "use `search`")]
    pub async fn find(_user: &User, filter: Filter) -> Result<Vec<Planet>, Lost> {
        drop(filter);
        Ok(Vec::new())
    }

    #[procedure]
    pub async fn same(filter: Filter) -> Filter {
        filter
    }

    #[procedure(name = "a b/ü")]
    pub async fn nothing() {}

    /// # Watches
    #[procedure]
    pub fn watch(_planets: EventIterator<Planet, u8>) -> impl Stream<Item = Event<Planet, Date>> {
        futures::stream::empty()
    }

    #[procedure]
    pub fn sleep() -> HibernatingIterator<Set<u8>> {
        HibernatingIterator::new(|_| Ok(()))
    }
}

mod other {
    use super::*;

    /// A planet of another module, and a tree of them.
    #[derive(Serialize, JsonSchema)]
    pub struct Planet {
        moons: Vec<Planet>,
        #[schemars(extend("default" = { "$ref": "#/$defs/Filter" }))]
        extra: serde_json::Value,
    }

    #[router]
    pub mod tree {
        use super::*;

        #[procedure]
        pub async fn root() -> Option<Planet> {
            None
        }
    }
}

fn described() -> RouterDescription {
    Router::<()>::new()
        .nest("space", space::router())
        .nest("tree", other::tree::router())
        .describe()
}

#[test]
fn a_procedure_is_described_with_everything_that_its_code_says() {
    let json = serde_json::to_value(described()).unwrap();
    let planet = |module| json!({ "$ref": format!("#/$defs/{module}Planet") });
    let refusals = json!([
        { "code": "UNAUTHORIZED", "status": 401, "message": "Log in first" },
        {
            "code": "SLOW_DOWN",
            "status": 429,
            "message": "SLOW_DOWN",
            "data": {
                "type": "object",
                "properties": {
                    "seconds": { "type": "integer", "format": "uint32", "minimum": 0 },
                },
                "required": ["seconds"],
            },
        },
    ]);
    let lost = json!({
        "code": "NOT_FOUND",
        "status": 404,
        "message": "Not Found",
        "data": {
            "type": "object",
            "properties": { "planet": planet("Describe") },
            "required": ["planet"],
        },
    });
    let errors = [
        &[lost][..],
        refusals.as_array().unwrap().as_slice(),
        refusals.as_array().unwrap().as_slice(),
    ]
    .concat();
    assert_eq!(
        json["procedures"][0],
        json!({
            "path": ["space", "find"],
            "urlPath": "space/find",
            "kind": "unary",
            "method": "GET",
            "title": "Finds planets.",
            "description": "Finds\nplanets.\n\n* At most ten.",
            "deprecated": { "since": "2.0.0", "note": "use `search`" },
            "meta": { "tag": "planets", "limit": 10, "public": true },
            "input": { "type": "value", "schema": { "$ref": "#/$defs/FilterInput" } },
            "output": {
                "type": "value",
                "schema": { "type": "array", "items": planet("Describe") },
            },
            "errors": errors,
            "middlewares": [
                {
                    "name": "authenticate",
                    "title": "Tells who calls.",
                    "description": "Tells who calls.\n\nBy the token.",
                    "errors": refusals,
                },
                { "name": "limit", "errors": refusals },
            ],
        })
    );
}

#[test]
fn inputs_and_outputs_are_described_by_kind() {
    let description = described();
    let paths: Vec<_> = description.procedures.iter().map(|it| it.path.join(" ")).collect();
    let expected =
        ["space find", "space same", "space a b/ü", "space watch", "space sleep", "tree root"];
    assert_eq!(paths, expected);

    let nothing = description.procedure("space/a b/ü").unwrap();
    // As `encodeURIComponent` encodes it.
    assert_eq!(nothing.url_path, "space/a%20b%2F%C3%BC");
    assert_eq!(nothing.method, "POST");
    assert_eq!((&nothing.title, &nothing.description), (&None, &None));
    assert_eq!(nothing.input, IoDescription::Undefined);
    assert_eq!(nothing.output, IoDescription::Undefined);

    let watch = serde_json::to_value(description.procedure("space/watch").unwrap()).unwrap();
    assert_eq!((&watch["title"], &watch["description"]), (&json!("Watches"), &json!("# Watches")));
    assert_eq!(watch["kind"], "stream");
    assert_eq!(
        watch["input"],
        json!({
            "type": "events",
            "event": { "$ref": "#/$defs/DescribePlanet" },
            "returns": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 },
        })
    );
    assert_eq!(watch["output"]["event"], json!({ "$ref": "#/$defs/DescribePlanet" }));
    assert_eq!(watch["output"]["returns"]["x-native-type"], "date");

    let sleep = description.procedure("space/sleep").unwrap();
    assert_eq!(sleep.kind, ProcedureKind::Stream);
    let output = serde_json::to_value(&sleep.output).unwrap();
    assert_eq!(output["event"]["x-native-type"], "set");
    assert_eq!(output["returns"], Value::Null);
    assert!(description.procedure("space").is_none());
}

#[test]
fn types_are_named_once_and_by_direction_where_it_matters() {
    let RouterDescription { types, .. } = described();
    let module = module_path!();
    let named: Vec<_> =
        types.iter().map(|(name, it)| (&**name, &*it.rust_type, it.direction)).collect();
    let [filter, planet, moon] =
        ["Filter", "Planet", "other::Planet"].map(|name| format!("{module}::{name}"));
    let expected = [
        ("DescribePlanet", &*planet, Direction::Both),
        ("FilterInput", &*filter, Direction::Input),
        ("FilterOutput", &*filter, Direction::Output),
        ("OtherPlanet", &*moon, Direction::Output),
    ];
    assert_eq!(named, expected);
    assert_eq!(types["FilterInput"].schema.get("required"), None);
    assert_eq!(types["FilterOutput"].schema.get("required"), Some(&json!(["text", "near"])));
    let planet = types["DescribePlanet"].schema.as_value();
    assert_eq!(planet["description"], "A planet.");
    assert_eq!(planet["properties"]["name"], json!({ "type": "string", "maxLength": 20 }));
}

#[test]
fn names_do_not_depend_on_the_order_of_procedures() {
    let reversed =
        Router::<()>::new().nest("tree", other::tree::router()).nest("space", space::router());
    assert_eq!(reversed.describe().types, described().types);
    assert_eq!(described(), described());
}

/// Collects the references of a schema as a reader of JSON Schema finds them, who does not
/// read data such as defaults.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "default") {
                match value {
                    Value::String(reference) if name == "$ref" => found.push(reference.clone()),
                    value => references(value, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_a_type_of_the_document() {
    let json = serde_json::to_value(described()).unwrap();
    let mut found = Vec::new();
    references(&json, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(json.pointer(pointer).is_some(), "{reference}");
    }
}

/// A document of another format, such as OpenAPI, has its schemas elsewhere.
#[test]
fn references_can_lead_elsewhere() {
    let description = described().map_references(|name| format!("#/components/schemas/{name}"));
    let json = serde_json::to_value(&description).unwrap();
    let mut found = Vec::new();
    references(&json, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(description.types.contains_key(name), "{reference}");
    }
    let extra = &description.types["OtherPlanet"].schema.as_value()["properties"]["extra"];
    assert_eq!(extra["default"], json!({ "$ref": "#/$defs/Filter" }));
}

#[test]
fn a_schema_stands_alone_with_the_types_that_it_needs() {
    let description = described();
    let schema_of = |path| match &description.procedure(path).unwrap().output {
        IoDescription::Value { schema, .. } => description.standalone(schema).to_value(),
        other => panic!("{other:?}"),
    };
    let names = |schema: &Value| -> Vec<String> {
        schema["$defs"].as_object().into_iter().flat_map(|types| types.keys().cloned()).collect()
    };
    // A filter has a planet in it.
    assert_eq!(names(&schema_of("space/same")), ["DescribePlanet", "FilterOutput"]);
    // Data are not references, and a tree refers to itself.
    let tree = schema_of("tree/root");
    assert_eq!(names(&tree), ["OtherPlanet"]);
    let extra = &tree["$defs"]["OtherPlanet"]["properties"]["extra"];
    assert_eq!(extra["default"], json!({ "$ref": "#/$defs/Filter" }));
    let validator = jsonschema::draft202012::new(&tree).unwrap();
    assert!(validator.is_valid(&json!({ "moons": [{ "moons": [], "extra": 1 }], "extra": {} })));
    assert!(validator.is_valid(&json!(null)));
    assert!(!validator.is_valid(&json!({ "moons": [{ "moons": 1, "extra": 1 }], "extra": {} })));
}

#[test]
fn a_router_that_cannot_be_served_is_not_described() {
    let router = Router::<()>::new().nest("then", other::tree::router());
    let issues = router.try_describe().unwrap_err().issues().to_vec();
    assert_eq!(issues, [RouterIssue::Reserved { path: "then".to_owned() }]);
    let described = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| router.describe()));
    assert!(described.is_err());
}

#[cfg(feature = "durable")]
mod durable {
    use orpc_runtime::durable::{Durable, DurableIterator, DurableObject};

    use super::*;

    pub struct Orbit;

    impl DurableObject for Orbit {
        type Event = Planet;
        type Context = ();
        type Methods = methods::router;
    }

    #[router]
    mod methods {
        use super::*;

        /// Moves it.
        #[procedure]
        pub async fn shift(filter: Filter) -> u8 {
            drop(filter);
            0
        }
    }

    #[router(context = Durable<Orbit>)]
    mod orbits {
        use super::*;

        #[procedure]
        pub async fn open(orbits: &Durable<Orbit>) -> DurableIterator<Orbit> {
            orbits.iterator("one")
        }
    }

    #[test]
    fn a_durable_iterator_is_described_with_its_methods() {
        let description = orbits::router().describe();
        let IoDescription::Object { event, methods, .. } = &description.procedures[0].output else {
            panic!("{description:?}");
        };
        assert_eq!(event.as_ref().unwrap().as_value(), &json!({ "$ref": "#/$defs/Planet" }));
        let [method] = methods.as_slice() else { panic!("{methods:?}") };
        assert_eq!((&*method.url_path, method.title.as_deref()), ("shift", Some("Moves it.")));
        let input = serde_json::to_value(&method.input).unwrap();
        assert_eq!(input["schema"], json!({ "$ref": "#/$defs/Filter" }));
        let named: Vec<_> = description.types.keys().collect();
        assert_eq!(named, ["Filter", "GapData", "GapReason", "Planet"]);
    }
}
