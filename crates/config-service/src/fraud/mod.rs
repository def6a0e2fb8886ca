//! The fraud guard: the tenant's rules and lists, what was decided, what is blocked now, and what rules would have done.

mod add_entry;
mod blocks;
mod decisions;
mod entries;
mod get_rules;
mod remove_entry;
mod replay;
mod set_rules;
mod unblock;
mod view;

use pinfold_http::Mount;

pub use replay::replay_since;

/// Registers the operations of the fraud guard.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(
        mount;
        self::get_rules, self::set_rules, self::entries, self::add_entry, self::remove_entry, self::decisions, self::replay,
        self::blocks, self::unblock,
    );
}
