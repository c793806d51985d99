//! Inputs whose schemas check them.

use orpc_runtime::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Message {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 2000))]
    text: String,
    #[schemars(length(max = 8), inner(length(max = 32)))]
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Item {
    #[schemars(regex(pattern = r"^[A-Z]{3}-[0-9]{4}$"))]
    sku: String,
    #[schemars(range(min = 1, max = 999))]
    qty: u32,
    #[schemars(range(min = 0.0))]
    price: f64,
    note: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Address {
    street: String,
    #[schemars(length(equal = 2))]
    country: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    address: Address,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    customer: Customer,
    #[schemars(length(min = 1, max = 500))]
    items: Vec<Item>,
}

#[derive(Serialize, JsonSchema)]
pub struct Receipt {
    total: f64,
    items: Vec<Item>,
}

impl Order {
    /// Returns the receipt.
    pub fn receipt(self) -> Receipt {
        let total = self.items.iter().map(|item| f64::from(item.qty) * item.price).sum();
        Receipt { total, items: self.items }
    }
}
