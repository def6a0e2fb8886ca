//! The product from outside: real processes of the executable over real PostgreSQL and Redis, in the topology that
//! `PINFOLD_TEST_TOPOLOGY` names (`all`, the default, or `split`). Nothing in a test mentions which.

mod support;

mod first_pin;
mod infobip;
