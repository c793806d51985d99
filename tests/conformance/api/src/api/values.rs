//! Values of every type that the protocol can carry.

use orpc_runtime::Value;
use orpc_runtime::prelude::*;
use orpc_runtime::value::{BigInt, Date, Float, Map, RegExp, Set, Url};

use crate::Session;

/// One of each type.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Typed {
    big: BigInt,
    when: Date,
    url: Url,
    pattern: RegExp,
    set: Set<String>,
    map: Map<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<Date>,
    list: Vec<Date>,
    nan: Float,
}

/// A shape of one kind or the other, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Shape {
    /// A circle.
    Circle {
        /// From its centre to its edge.
        #[schemars(extend("exclusiveMinimum" = 0))]
        radius: f64,
    },
    /// A square.
    Square {
        /// From corner to corner.
        #[schemars(extend("exclusiveMinimum" = 0))]
        side: f64,
    },
}

/// Area of a shape.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Area {
    area: f64,
}

/// `values.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Gives any value back.
    #[procedure]
    pub async fn any(input: Value) -> Value {
        input
    }

    /// Gives a value of each type back.
    #[procedure]
    pub async fn typed(input: Typed) -> Typed {
        input
    }

    /// Computes an area.
    #[procedure]
    pub async fn shape(input: Shape) -> Area {
        let area = match input {
            Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
            Shape::Square { side } => side * side,
        };
        Area { area }
    }
}
