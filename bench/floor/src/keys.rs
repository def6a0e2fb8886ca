//! The names of everything the floor keeps in Redis, all in one slot.

/// The stream of messages that wait for the worker.
pub const JOBS: &str = "{bench}:jobs";

/// The consumer group that the worker reads with.
pub const GROUP: &str = "workers";

/// The window that counts all sends of the application.
pub const APPLICATION: &str = "{bench}:app";

/// The window that counts the sends to one number.
pub fn number(to: &str) -> String {
    format!("{{bench}}:num:{to}")
}

/// The digest of a live PIN.
pub fn pin(id: &str) -> String {
    format!("{{bench}}:pin:{id}")
}

/// The guesses spent on a PIN.
pub fn tries(id: &str) -> String {
    format!("{{bench}}:tries:{id}")
}
