//! The product from outside: real processes of the executable over real PostgreSQL and Redis, in the topology that
//! `PINFOLD_TEST_TOPOLOGY` names (`all`, the default, or `split`). Nothing in a test mentions which.

mod support;

mod away;
mod bounds;
mod camara;
mod caps;
mod closed_doors;
mod delivery;
mod doors;
mod eight_x_eight;
mod fallback;
mod first_pin;
mod hostile;
mod import;
mod infobip;
mod iprog;
mod killed;
mod limits;
mod number_lookup;
mod otp_v1;
mod races;
mod receipts;
mod secrets;
mod stopping;
mod twilio;
mod twilio_doors;
mod undelivered;
mod verifications;
mod vonage;
