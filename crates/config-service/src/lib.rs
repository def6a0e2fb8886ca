#![doc = include_str!("../README.md")]

mod account;
mod alert_mails;
mod alerts;
mod api_keys;
mod applications;
mod audit;
mod caps;
mod connections;
mod dialects;
mod durability;
mod email_messages;
mod factors;
mod fallbacks;
mod fraud;
mod invitations;
mod letters;
mod mailer;
mod members;
mod message_previews;
mod messages;
mod moment;
mod number_lookup;
mod operators;
mod origins;
mod passkeys;
mod people;
mod public_keys;
mod refusals;
mod retention;
mod routes;
mod sessions;
mod settings;
mod single_sign_on;
mod state;
mod store;
mod tenants;
mod test_numbers;
mod webhooks;

use pinfold_http::Mount;

pub use account::Passwords;
pub use alert_mails::mail_alerts;
pub use fraud::replay_since;
pub use mailer::{MailSettings, Mailer, simulated_mail};
pub use settings::{PeoplePolicy, PeopleSettings, Settings};
pub use single_sign_on::IdentityProviders;
pub use state::{Ranking, State};
pub use tenants::continue_offboardings;

/// Registers the role's operations.
pub fn mount(mount: &mut Mount) {
    applications::mount(mount);
    messages::mount(mount);
    email_messages::mount(mount);
    fallbacks::mount(mount);
    api_keys::mount(mount);
    public_keys::mount(mount);
    test_numbers::mount(mount);
    origins::mount(mount);
    dialects::vonage::mount(mount);
    connections::mount(mount);
    routes::mount(mount);
    audit::mount(mount);
    retention::mount(mount);
    caps::mount(mount);
    durability::mount(mount);
    number_lookup::mount(mount);
    fraud::mount(mount);
    alerts::mount(mount);
    message_previews::mount(mount);
    webhooks::mount(mount);
    people::mount(mount);
    sessions::mount(mount);
    factors::mount(mount);
    passkeys::mount(mount);
    single_sign_on::mount(mount);
    members::mount(mount);
    invitations::mount(mount);
    tenants::mount(mount);
    operators::mount(mount);
    dialects::twilio::mount(mount);
}
