//! Pages of long lists.

use orpc_runtime::prelude::*;

/// Entries of one page.
const SIZE: usize = 20;

/// The rows that a query asks for: one more than a page has shows if there is another page.
pub(crate) const LIMIT: i64 = SIZE as i64 + 1;

/// A part of a list.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The cursor of the next page: the id of the last entry, if there are more.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// Makes a page of at most [`LIMIT`] rows.
    pub(crate) fn of(mut items: Vec<T>, id: impl Fn(&T) -> i64) -> Self {
        let has_more = items.len() > SIZE;
        items.truncate(SIZE);
        let next = items.last().filter(|_| has_more).map(id);
        Self { items, next }
    }
}
