#![doc = include_str!("../README.md")]

mod ask;
mod choice;
mod clock;
mod deliver;
mod desk;
mod dispatch;
mod fallback;
mod health;
mod inbox;
mod lane;
mod lease;
mod lines;
mod metrics;
mod newest;
mod notify;
mod outage;
mod over;
mod pace;
mod poison;
mod ranks;
mod receipts;
mod recorder;
mod regions;
mod release;
mod render;
mod retry;
mod route;
mod sample;
mod settings;
mod takeover;
mod worker;

pub use dispatch::{Dispatch, Parts};
pub use fallback::advance;
pub use notify::WebhookSettings;
pub use receipts::{Intake, ReceiptMetrics, State, mount};
pub use settings::{Ranking, Settings};
