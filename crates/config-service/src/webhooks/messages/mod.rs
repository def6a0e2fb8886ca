//! What one endpoint was told.

pub(super) mod get;
pub(super) mod list;
pub(super) mod replay;
