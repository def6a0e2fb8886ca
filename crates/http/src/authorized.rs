//! Permission in the signature: a handler that takes `Authorized<PinSend>` runs only for callers with that scope.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use pinfold_core::access::Scope;

use crate::{Caller, Code, Problem};

/// A permission as a type.
pub trait Permission: 'static {
    /// The scope it needs.
    const SCOPE: Scope;
}

macro_rules! permissions {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("Needs the scope of [`Scope::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub struct $name;

        impl Permission for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )+};
}
permissions!(PinSend, PinVerify, ConfigRead, ConfigWrite, ReportsRead, KeysManage);

/// A caller whose scope has been checked.
#[derive(Debug)]
pub struct Authorized<S> {
    caller: Caller,
    permission: PhantomData<S>,
}

impl<S> Deref for Authorized<S> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<S: Permission> FromRequest for Authorized<S> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(match caller {
            None => Err(Problem::new(Code::Unauthorized)),
            Some(caller) if !caller.scopes.allows(S::SCOPE) => {
                Err(Problem::new(Code::Forbidden).detail(format!("The API key needs the scope {}.", S::SCOPE.name())))
            }
            Some(caller) => Ok(Self { caller, permission: PhantomData }),
        })
    }
}
