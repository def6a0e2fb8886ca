//! Permission in the signature: a handler that takes `Authorized<PinSend>` runs only for callers with that scope, and the
//! API document says so, because it asks the same type ([`Arguments::SCOPE`]).

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use pinfold_core::access::Scope;

use crate::admission::{Admission, Place};
use crate::{Anywhere, Body, Caller, Code, Form, HalfWay, OptionalBody, Params, Problem, RawBody, SignedIn, Visitor};

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
permissions!(
    PinSend,
    PinVerify,
    ConfigRead,
    ConfigWrite,
    ReportsRead,
    KeysManage,
    MembersManage,
    AuditRead,
    AlertsManage,
    RecipientsReveal,
    TenantManage,
);

/// A caller whose scope has been checked, and who has a place among the requests that are answered.
#[derive(Debug)]
pub struct Authorized<S> {
    caller: Caller,
    /// Free again when the operation drops its caller.
    _place: Option<Place>,
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
            Some(caller) => {
                let admission = request.app_data::<web::Data<Admission>>();
                let place = admission.map(|admission| Admission::admit(admission, caller.tenant, S::SCOPE)).transpose();
                place.map(|place| Self { caller, _place: place, permission: PhantomData })
            }
        })
    }
}

/// What an argument of an operation says of the scope that the operation needs.
pub trait Argument {
    /// The scope, if it is this argument that asks for one.
    const SCOPE: Option<Scope> = None;
}

impl<S: Permission> Argument for Authorized<S> {
    const SCOPE: Option<Scope> = Some(S::SCOPE);
}

impl Argument for HttpRequest {}
impl Argument for HalfWay {}
impl Argument for SignedIn {}
impl Argument for Visitor {}
impl Argument for RawBody {}
impl Argument for web::Payload {}
impl<T> Argument for web::Data<T> {}
impl<T> Argument for web::Path<T> {}
impl<T> Argument for Anywhere<T> {}
impl<T> Argument for Body<T> {}
impl<T> Argument for Form<T> {}
impl<T> Argument for OptionalBody<T> {}
impl<T> Argument for Params<T> {}

/// All arguments of an operation.
pub trait Arguments {
    /// The scope that a caller needs; none for operations that are open or ask for something else.
    const SCOPE: Option<Scope>;
}

const fn first(scopes: &[Option<Scope>]) -> Option<Scope> {
    match scopes {
        [] => None,
        [Some(scope), ..] => Some(*scope),
        [None, rest @ ..] => first(rest),
    }
}

macro_rules! arguments {
    ($(($($name:ident),*)),+ $(,)?) => {$(
        impl<$($name: Argument),*> Arguments for ($($name,)*) {
            const SCOPE: Option<Scope> = first(&[$($name::SCOPE),*]);
        }
    )+};
}
arguments!((), (A), (A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E), (A, B, C, D, E, F), (A, B, C, D, E, F, G));
