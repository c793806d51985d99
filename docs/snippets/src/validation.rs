//! Constraints of inputs, and outputs that are checked.

// #region order
use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
pub struct Order {
    #[schemars(email)]
    email: String,
    #[schemars(length(min = 1, max = 100))]
    items: Vec<Item>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Item {
    #[schemars(regex(pattern = r"^[A-Z]{3}-\d{4}$"))]
    sku: String,
    #[schemars(range(min = 1, max = 999))]
    quantity: u16,
}

#[router]
pub mod shop {
    use super::*;

    /// Returns the lines of the confirmation.
    #[procedure]
    pub async fn order(order: Order) -> Vec<String> {
        let lines = order.items.iter().map(|item| format!("{} × {}", item.quantity, item.sku));
        lines.chain(order.note).chain([order.email]).collect()
    }
}
// #endregion order

// #region outputs
#[derive(Serialize, JsonSchema)]
pub struct Rating {
    #[schemars(range(min = 1, max = 5))]
    stars: u8,
}

#[procedure]
pub async fn rating() -> Rating {
    Rating { stars: 9 }
}

pub fn checked_router() -> Router<()> {
    Router::new().procedure::<rating, _>().check_outputs()
}
// #endregion outputs

// #region across
use orpc_runtime::Issue;

#[derive(Deserialize, JsonSchema)]
pub struct Stay {
    first_night: u32,
    last_night: u32,
}

fn in_order(stay: &Stay) -> Result<(), Issue> {
    if stay.first_night <= stay.last_night {
        return Ok(());
    }
    Err(Issue::new("Must not be before the first night").at("last_night"))
}

#[procedure(validate = in_order)]
pub async fn book(stay: Stay) -> u32 {
    // Calls in the same process are not validated.
    stay.last_night.saturating_sub(stay.first_night).saturating_add(1)
}
// #endregion across

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_issue_is_reported() {
        crate::check_client(&shop::router::<()>(), "validation");
        let rpc = Rpc::new(shop::router());
        let input =
            r#"{"json":{"email":"ada@example.com","items":[{"sku":"ABC-1","quantity":0}]}}"#;
        let (status, body) = crate::post(rpc.http(()), "/order", input).await;
        assert_eq!(status, 400);
        let expected: serde_json::Value =
            serde_json::from_str(include_str!("../output/issues.json")).unwrap();
        assert_eq!(body["json"], expected);
        let input =
            r#"{"json":{"email":"ada@example.com","items":[{"sku":"ABC-1234","quantity":2}]}}"#;
        assert_eq!(crate::post(rpc.http(()), "/order", input).await.1["json"][0], "2 × ABC-1234");
    }

    #[tokio::test]
    async fn nights_are_counted_and_must_be_in_order() {
        let rpc = Rpc::new(Router::new().procedure::<book, _>());
        let stay = |first: u32, last: u32| {
            format!(r#"{{"json":{{"first_night":{first},"last_night":{last}}}}}"#)
        };
        for (first, last, nights) in [(3, 3, 1), (3, 7, 5), (0, u32::MAX, u32::MAX)] {
            let (status, body) = crate::post(rpc.http(()), "/book", &stay(first, last)).await;
            assert_eq!((status, &body["json"]), (200, &nights.into()));
        }
        let (status, body) = crate::post(rpc.http(()), "/book", &stay(7, 3)).await;
        assert_eq!(status, 400, "{body}");
    }

    #[tokio::test]
    async fn a_wrong_output_is_an_internal_error() {
        let rpc = Rpc::new(checked_router());
        assert_eq!(crate::post(rpc.http(()), "/rating", "{}").await.0, 500);
    }
}
