//! The rules as functions inside Redis. They are one library, whose name carries the hash of its source, so that two
//! versions of this program can share a server; it is loaded when a server does not know it, as after a failover.

use std::fmt::Write;
use std::sync::LazyLock;
use std::time::Instant;

use redis::{Cmd, FromRedisValue, RedisError};

use crate::link::Link;
use crate::{Error, Hot};

macro_rules! functions {
    ($($variant:ident $name:literal),+ $(,)?) => {
        /// One function of the library.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Function { $($variant),+ }

        const BODIES: &[(&str, &str)] = &[$(($name, include_str!(concat!("scripts/", $name, ".lua")))),+];
    };
}

functions! {
    Send "send", Resend "resend", FallBack "fall_back", Verify "verify", Cancel "cancel", Settle "settle", Release "release", Adopt "adopt", Pace "pace", Tell "tell",
    ForgetSilent "forget_silent", Spend "spend",
}

/// What the functions share.
const SHARED: &str = concat!(
    include_str!("scripts/window.lua"),
    include_str!("scripts/clock.lua"),
    include_str!("scripts/detail.lua"),
    include_str!("scripts/number.lua"),
    include_str!("scripts/fair.lua"),
    include_str!("scripts/caps.lua"),
    include_str!("scripts/guard.lua")
);

/// Short names for what every function uses: a name that belongs to no function is slow to reach.
const NAMES: &str = "local call, unpack_, pack_, sub, byte, char, floor, max, min\n";
/// Redis 7.0 knows these modules when a function runs, not when it is loaded: the first to run gives the names their meaning.
const ALIASES: &str = "if not call then
call, unpack_, pack_ = redis.call, struct.unpack, struct.pack
sub, byte, char = string.sub, string.byte, string.char
floor, max, min = math.floor, math.max, math.min
end
";

struct Library {
    source: String,
    names: Vec<String>,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let whole: String = BODIES.iter().map(|(name, body)| format!("{name}\n{body}")).collect();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{NAMES}{SHARED}{ALIASES}{whole}").as_bytes());
    let version = hex::encode(&digest.as_ref()[..6]);
    let mut source = format!("#!lua name=pinfold_{version}\n{NAMES}{SHARED}");
    let mut names = Vec::with_capacity(BODIES.len());
    for (name, body) in BODIES {
        let name = format!("pinfold_{version}_{name}");
        write!(source, "redis.register_function('{name}', function(KEYS, ARGV)\n{ALIASES}{body}\nend)\n")
            .expect("a string takes text");
        names.push(name);
    }
    Library { source, names }
});

impl Function {
    /// How many there are.
    pub(crate) const COUNT: usize = BODIES.len();

    pub(crate) fn name(self) -> &'static str {
        BODIES[self as usize].0
    }

    /// Calls the function in one round trip, once the future is polled. What it is called with is needed no longer then: a caller
    /// that drops it first keeps its own future small.
    pub(crate) fn call<'a, T: FromRedisValue>(
        self,
        hot: &'a Hot,
        keys: &[&[u8]],
        args: &[&[u8]],
    ) -> impl Future<Output = Result<T, Error>> + use<'a, T> {
        let command = self.command(keys, args);
        async move {
            let started = stopwatch();
            let mut link = hot.link();
            let answer = match link.ask(&command).await {
                Err(error) if is_unknown_function(&error) => {
                    Box::pin(load(&mut link)).await?;
                    link.ask(&command).await
                }
                answer => answer,
            };
            if let Some(metrics) = &hot.metrics {
                metrics.observe(self, started.elapsed());
            }
            Ok(answer?)
        }
    }

    fn command(self, keys: &[&[u8]], args: &[&[u8]]) -> Cmd {
        let bytes: usize = keys.iter().chain(args).map(|part| part.len() + 16).sum();
        let mut command = Cmd::with_capacity(3 + keys.len() + args.len(), 64 + bytes);
        command.arg("FCALL").arg(&LIBRARY.names[self as usize]).arg(keys.len());
        for part in keys.iter().chain(args) {
            command.arg(*part);
        }
        command
    }
}

#[expect(clippy::disallowed_methods, reason = "measures a round trip, decides nothing")]
fn stopwatch() -> Instant {
    Instant::now()
}

async fn load(link: &mut Link) -> Result<(), Error> {
    let mut command = redis::cmd("FUNCTION");
    command.arg("LOAD").arg("REPLACE").arg(&LIBRARY.source);
    Ok(command.query_async::<()>(link).await?)
}

fn is_unknown_function(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| detail.contains("Function not found"))
}

/// Packs the numbers, and texts behind their lengths, that a script reads with one `struct.unpack`.
pub(crate) struct Packed(Vec<u8>);

impl Default for Packed {
    /// Nothing, with room for what a send has.
    fn default() -> Self {
        Self::with_room(64)
    }
}

impl Packed {
    /// Nothing, with room for so many bytes.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

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

    /// Bytes behind their length, at most 65 535: `Hc0`.
    pub(crate) fn text(mut self, value: &[u8]) -> Self {
        let length = u16::try_from(value.len()).expect("a text that a script is given is short");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
