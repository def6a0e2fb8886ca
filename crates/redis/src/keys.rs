//! Every key name. The partition is the hash tag, so all keys of a tenant share a slot and one script sees them all.
//! Scripts build the number's key from a prefix and a record's hash, the key of its pause from that by a `p`, and an older PIN's
//! key from the newer one's; all are in the same slot like everything else here.

use pinfold_core::id::{ApplicationId, PinId, TenantId};
use pinfold_core::keys::Digest;

/// A bucket of tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(u16);

impl Partition {
    /// The partition of a tenant. Its id is random, so a part of it is as good as a hash.
    #[must_use]
    pub fn of(tenant: TenantId, partitions: u16) -> Self {
        let first = tenant.as_bytes().first_chunk().expect("an id has 16 bytes");
        Self((u32::from_be_bytes(*first) % u32::from(partitions)) as u16)
    }

    /// Every partition.
    pub fn all(partitions: u16) -> impl Iterator<Item = Self> {
        (0..partitions).map(Self)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    fn key(self, noun: &str) -> String {
        let mut key = String::with_capacity(16);
        self.begin(&mut key);
        key.push_str(noun);
        key
    }

    /// Writes what every key of the partition begins with. Without formatting, because each request makes several.
    fn begin(self, key: &mut String) {
        let number = self.0;
        key.push_str("pf:{");
        if number < 100 {
            key.extend([number / 10, number % 10].map(|digit| char::from(b'0' + digit as u8)));
        } else {
            key.push_str(&number.to_string());
        }
        key.push_str("}:");
    }

    /// The stream of messages to deliver.
    pub(crate) fn jobs(self) -> String {
        self.key("jobs")
    }

    /// How many messages wait for their turn in the stream. The scripts make this name and the next two from the stream's.
    pub(crate) fn parked(self) -> String {
        self.key("parked")
    }

    /// The flows whose turns come, in their order.
    pub(crate) fn turns(self) -> String {
        self.key("turns")
    }

    /// The messages of a flow that wait for their turn: of a tenant's new ones behind 0, of its retries behind 1.
    pub(crate) fn parked_of(self, flow: &[u8]) -> Vec<u8> {
        [self.key("parked:").as_bytes(), flow].concat()
    }

    /// The stream of what happened.
    pub(crate) fn events(self) -> String {
        self.key("events")
    }

    /// The retries that wait for their time.
    pub(crate) fn due(self) -> String {
        self.key("due")
    }

    /// What every key of a tenant looks like, as a pattern.
    pub(crate) fn pattern_of(self, tenant: TenantId) -> String {
        self.key(&format!("*:{}*", tenant.short()))
    }

    /// What is written behind all else, to see it reach a replica.
    pub(crate) fn barrier(self) -> String {
        self.key("barrier")
    }

    /// The stream of messages that were given up.
    pub(crate) fn dead(self) -> String {
        self.key("dead")
    }
}

/// The key names of one tenant.
#[derive(Debug, Clone)]
pub(crate) struct TenantKeyNames {
    pub(crate) partition: Partition,
    tenant: String,
}

impl TenantKeyNames {
    pub(crate) fn new(tenant: TenantId, partition: Partition) -> Self {
        Self { partition, tenant: tenant.short() }
    }

    fn prefix(&self, noun: &str, room: usize) -> String {
        let mut key = String::with_capacity(16 + 22 + 1 + room);
        self.partition.begin(&mut key);
        for part in [noun, ":", &self.tenant, ":"] {
            key.push_str(part);
        }
        key
    }

    pub(crate) fn pin(&self, pin: PinId) -> String {
        let mut key = self.prefix("pin", 22);
        pin.push_short(&mut key);
        key
    }

    pub(crate) fn pin_prefix(&self) -> String {
        self.prefix("pin", 0)
    }

    /// The number's key ends in the raw bytes of its keyed hash.
    pub(crate) fn number(&self, subject: &Digest) -> Vec<u8> {
        self.with_hash("num", subject)
    }

    pub(crate) fn number_prefix(&self) -> String {
        self.prefix("num", 0)
    }

    pub(crate) fn application(&self, application: ApplicationId) -> String {
        let mut key = self.prefix("app", 32);
        key.push_str(application.hex(&mut [0; 32]));
        key
    }

    pub(crate) fn idempotency(&self, key_hash: &[u8; 16]) -> Vec<u8> {
        self.with_hash("idem", key_hash)
    }

    /// What a source of guesses spent of its budget.
    pub(crate) fn guess_source(&self, of: &[u8; 8]) -> Vec<u8> {
        self.with_hash("src", of)
    }

    /// The window of a limit that a caller defined.
    pub(crate) fn caller_limit(&self, of: &[u8; 16]) -> Vec<u8> {
        self.with_hash("lim", of)
    }

    /// The window of a recipient's push messages.
    pub(crate) fn pushes(&self, subject: &Digest) -> Vec<u8> {
        self.with_hash("push", subject)
    }

    /// What paces something of the tenant, such as a connection.
    pub(crate) fn pace(&self, of: &[u8; 16]) -> Vec<u8> {
        self.with_hash("pace", of)
    }

    /// What was found out about a number.
    pub(crate) fn facts(&self, number: &Digest) -> Vec<u8> {
        self.with_hash("facts", number)
    }

    /// What was counted under the caps of the tenant and its applications.
    pub(crate) fn caps(&self) -> String {
        let mut key = self.prefix("caps", 0);
        key.pop();
        key
    }

    /// What is watched of the tenant's checks in a minute.
    pub(crate) fn watched(&self, minute: u64) -> String {
        format!("{}{minute}", self.prefix("watch", 10))
    }

    /// What the fraud guard counts, without the day.
    pub(crate) fn guard(&self) -> String {
        self.prefix("guard", 8)
    }

    /// What the workers tell of the tenant's connections.
    pub(crate) fn health(&self) -> String {
        let mut key = self.prefix("health", 0);
        key.pop();
        key
    }

    fn with_hash(&self, noun: &str, hash: &[u8]) -> Vec<u8> {
        let mut key = self.prefix(noun, hash.len()).into_bytes();
        key.extend_from_slice(hash);
        key
    }
}

/// The key of a challenge that a passkey answers.
pub(crate) fn ceremony(id: &str) -> String {
    format!("pf:{{ceremony}}:{id}")
}

/// What the installation's processes say of themselves.
pub(crate) fn processes() -> &'static str {
    "pf:{processes}"
}

/// How the keys of all tokens begin.
pub(crate) fn token_prefix() -> &'static str {
    "pf:{token}:"
}

/// The key of a session or access token, by the keyed hash of the token.
pub(crate) fn token(hash: &[u8; 32]) -> String {
    format!("pf:{{token}}:{}", hex::encode(hash))
}

/// The key of a token that was used and is good once, by the keyed hash of its id.
pub(crate) fn used_token(hash: &[u8; 32]) -> String {
    format!("pf:{{token}}:used:{}", hex::encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_of_a_tenant_share_its_partitions_tag() {
        let tenant = TenantId::random();
        let partition = Partition::of(tenant, 16);
        let names = TenantKeyNames::new(tenant, partition);
        let tag = format!("pf:{{{:02}}}:", partition.number());
        for key in [names.pin(PinId::random()), names.application(ApplicationId::random()), partition.jobs(), partition.events()]
        {
            assert!(key.starts_with(&tag), "{key}");
        }
        assert_eq!(names.pin(PinId::from_bytes([0; 16])), format!("{}{}", names.pin_prefix(), "A".repeat(22)));
        assert!(names.number(&[b'}'; 12]).starts_with(tag.as_bytes()));
        assert_eq!(
            [Partition(7).due(), Partition(42).due(), Partition(1234).due()],
            ["pf:{07}:due", "pf:{42}:due", "pf:{1234}:due"]
        );
    }

    #[test]
    fn partitions_are_stable_and_used_evenly() {
        let counts = (0..16_000_u32).fold([0_u32; 16], |mut counts, number| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            counts[usize::from(Partition::of(TenantId::from_bytes(id), 16).number())] += 1;
            counts
        });
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
        assert_eq!(Partition::of(TenantId::from_bytes([0; 16]), 16), Partition::of(TenantId::from_bytes([0; 16]), 16));
    }
}
