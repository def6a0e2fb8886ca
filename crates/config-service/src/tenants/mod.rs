//! Tenants: made by people, named, exported, and removed.

mod create;
mod export;
mod get;
mod off_board;
mod open;
mod update;
mod view;

use pinfold_http::Mount;

pub use off_board::continue_offboardings;
pub(crate) use open::open_tenant;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::create, self::get, self::update, self::export, self::off_board);
}
