use std::collections::BTreeMap;

use super::*;
use crate::id::TenantId;
use crate::keys::TenantKeys;

const NOON: u64 = 1_795_262_400_000;
const MINUTE: u64 = 60_000;

fn keys() -> TenantKeys {
    TenantKeys::new(TenantId::from_bytes([1; 16]), &BTreeMap::from([(1, [7; 32])])).expect("a key")
}

fn phone(digits: &str) -> Phone {
    Phone::parse(digits).expect(digits)
}

fn places_of(rules: &Rules, digits: &str) -> Vec<Place> {
    let phone = phone(digits);
    places(rules, &keys(), &phone, phone.region(), None, None)
}

fn send(guard: &mut Guard, rules: &Rules, digits: &str, now: u64) -> Judged {
    guard.send(rules.mode, &places_of(rules, digits), now)
}

fn verify(guard: &mut Guard, rules: &Rules, digits: &str, now: u64) {
    guard.verified(places_of(rules, digits).iter().map(|place| place.name.as_slice()), now);
}

fn blocking() -> Rules {
    Rules { mode: Mode::Block, ..Rules::default() }
}

/// Numbers of the Philippines that follow one another.
fn consecutive(number: u32) -> String {
    format!("63917{:07}", 1_230_000 + number)
}

/// Numbers of Switzerland that lie far apart, none of a prefix twice.
fn apart(number: u32) -> String {
    format!("4179{:03}{:04}", 200 + number % 700, (number * 7_919) % 10_000)
}

#[test]
fn of_ten_thousand_consecutive_numbers_less_than_one_in_a_hundred_goes_and_other_countries_go_on() {
    let (rules, mut guard, mut gone) = (blocking(), Guard::default(), 0);
    for number in 0..10_000 {
        let now = NOON + u64::from(number) * 100;
        gone += u32::from(!send(&mut guard, &rules, &consecutive(number), now).is_refused);
        if number % 50 == 0 {
            assert!(!send(&mut guard, &rules, &apart(number / 50), now).is_refused, "{number}");
            verify(&mut guard, &rules, &apart(number / 50), now + 20);
        }
    }
    assert!(gone <= 100, "{gone} of 10 000 went");
    assert!(!send(&mut guard, &rules, "639209876543", NOON + 1_000_000).is_refused, "another prefix of the country goes");
}

#[test]
fn a_country_is_blocked_longer_each_time_and_says_why() {
    let (rules, mut guard) = (blocking(), Guard::default());
    let mut now = NOON;
    for hours in [1, 6, 24, 24] {
        let mut gone = 0;
        let hit = loop {
            let judged = send(&mut guard, &rules, &apart(gone * 13), now);
            now += 1_000;
            match judged.hit {
                Some((place, hit)) => break places_of(&rules, &apart(gone * 13))[place].finding(&hit),
                None => gone += 1,
            }
        };
        assert_eq!(
            (hit.rule, hit.about.as_str(), hit.threshold, hit.percent),
            (Rule::Conversion, "country CH", Some(50), Some(20))
        );
        assert_eq!((hit.sends, hit.verified), (Some(50), Some(0)));
        assert_eq!(hit.until_ms, Some(now - 1_000 + hours * HOUR_MS));
        assert!(send(&mut guard, &rules, &apart(9), now + hours * HOUR_MS - 2_000).is_refused);
        now += (hours + 2) * HOUR_MS;
    }
    assert!(!send(&mut guard, &rules, &apart(1), now).is_refused, "the block has an end");
}

#[test]
fn a_burst_of_a_tenant_that_verifies_well_goes() {
    let (rules, mut guard) = (blocking(), Guard::default());
    for number in 0..400 {
        let now = NOON + u64::from(number) * 9_000;
        assert!(!send(&mut guard, &rules, &apart(number), now).is_refused);
        if number % 10 < 8 {
            verify(&mut guard, &rules, &apart(number), now + 5_000);
        }
    }
    // The next hour: three hundred within a second, of which none had time to be verified.
    for number in 0..300 {
        let judged = send(&mut guard, &rules, &apart(number * 3), NOON + 3 * HOUR_MS / 2 + u64::from(number));
        assert!(!judged.is_refused, "{number}: {judged:?}");
    }
    // A tenant without that history does not get this far.
    let mut fresh = Guard::default();
    assert!((0..300).any(|number| send(&mut fresh, &rules, &apart(number * 3), NOON + u64::from(number)).is_refused));
}

#[test]
fn what_is_recorded_only_goes_and_blocks_nothing_later() {
    let (mut rules, mut guard) = (Rules { mode: Mode::Record, ..Rules::default() }, Guard::default());
    let judged: Vec<_> = (0..100).map(|number| send(&mut guard, &rules, &consecutive(number), NOON + MINUTE)).collect();
    assert!(judged.iter().all(|judged| !judged.is_refused));
    let first = judged.iter().position(|judged| judged.hit.is_some()).expect("it is noticed");
    assert!(first <= 20, "{first}");
    rules.mode = Mode::Block;
    // Six hours later the figures are gone: a block that was never in force is none now.
    rules.pumping.sends = 1_000;
    rules.conversion.sends = 1_000;
    rules.pumping.run = 255;
    assert!(!send(&mut guard, &rules, &consecutive(5_000), NOON + 2 * MINUTE).is_refused);
}

#[test]
fn an_unblocked_place_begins_anew() {
    let (rules, mut guard) = (blocking(), Guard::default());
    let refused = (0..100).find(|number| send(&mut guard, &rules, &consecutive(*number), NOON).is_refused);
    let number = refused.expect("a sequence");
    let place = places_of(&rules, &consecutive(number)).remove(0);
    guard.unblock(&place.name, NOON + 1);
    assert!(!send(&mut guard, &rules, &consecutive(number), NOON + 1).is_refused);
}

#[test]
fn an_address_and_a_key_have_their_share_of_an_hour() {
    let mut rules = blocking();
    rules.per_hour = PerHour { ip: Some(3), key: Some(2), ..PerHour::default() };
    let mut guard = Guard::default();
    let mut try_send = |number: u32, address: &str, key: Option<&str>| {
        let phone = phone(&apart(number));
        let address = Some(address.parse().expect("an address"));
        let places = places(&rules, &keys(), &phone, phone.region(), address, key);
        let judged = guard.send(rules.mode, &places, NOON + u64::from(number));
        judged.hit.map(|(place, hit)| (places[place].about(), hit.rule))
    };
    for number in 0..3 {
        assert_eq!(try_send(number, "2001:db8::1", None), None);
    }
    assert_eq!(try_send(3, "2001:db8::2", None), Some(("ip".into(), Rule::Velocity)), "the same 64 bits");
    assert_eq!(try_send(4, "192.0.2.1", Some("device 7")), None);
    assert_eq!(try_send(5, "192.0.2.2", Some("device 7")), None);
    assert_eq!(try_send(6, "192.0.2.3", Some("device 7")), Some(("key".into(), Rule::Velocity)));
}

#[test]
fn what_is_written_down_stands_in_every_mode() {
    let number = |digits: &str| keys().keyed_hash("fraud number", &[digits.as_bytes()]);
    let mut rules = Rules { mode: Mode::Off, ..Rules::default() };
    rules.countries = BTreeMap::from([
        (Channel::Sms, Countries::Allow(["CH", "GB"].map(|region| region.parse().expect(region)).into())),
        (Channel::Voice, Countries::Block(["CH".parse().expect("CH")].into())),
    ]);
    let entry = |side, matcher| Entry { side, matcher };
    let lists: Lists = [
        entry(Side::Block, Matcher::Prefix("41793".parse().expect("a prefix"))),
        entry(Side::Allow, Matcher::Number(number("41793026727"))),
        entry(Side::Block, Matcher::Network("198.51.100.0/24".parse().expect("a network"))),
        entry(Side::Allow, Matcher::Prefix("4490".parse().expect("a prefix"))),
    ]
    .into_iter()
    .collect();
    let judge_of = |digits: &str, channel: Channel, address: Option<&str>| {
        let phone = phone(digits);
        let address = address.map(|address| address.parse().expect("an address"));
        let facts = Facts { channel, phone: &phone, region: phone.region(), number: &number(digits), address };
        match judge(&rules, &lists, &facts) {
            Standing::Refused(finding) => Some((finding.rule, finding.about)),
            Standing::Allowed => None,
            Standing::Open => Some((Rule::Velocity, "open".into())),
        }
    };
    let of = |rule, about: &str| Some((rule, about.to_owned()));
    assert_eq!(judge_of("41793026727", Channel::Sms, None), None, "allowed by name");
    assert_eq!(judge_of("41793026728", Channel::Sms, None), of(Rule::BlockList, "prefix 41793"));
    assert_eq!(judge_of("41763026728", Channel::Sms, Some("198.51.100.7")), of(Rule::BlockList, "ip"));
    assert_eq!(judge_of("41763026728", Channel::Sms, Some("203.0.113.7")), of(Rule::Velocity, "open"));
    assert_eq!(judge_of("41763026728", Channel::Voice, None), of(Rule::Country, "country CH"));
    assert_eq!(judge_of("639171234567", Channel::Sms, None), of(Rule::Country, "country PH"));
    // A premium range is refused even where its prefix is allowed.
    assert_eq!(judge_of("449098790000", Channel::Sms, None), of(Rule::PremiumRange, "number"));
}

#[test]
fn a_replay_says_what_would_have_been_refused_and_what_of_it_was_right() {
    let rules = blocking();
    let mut past: Vec<Past> = (0..200)
        .map(|number| Past {
            at_ms: NOON + u64::from(number) * 500,
            // Somebody among the pumped numbers was a person.
            verified_ms: (number == 150).then_some(NOON + u64::from(number) * 500 + 9_000),
            standing: Standing::Open,
            places: places_of(&rules, &consecutive(number)),
        })
        .collect();
    past.extend((0..40).map(|number| Past {
        at_ms: NOON + u64::from(number) * 2_000,
        verified_ms: Some(NOON + u64::from(number) * 2_000 + 9_000),
        standing: Standing::Open,
        places: places_of(&rules, &apart(number)),
    }));
    past.sort_by_key(|send| send.at_ms);
    let found = replay(Mode::Record, &past);
    assert_eq!((found.sends, found.verified), (240, 41));
    assert_eq!(found.refused_verified, 1);
    assert!((180..200).contains(&found.refused), "{found:?}");
    assert_eq!((found.rules.len(), found.rules[0].first.about.as_str()), (1, "prefix 63917123"));
    assert_eq!(found.rules[0].first.rule, Rule::Sequence);
    assert_eq!(replay(Mode::Off, &past).refused, 0);
}

#[test]
fn rules_come_back_from_json_and_have_bounds() {
    let rules: Rules = serde_json::from_str(
        r#"{"mode":"block","countries":{"sms":{"allow":["CH","DE"]}},"perHour":{"ip":5,"country":null},"pumping":{"sends":40}}"#,
    )
    .expect("rules");
    assert_eq!((rules.mode, rules.per_hour.ip, rules.per_hour.key, rules.pumping.run), (Mode::Block, Some(5), Some(30), 15));
    assert_eq!(rules.check(), Ok(()));
    let text = serde_json::to_string(&rules).expect("JSON");
    assert_eq!(serde_json::from_str::<Rules>(&text).expect("the same"), rules);
    let mut wrong = rules;
    (wrong.conversion.percent, wrong.pumping.run, wrong.per_hour.ip) = (101, 2, Some(0));
    let fields: Vec<_> = wrong.check().expect_err("three faults").into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["perHour.ip", "conversion.percent", "pumping.run"]);
}
