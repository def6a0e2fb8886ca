//! Who is let in when more comes than can be answered in time. Whoever is refused is told at once and comes back later;
//! who is let in is answered as usual.
//!
//! A quarter of the room is kept for verifying: whoever types a code waits for the answer, and a PIN that nobody can verify
//! was sent in vain. No tenant takes the last of the room: it may have so much that another one finds a place.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::Data;
use pinfold_core::access::Scope;
use pinfold_core::id::{IdMap, TenantId};

use crate::{Code, Problem, clock};

/// A tenant has at most so many times what it leaves free, as in the queue of messages.
const SHARE: usize = 7;
const RETRY_MS: u64 = 1_000;

/// The room of a thread for requests that are being answered.
#[derive(Debug)]
pub struct Admission {
    most: usize,
    quota: Arc<RequestQuota>,
    inside: RefCell<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    tenants: IdMap<TenantId, usize>,
}

/// The requests that each tenant may make in a second, for all threads of a process.
#[derive(Debug)]
pub struct RequestQuota {
    per_second: u32,
    /// The second, and who asked how often in it.
    made: Mutex<(u64, IdMap<TenantId, u32>)>,
}

/// A place in the room; it becomes free when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Data<Admission>,
    tenant: TenantId,
}

impl RequestQuota {
    /// So many requests for each tenant; 0 for no limit.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        Self { per_second, made: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// 429 until the next second when the tenant had its requests.
    fn spend(&self, tenant: TenantId, now_ms: u64) -> Result<(), Problem> {
        if self.per_second == 0 {
            return Ok(());
        }
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.0 != now_ms / 1_000 {
            *made = (now_ms / 1_000, IdMap::default());
        }
        let count = made.1.entry(tenant).or_default();
        if *count >= self.per_second {
            let detail =
                format!("The tenant may make {} requests per second (http.tenant_requests_per_second).", self.per_second);
            return Err(Problem::new(Code::TooManyRequests).detail(detail).retry_after_ms(RETRY_MS));
        }
        *count += 1;
        Ok(())
    }
}

impl Admission {
    /// Room for `most` requests at once.
    #[must_use]
    pub fn new(most: usize, quota: Arc<RequestQuota>) -> Self {
        Self { most, quota, inside: RefCell::default() }
    }

    /// Takes a place for a request of a tenant.
    ///
    /// # Errors
    /// 503 when there is no room, 429 when the tenant has its share of it or had its requests.
    pub(crate) fn admit(this: &Data<Self>, tenant: TenantId, scope: Scope) -> Result<Place, Problem> {
        this.quota.spend(tenant, clock::now_ms())?;
        let mut inside = this.inside.borrow_mut();
        let kept = if scope == Scope::PinVerify { 0 } else { this.most / 4 };
        if inside.all + kept >= this.most {
            return Err(Problem::new(Code::Overloaded).retry_after_ms(RETRY_MS));
        }
        let free = this.most - inside.all;
        let mine = inside.tenants.entry(tenant).or_default();
        if *mine >= SHARE * free {
            let detail = "The tenant has as many requests in hand as it may while others need room.";
            return Err(Problem::new(Code::TooManyRequests).detail(detail).retry_after_ms(RETRY_MS));
        }
        *mine += 1;
        inside.all += 1;
        Ok(Place { admission: this.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.admission.inside.borrow_mut();
        inside.all -= 1;
        if let Some(mine) = inside.tenants.get_mut(&self.tenant) {
            *mine -= 1;
            if *mine == 0 {
                inside.tenants.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: TenantId = TenantId::from_bytes([1; 16]);
    const BOB: TenantId = TenantId::from_bytes([2; 16]);

    fn room(most: usize) -> Data<Admission> {
        Data::new(Admission::new(most, Arc::new(RequestQuota::new(0))))
    }

    fn refused(place: Result<Place, Problem>) -> Code {
        place.expect_err("refused").code
    }

    #[test]
    fn a_quarter_is_kept_for_verifying() {
        let room = room(8);
        let sends: Vec<_> = (0..6).map(|_| Admission::admit(&room, ANN, Scope::PinSend).expect("room")).collect();
        assert_eq!(refused(Admission::admit(&room, BOB, Scope::PinSend)), Code::Overloaded);
        assert_eq!(refused(Admission::admit(&room, BOB, Scope::ConfigRead)), Code::Overloaded);
        let checks: Vec<_> = (0..2).map(|_| Admission::admit(&room, BOB, Scope::PinVerify).expect("room")).collect();
        assert_eq!(refused(Admission::admit(&room, BOB, Scope::PinVerify)), Code::Overloaded);
        drop((sends, checks));
        Admission::admit(&room, BOB, Scope::PinSend).expect("room again");
        assert!(room.inside.borrow().tenants.is_empty(), "nobody is remembered");
    }

    #[test]
    fn no_tenant_takes_the_last_place() {
        let room = room(16);
        let mine: Vec<_> = (0..14).map(|_| Admission::admit(&room, ANN, Scope::PinVerify).expect("room")).collect();
        assert_eq!(refused(Admission::admit(&room, ANN, Scope::PinVerify)), Code::TooManyRequests);
        Admission::admit(&room, BOB, Scope::PinVerify).expect("a place");
        drop(mine);
    }

    #[test]
    fn requests_of_a_second_are_counted_by_tenant() {
        let quota = RequestQuota::new(2);
        for second in [5, 6] {
            quota.spend(ANN, second * 1_000).expect("one");
            quota.spend(ANN, second * 1_000 + 999).expect("two");
            let problem = quota.spend(ANN, second * 1_000 + 999).expect_err("three");
            assert_eq!((problem.code, problem.retry_after_s), (Code::TooManyRequests, Some(1)));
            assert!(problem.detail.is_some_and(|detail| detail.contains("2 requests per second")));
            quota.spend(BOB, second * 1_000 + 999).expect("another's");
        }
    }
}
