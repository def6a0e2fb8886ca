//! The jobs of one partition that wait for a slot: in turn one of each tenant, and none of a tenant that has its share of
//! slots. How many slots a tenant has is counted by the slots themselves, so the count cannot go wrong.

use std::collections::VecDeque;
use std::sync::Arc;

use pinfold_core::id::{IdMap, TenantId};
use tokio::sync::OwnedSemaphorePermit;

use crate::lease::Lease;

/// Jobs that wait for a slot.
#[derive(Default)]
pub(crate) struct Inbox {
    flows: IdMap<TenantId, Flow>,
    /// The tenants that wait, each once.
    turns: VecDeque<TenantId>,
    len: usize,
}

#[derive(Default)]
struct Flow {
    waiting: VecDeque<Lease>,
    /// One more of it exists for each slot.
    mark: Mark,
}

/// A tenant's claim on a slot.
#[derive(Default, Clone)]
pub(crate) struct Mark(Arc<()>);

/// A slot that a tenant has, until it is dropped.
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
    _mark: Mark,
}

impl Mark {
    /// The tenant's slot.
    pub(crate) fn slot(self, permit: OwnedSemaphorePermit) -> Slot {
        Slot { _permit: permit, _mark: self }
    }
}

impl Flow {
    fn slots(&self) -> usize {
        Arc::strong_count(&self.mark.0) - 1
    }
}

impl Inbox {
    pub(crate) fn push(&mut self, tenant: TenantId, lease: Lease) {
        let flow = self.flows.entry(tenant).or_default();
        if flow.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        flow.waiting.push_back(lease);
        self.len += 1;
    }

    /// The next job of a tenant that has fewer than `most` slots, and its claim on one.
    pub(crate) fn next(&mut self, most: usize) -> Option<(Lease, Mark)> {
        let place = self.turns.iter().position(|tenant| self.flows[tenant].slots() < most)?;
        let tenant = self.turns.remove(place)?;
        let flow = self.flows.get_mut(&tenant)?;
        let lease = flow.waiting.pop_front()?;
        self.len -= 1;
        let mark = flow.mark.clone();
        if flow.waiting.is_empty() {
            self.forget_idle();
        } else {
            self.turns.push_back(tenant);
        }
        Some((lease, mark))
    }

    /// How many wait in all.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many wait of tenants that have fewer than `most` slots.
    pub(crate) fn ready(&self, most: usize) -> usize {
        self.flows.values().filter(|flow| flow.slots() < most).map(|flow| flow.waiting.len()).sum()
    }

    /// All that wait.
    pub(crate) fn drain(&mut self) -> Vec<Lease> {
        self.turns.clear();
        self.len = 0;
        self.flows.values_mut().flat_map(|flow| flow.waiting.drain(..)).collect()
    }

    /// Tenants come and go: those with nothing here are dropped once they are many.
    fn forget_idle(&mut self) {
        if self.flows.len() > 2 * self.turns.len() + 64 {
            self.flows.retain(|_, flow| !flow.waiting.is_empty() || flow.slots() > 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pinfold_http::clock::stopwatch;
    use pinfold_redis::{JobEntry, Partition};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::lease::Leases;

    fn fill(inbox: &mut Inbox, tenant: TenantId, names: &[&str]) {
        let leases = Leases::new(Duration::from_secs(6));
        for id in names {
            let partition = Partition::all(1).next().expect("there is one");
            let entry =
                JobEntry { partition, id: (*id).into(), bytes: Vec::new(), job: None, timer: None, handed_out: 1, queued_ms: 0 };
            inbox.push(tenant, leases.hold(entry, stopwatch()));
        }
    }

    fn names(inbox: &mut Inbox, most: usize) -> Vec<String> {
        std::iter::from_fn(|| inbox.next(most)).map(|(lease, _)| lease.entry.id.clone()).collect()
    }

    #[test]
    fn tenants_take_turns() {
        let mut inbox = Inbox::default();
        let [first, second] = [1, 2].map(|number| TenantId::from_bytes([number; 16]));
        fill(&mut inbox, first, &["a1", "a2", "a3"]);
        fill(&mut inbox, second, &["b1"]);
        assert_eq!((inbox.len(), inbox.ready(1)), (4, 4));
        assert_eq!(names(&mut inbox, 1), ["a1", "b1", "a2", "a3"]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_tenant_with_its_share_of_slots_waits_and_the_others_do_not() {
        let slots = Arc::new(Semaphore::new(8));
        let mut inbox = Inbox::default();
        let [slow, quick] = [1, 2].map(|number| TenantId::from_bytes([number; 16]));
        fill(&mut inbox, slow, &["a1", "a2", "a3", "a4"]);
        let permit = || Arc::clone(&slots).try_acquire_owned().expect("one is free");
        let mut held: Vec<Slot> = (0..2).map(|_| inbox.next(2).expect("it waits").1.slot(permit())).collect();
        assert!(inbox.next(2).is_none() && inbox.ready(2) == 0 && inbox.len() == 2);
        fill(&mut inbox, quick, &["b1"]);
        assert_eq!((inbox.ready(2), names(&mut inbox, 2)), (1, vec!["b1".to_owned()]));
        held.pop();
        assert_eq!(inbox.next(2).expect("a slot is free again").0.entry.id, "a3");
        assert_eq!(inbox.drain().len(), 1);
        assert!(inbox.is_empty() && inbox.next(2).is_none());
    }

    #[test]
    fn tenants_that_are_gone_are_forgotten() {
        let mut inbox = Inbox::default();
        for number in 0..1_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            fill(&mut inbox, TenantId::from_bytes(id), &["a"]);
            assert_eq!(names(&mut inbox, 1), ["a"]);
        }
        assert!(inbox.flows.len() <= 65, "{}", inbox.flows.len());
    }
}
