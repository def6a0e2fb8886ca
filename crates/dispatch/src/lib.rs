#![doc = include_str!("../README.md")]

mod ask;
mod clock;
mod deliver;
mod desk;
mod dispatch;
mod lane;
mod lease;
mod metrics;
mod newest;
mod notify;
mod outage;
mod over;
mod pace;
mod poison;
mod recorder;
mod release;
mod render;
mod retry;
mod route;
mod sample;
mod settings;
mod takeover;
mod worker;

pub use dispatch::{Dispatch, Parts};
pub use notify::WebhookSettings;
pub use settings::Settings;
