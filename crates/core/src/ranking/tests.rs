use proptest::{prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::price::{Currency, Price};
use crate::route::{Leg, Strategy};

fn id(number: u8) -> ConnectionId {
    ConnectionId::from_bytes([number; 16])
}

fn route(legs: u8) -> Route {
    let legs = (1..=legs).map(|number| Leg::to(id(number))).collect();
    Route { strategy: Strategy::Ranked, legs, ..Route::single(Channel::Sms, id(1)) }
}

fn seen(connection: u8, sends: u32, verified: u32) -> Observation {
    Observation {
        channel: Channel::Sms,
        connection: id(connection),
        region: "CH".parse().ok(),
        age_ms: 0,
        sends,
        verified,
        latency_sum_ms: 200.0 * f64::from(sends),
        accepted: sends,
    }
}

fn scores(route: &Route, all: &[Observation]) -> Vec<Score> {
    let rules = Rules::default();
    Table::new(all, &rules).scores(route, "CH".parse().ok(), &rules)
}

fn choose(route: &Route, scores: &[Score], leader: Option<Leader>, now_ms: u64, fraction: f64) -> Ranked {
    rank(route, scores, |_| true, leader, now_ms, fraction, &Rules::default()).expect("all can be used")
}

#[test]
fn verified_pins_decide() {
    let route = route(2);
    let scores = scores(&route, &[seen(1, 200, 60), seen(2, 200, 160)]);
    assert!(scores[1].value > scores[0].value + 0.2, "{scores:?}");
    assert_eq!(choose(&route, &scores, None, 0, 0.9).leg, 1);
}

#[test]
fn one_lucky_message_does_not_lead() {
    let route = route(2);
    let scores = scores(&route, &[seen(1, 500, 400), seen(2, 1, 1)]);
    let leader = Some(Leader { connection: id(1), since_ms: 0 });
    let chosen = choose(&route, &scores, leader, 1_000_000, 0.9);
    assert_eq!((chosen.leg, chosen.because), (0, Because::Leader));
}

#[test]
fn an_unknown_leg_is_taken_to_be_like_the_others() {
    let route = route(3);
    let scores = scores(&route, &[seen(1, 500, 450), seen(2, 500, 350)]);
    assert!((scores[2].conversion - 0.8).abs() < 0.01, "{scores:?}");
}

#[test]
fn a_country_with_little_traffic_follows_what_is_seen_elsewhere() {
    let (route, rules) = (route(2), Rules::default());
    let abroad = |one: Observation| Observation { region: "DE".parse().ok(), ..one };
    let table = Table::new(&[abroad(seen(1, 900, 90)), abroad(seen(2, 900, 810)), seen(1, 2, 2)], &rules);
    let scores = table.scores(&route, "CH".parse().ok(), &rules);
    assert!(scores[0].conversion < 0.3 && scores[1].conversion > 0.8, "{scores:?}");
}

#[test]
fn what_happened_long_ago_counts_less() {
    let route = route(1);
    let old = Observation { age_ms: 3_000_000, ..seen(1, 1_000, 0) };
    assert!(scores(&route, &[old, seen(1, 100, 100)])[0].conversion > 0.9);
}

#[test]
fn price_and_time_decide_between_equals() {
    let mut route = route(2);
    let equal = [seen(1, 500, 400), seen(2, 500, 400)];
    for (leg, micros) in [(0, 80_000), (1, 40_000)] {
        route.legs[leg].price = Some(Price { micros, currency: Currency::EUR });
    }
    let priced = scores(&route, &equal);
    assert!(priced[1].value > priced[0].value && (priced[0].cheap - 0.5).abs() < 1e-9);
    route.legs.iter_mut().for_each(|leg| leg.price = None);
    let slow = Observation { latency_sum_ms: 4_000_000.0, ..seen(1, 500, 400) };
    let timed = scores(&route, &[slow, seen(2, 500, 400)]);
    assert!(timed[1].value > timed[0].value + 0.04, "{timed:?}");
}

#[test]
fn a_leader_stays_for_a_while_and_for_a_margin() {
    let route = route(2);
    let leader = Some(Leader { connection: id(1), since_ms: 0 });
    let little = scores(&route, &[seen(1, 2_000, 1_600), seen(2, 2_000, 1_640)]);
    assert_eq!(choose(&route, &little, leader, 10_000_000, 0.9).because, Because::Leader);
    let much = scores(&route, &[seen(1, 2_000, 1_300), seen(2, 2_000, 1_640)]);
    assert_eq!(choose(&route, &much, leader, 59_999, 0.9).because, Because::Leader);
    let taken = choose(&route, &much, leader, 60_000, 0.9);
    assert_eq!((taken.leg, taken.because), (1, Because::NewLeader));
    assert_eq!(taken.leader, Some(Leader { connection: id(2), since_ms: 60_000 }));
}

#[test]
fn a_leader_that_broke_down_is_replaced_at_once() {
    let route = route(2);
    let broken = scores(&route, &[seen(1, 400, 8), seen(2, 100, 80)]);
    let leader = Some(Leader { connection: id(1), since_ms: 0 });
    assert_eq!(choose(&route, &broken, leader, 1, 0.9).leg, 1);
}

#[test]
fn a_leader_that_cannot_be_used_keeps_its_place() {
    let route = route(2);
    let scores = scores(&route, &[seen(1, 400, 360), seen(2, 400, 300)]);
    let leader = Some(Leader { connection: id(1), since_ms: 0 });
    let chosen = rank(&route, &scores, |leg| leg == 1, leader, 1_000_000, 0.9, &Rules::default());
    assert_eq!(chosen, Some(Ranked { leg: 1, because: Because::LeaderUnavailable, leader }));
    assert_eq!(rank(&route, &scores, |_| false, leader, 0, 0.9, &Rules::default()), None);
}

#[test]
fn the_others_get_their_share_and_hopeless_ones_less() {
    let route = route(3);
    let scores = scores(&route, &[seen(1, 2_000, 1_800), seen(2, 2_000, 1_600), seen(3, 2_000, 0)]);
    let leader = Some(Leader { connection: id(1), since_ms: 0 });
    let draws =
        |leg| (0..1_000).filter(|draw| choose(&route, &scores, leader, 0, (f64::from(*draw) + 0.5) / 1_000.0).leg == leg).count();
    assert_eq!((draws(0), draws(1), draws(2)), (940, 50, 10));
}

proptest! {
    #[test]
    fn a_score_is_between_nothing_and_all(
        rows in proptest::collection::vec((1_u8..5, 0_u32..10_000, 0.0_f64..1.0, 0_u64..10_000_000, 0.0_f64..1e8), 0..40),
        mix in (0_u16..200, 0_u16..200, 0_u16..200),
    ) {
        let mut route = route(4);
        route.mix = Mix { conversion: mix.0, cost: mix.1, latency: mix.2 };
        let rows: Vec<_> = rows.into_iter().map(|(leg, sends, share, age_ms, latency_sum_ms)| {
            let verified = (f64::from(sends) * share) as u32;
            Observation { age_ms, latency_sum_ms, ..seen(leg, sends, verified) }
        }).collect();
        for score in scores(&route, &rows) {
            prop_assert!((0.0..=1.0).contains(&score.value) && (0.0..=1.0).contains(&score.conversion), "{score:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_never_chosen(usable: u8, fraction in 0.0_f64..1.0, leader in 1_u8..6, now_ms in 0_u64..1_000_000) {
        let route = route(5);
        let scores = scores(&route, &[seen(1, 100, 90), seen(3, 100, 10)]);
        let leader = Some(Leader { connection: id(leader), since_ms: 0 });
        let chosen = rank(&route, &scores, |leg| usable >> leg & 1 == 1, leader, now_ms, fraction, &Rules::default());
        match chosen {
            Some(ranked) => prop_assert!(usable >> ranked.leg & 1 == 1),
            None => prop_assert_eq!(usable & 31, 0),
        }
    }

    #[test]
    fn equals_do_not_flap(noise in proptest::collection::vec(0_u32..40, 60)) {
        let route = route(2);
        let (mut leader, mut changes) = (None, 0);
        for (minute, noise) in noise.into_iter().enumerate() {
            let scores = scores(&route, &[seen(1, 1_000, 780 + noise), seen(2, 1_000, 800)]);
            let chosen = choose(&route, &scores, leader, minute as u64 * 60_000, 0.9);
            changes += u32::from(chosen.because == Because::NewLeader);
            leader = chosen.leader;
        }
        prop_assert_eq!(changes, 1);
    }
}
