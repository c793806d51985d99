//! Inputs and their checks for frameworks that check nothing themselves.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    room: String,
    text: String,
    tags: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Item {
    sku: String,
    qty: u32,
    price: f64,
    note: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Address {
    street: String,
    country: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Customer {
    name: String,
    address: Address,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    customer: Customer,
    items: Vec<Item>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Receipt {
    total: f64,
    items: Vec<Item>,
}

fn has_length(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count())
}

impl Message {
    /// Returns the message if it is valid.
    pub fn checked(self) -> Option<Self> {
        let is_valid = has_length(&self.room, 1, 64)
            && has_length(&self.text, 1, 2000)
            && self.tags.len() <= 8
            && self.tags.iter().all(|tag| has_length(tag, 0, 32));
        is_valid.then_some(self)
    }
}

impl Item {
    fn is_valid(&self) -> bool {
        static SKU: LazyLock<Regex> =
            LazyLock::new(|| Regex::new("^[A-Z]{3}-[0-9]{4}$").expect("a pattern"));
        SKU.is_match(&self.sku) && (1..=999).contains(&self.qty) && self.price >= 0.0
    }
}

impl Order {
    /// Returns the receipt if the order is valid.
    pub fn receipt(self) -> Option<Receipt> {
        let is_valid = has_length(&self.customer.name, 1, 100)
            && has_length(&self.customer.address.country, 2, 2)
            && (1..=500).contains(&self.items.len())
            && self.items.iter().all(Item::is_valid);
        let total = self.items.iter().map(|item| f64::from(item.qty) * item.price).sum();
        is_valid.then_some(Receipt { total, items: self.items })
    }
}
