//! Scripts: sent by hash, and whole when Redis does not know them (after a restart or a failover).

use redis::{Cmd, ErrorKind, FromRedisValue, ServerErrorKind};

use crate::connection::Link;
use crate::{Error, Hot};

/// One script and its hash.
pub(crate) struct Script {
    source: &'static str,
    hash: String,
}

macro_rules! script {
    ($($part:literal),+) => {
        $crate::script::Script::new(concat!($(include_str!(concat!("scripts/", $part, ".lua")), "\n"),+))
    };
}
pub(crate) use script;

impl Script {
    pub(crate) fn new(source: &'static str) -> Self {
        Self { source, hash: redis::Script::new(source).get_hash().to_owned() }
    }

    /// Runs the script in one round trip.
    pub(crate) async fn run<T: FromRedisValue>(&self, hot: &Hot, keys: &[&[u8]], args: &[&[u8]]) -> Result<T, Error> {
        let mut link = hot.link();
        match self.command("EVALSHA", &self.hash, keys, args).query_async(&mut link).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.run_whole(&mut link, keys, args).await
            }
            answer => Ok(answer?),
        }
    }

    async fn run_whole<T: FromRedisValue>(&self, link: &mut Link, keys: &[&[u8]], args: &[&[u8]]) -> Result<T, Error> {
        Ok(self.command("EVAL", self.source, keys, args).query_async(link).await?)
    }

    fn command(&self, name: &str, script: &str, keys: &[&[u8]], args: &[&[u8]]) -> Cmd {
        let bytes: usize = keys.iter().chain(args).map(|part| part.len() + 16).sum();
        let mut command = Cmd::with_capacity(3 + keys.len() + args.len(), 64 + script.len() + bytes);
        command.arg(name).arg(script).arg(keys.len());
        for part in keys.iter().chain(args) {
            command.arg(*part);
        }
        command
    }
}

/// Packs the numbers that a script reads with one `struct.unpack`.
#[derive(Default)]
pub(crate) struct Numbers(Vec<u8>);

impl Numbers {
    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// A time or a span in milliseconds, 48 bits.
    pub(crate) fn ms(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes()[2..]);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
