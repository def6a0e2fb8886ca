//! The gateway's operations: Infobip's account calls, by which its clients turn an API key into a session or a token.

mod close_session;
mod issue_token;
mod open_session;

use pinfold_http::Mount;

/// Adds the operations, and the pages for people.
pub fn mount(mount: &mut Mount) {
    pinfold_http::mount!(
        mount;
        crate::operations::open_session,
        crate::operations::close_session,
        crate::operations::issue_token,
    );
    crate::pages::mount(mount);
}
