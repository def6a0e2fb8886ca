//! One page of a list.

/// A page and how many items there are in all.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items of the page.
    pub items: Vec<T>,
    /// The items of all pages.
    pub total: u64,
}
