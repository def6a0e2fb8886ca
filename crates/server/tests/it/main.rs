//! The product from outside: real processes of the executable over real PostgreSQL and Redis, in the topology that
//! `PINFOLD_TEST_TOPOLOGY` names (`all`, the default, or `split`). Nothing in a test mentions which.

mod support;

mod away;
mod bounds;
mod closed_doors;
mod delivery;
mod fallback;
mod first_pin;
mod hostile;
mod import;
mod infobip;
mod killed;
mod limits;
mod otp_v1;
mod races;
mod receipts;
mod secrets;
mod stopping;
mod verifications;
mod vonage;
