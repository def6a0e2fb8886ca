#![doc = include_str!("../README.md")]

mod certificate;
mod checkout;
mod http_answer;
mod http_peer;
mod node;
mod openid_peer;
mod postgres;
mod psql;
mod redis;
mod redis_process;
mod redis_wire;
mod relay;
mod smpp_peer;
mod smtp_peer;
mod web_push_peer;

pub use http_answer::Answer;
pub use http_peer::{HttpPeer, Received};
pub use openid_peer::OpenIdPeer;
pub use postgres::{Database, Postgres, Role};
pub use redis::{AppendOnly, Redis, RedisServer, Sentinels};
pub use relay::Relay;
pub use smpp_peer::{SmppAddress, SmppEvent, SmppOptions, SmppPeer, Submitted};
pub use smtp_peer::{Mail, SmtpOptions, SmtpPeer};
pub use web_push_peer::{PushMessage, PushSender, WebPushPeer};
