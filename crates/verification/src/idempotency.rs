//! The `Idempotency-Key` header: the same key and request give the first answer again, another request with the same key
//! is refused, and a refused request is not remembered.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use pinfold_core::idempotency::{LONGEST, is_key};
use pinfold_core::keys::TenantKeys;
use pinfold_http::Problem;
use pinfold_redis::Idempotency;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A key as the client sent it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdempotencyKey<'a>(&'a str);

impl<'a> IdempotencyKey<'a> {
    /// The key of a request, if it has one.
    ///
    /// # Errors
    /// 400 when it is empty, too long, repeated or not visible ASCII.
    pub(crate) fn of(request: &'a HttpRequest) -> Result<Option<Self>, Problem> {
        let mut keys = request.headers().get_all(HEADER);
        let Some(first) = keys.next() else { return Ok(None) };
        let invalid =
            || Problem::field("Idempotency-Key", format!("must be given once, with 1 to {LONGEST} visible ASCII characters"));
        let key = first.to_str().map_err(|_| invalid())?;
        if keys.next().is_some() || !is_key(key) {
            return Err(invalid());
        }
        Ok(Some(Self(key)))
    }

    /// The key and the request it stands for, hashed: an operation, and the bytes that tell requests apart.
    pub(crate) fn hashed(self, keys: &TenantKeys, operation: &str, request: &[&[u8]]) -> Idempotency {
        let mut parts: Vec<&[u8]> = vec![operation.as_bytes()];
        parts.extend(request);
        Idempotency {
            key: keys.keyed_hash("idempotency-key", &[self.0.as_bytes()]),
            body: keys.keyed_hash("idempotency-body", &parts),
        }
    }

    /// The key under which a lost success may be asked for again.
    pub(crate) fn success_key(self, keys: &TenantKeys) -> [u8; 8] {
        let hash = keys.keyed_hash("success-key", &[self.0.as_bytes()]);
        *hash.first_chunk().expect("a hash has 16 bytes")
    }
}
