//! The product from outside: real processes of the executable over real PostgreSQL and Redis, in the topology that
//! `PINFOLD_TEST_TOPOLOGY` names (`all`, the default, or `split`). Nothing in a test mentions which.

mod support;

mod alert_mails;
mod api_keys;
mod audit;
mod away;
mod bounds;
mod camara;
mod caps;
mod closed_doors;
mod csrf;
mod delivery;
mod doors;
mod eight_x_eight;
mod fallback;
mod first_pin;
mod fraud;
mod hostile;
mod import;
mod infobip;
mod iprog;
mod key_versions;
mod killed;
mod limits;
mod matrix;
mod number_lookup;
mod otp_v1;
mod passkeys;
mod people;
mod people_doors;
mod privacy;
mod processes;
mod races;
mod receipts;
mod secrets;
mod shapes;
mod single_sign_on;
mod statistics;
mod stopping;
mod twilio;
mod twilio_doors;
mod undelivered;
mod verifications;
mod vonage;
mod widget;
