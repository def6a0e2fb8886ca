//! A tenant's verifications page by page: complete, in order, and fast among a hundred thousand.

use std::time::{Duration, Instant};

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_postgres::{Verification, VerificationFilter, VerificationStatus};

use crate::world::{World, world};

/// 100 000 PINs of one tenant over the last ten days, and as many of another one.
async fn filled() -> (World, pinfold_core::id::TenantId, pinfold_core::id::ApplicationId) {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let other = world.tenant("two").await;
    world.read("SELECT create_partitions((now() AT TIME ZONE 'UTC')::date - 11, 12)");
    for owner in [tenant, other] {
        world.read(&format!(
            "INSERT INTO verifications (tenant_id, pin_id, created_at, expires_at, application_id, message_id, subject, channel, \
                deliveries, wrong_guesses, sent_at, verified_at, newest_at, newest_event) \
             SELECT '{}', gen_random_uuid(), at, at + interval '5 minutes', \
                CASE WHEN nth % 10 < 9 THEN '{}'::uuid END, gen_random_uuid(), \
                decode(lpad(to_hex(nth % 20000), 24, '0'), 'hex'), CASE WHEN nth % 4 = 0 THEN 'voice' ELSE 'sms' END, \
                1, 0, at, CASE WHEN nth % 3 > 0 THEN at END, at, 'x' \
             FROM generate_series(1, 100000) AS nth \
             CROSS JOIN LATERAL (SELECT date_trunc('minute', now()) - interval '1 day' - nth * interval '7 seconds' AS at) AS times",
            uuid::Uuid::from(owner),
            uuid::Uuid::from(application),
        ));
    }
    world.read("ANALYZE verifications");
    (world, tenant, application)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_complete_in_order_and_fast() {
    let (world, tenant, application) = filled().await;
    // One that still lives, as long as any may.
    world.read(&format!(
        "INSERT INTO verifications (tenant_id, pin_id, created_at, expires_at, message_id, subject, channel, deliveries, \
            wrong_guesses, sent_at, newest_at, newest_event) \
         SELECT '{}', gen_random_uuid(), at, at + interval '1 day', gen_random_uuid(), '\\x0000000000000000000f0000', 'sms', 1, 0, at, at, 'x' \
         FROM (VALUES (date_trunc('second', now()) - interval '23 hours 50 minutes')) AS times (at)",
        uuid::Uuid::from(tenant)
    ));
    let now_ms: u64 = world.read("SELECT (extract(epoch FROM now()) * 1000)::bigint").parse().unwrap();
    let page = async |filter: VerificationFilter| {
        let started = std::time::Instant::elapsed;
        let begin = begin();
        let found = world.database.tenant(tenant).verifications().page(filter).await.unwrap();
        (found, started(&begin))
    };
    let all = VerificationFilter { size: 200, now_ms, ..VerificationFilter::default() };
    let (mut after, mut seen, mut slowest) = (None, Vec::new(), Duration::ZERO);
    for _ in 0..40 {
        let (found, took) = page(VerificationFilter { after, ..all.clone() }).await;
        assert_eq!(found.len(), 200);
        after = found.last().map(|last| (last.created_ms, last.pin));
        seen.extend(found.iter().map(|one| (one.created_ms, one.pin)));
        slowest = slowest.max(took);
    }
    assert!(seen.is_sorted_by(|one, next| one > next), "newest first, and nobody twice");
    let ids = world.read(&format!(
        "SELECT upper(replace(pin_id::text, '-', '')) FROM verifications WHERE tenant_id = '{}' \
         ORDER BY created_at DESC, pin_id DESC LIMIT 8000",
        uuid::Uuid::from(tenant)
    ));
    let listed: Vec<String> = seen.iter().map(|(_, pin)| pin.to_string()).collect();
    assert_eq!(listed, ids.lines().collect::<Vec<_>>());
    let filters = [
        VerificationFilter { status: Some(VerificationStatus::Verified), ..all.clone() },
        VerificationFilter { status: Some(VerificationStatus::Expired), channel: Some(Channel::Voice), ..all.clone() },
        VerificationFilter { application: Some(application), from_ms: Some(now_ms - 5 * 86_400_000), ..all.clone() },
        VerificationFilter { to_ms: Some(now_ms - 7 * 86_400_000), ..all.clone() },
        VerificationFilter { subjects: Some(vec![[0; 12], subject(77)]), ..all.clone() },
        VerificationFilter { after: Some((now_ms - 6 * 86_400_000, PinId::random())), ..all.clone() },
        VerificationFilter { status: Some(VerificationStatus::Sent), ..all.clone() },
        VerificationFilter { status: Some(VerificationStatus::Waiting), ..all.clone() },
        // Nobody is so: everything is looked at.
        VerificationFilter { status: Some(VerificationStatus::Canceled), ..all.clone() },
    ];
    let is_right = |filter: &VerificationFilter, one: &Verification| {
        filter.status.is_none_or(|status| one.status_at(now_ms) == status)
            && filter.channel.is_none_or(|channel| one.channel == channel)
            && filter.application.is_none_or(|application| one.application == Some(application))
            && filter.from_ms.is_none_or(|from| one.created_ms >= from)
            && filter.to_ms.is_none_or(|to| one.created_ms < to)
            && filter.subjects.as_ref().is_none_or(|subjects| subjects.contains(&one.subject))
    };
    for filter in &filters {
        let (found, took) = page(filter.clone()).await;
        let expected = match (filter.status, &filter.subjects) {
            (Some(VerificationStatus::Sent), _) => 1,
            (Some(VerificationStatus::Waiting | VerificationStatus::Canceled), _) => 0,
            (_, Some(_)) => 10,
            _ => 200,
        };
        assert_eq!(found.len(), expected, "{filter:?}");
        assert!(found.iter().all(|one| is_right(filter, one)), "{filter:?}");
        slowest = slowest.max(took);
    }
    assert!(slowest < Duration::from_millis(1_500), "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_from_the_index() {
    let (world, tenant, _) = filled().await;
    let plan = world.read(&format!(
        "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) SELECT pin_id, created_at, status FROM verifications \
         WHERE tenant_id = '{}' AND created_at <= now() - interval '5 days' \
           AND (created_at < now() - interval '5 days' OR pin_id < gen_random_uuid()) \
         ORDER BY created_at DESC, pin_id DESC LIMIT 51",
        uuid::Uuid::from(tenant)
    ));
    assert!(plan.contains("Index Scan Backward using verifications_") && !plan.contains("Sort"), "{plan}");
    assert!(plan.contains("(never executed)"), "days that the page does not need are not read: {plan}");
}

fn subject(nth: u8) -> [u8; 12] {
    let mut subject = [0; 12];
    subject[11] = nth;
    subject
}

#[expect(clippy::disallowed_methods, reason = "how long a page takes is what is measured")]
fn begin() -> Instant {
    Instant::now()
}
