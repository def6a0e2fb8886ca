#![doc = include_str!("../README.md")]

mod api_keys;
mod applications;
mod caps;
mod connections;
mod dialects;
mod email_messages;
mod fallbacks;
mod message_previews;
mod messages;
mod moment;
mod number_lookup;
mod origins;
mod public_keys;
mod refusals;
mod routes;
mod settings;
mod state;
mod store;
mod webhooks;

use pinfold_http::Mount;

pub use settings::Settings;
pub use state::{Ranking, State};

/// Registers the role's operations.
pub fn mount(mount: &mut Mount) {
    applications::mount(mount);
    messages::mount(mount);
    email_messages::mount(mount);
    fallbacks::mount(mount);
    api_keys::mount(mount);
    public_keys::mount(mount);
    origins::mount(mount);
    dialects::vonage::mount(mount);
    connections::mount(mount);
    routes::mount(mount);
    caps::mount(mount);
    number_lookup::mount(mount);
    message_previews::mount(mount);
    webhooks::mount(mount);
    dialects::twilio::mount(mount);
}
