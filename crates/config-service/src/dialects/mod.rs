//! Configuration objects of vendors whose clients keep some of their own: one folder per vendor, one per kind of object.

pub(crate) mod twilio;
pub(crate) mod vonage;
