//! 8x8 (Wavecell) Verify, versions 1 and 2. A sub-account is an application's slug; a session is a PIN.

mod asked;
mod coverage;
mod session;
mod v1_check;
mod v1_send;
mod v2_check;
mod v2_send;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::v1_send, self::v1_check, self::v2_send, self::v2_check, self::coverage);
}
