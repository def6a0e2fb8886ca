use proptest::prelude::*;

use super::*;

const LIFE: u64 = 300_000;

fn step(channel: Channel, after: u32, on: On) -> Step {
    Step { channel, after, on }
}

fn plan(steps: &[Step]) -> Plan {
    Plan::new(steps.to_vec(), Some(Channel::Sms), LIFE).expect("a plan")
}

fn known() -> Known {
    Known {
        over: None,
        expires_ms: LIFE,
        taken: 0,
        channel: Channel::Sms,
        since_ms: 1_000,
        before: Before::Underway,
        is_asked_for: false,
    }
}

fn fields(result: Result<Plan, Vec<FieldError>>) -> Vec<String> {
    result.expect_err("a bound is broken").into_iter().map(|error| error.field.into_owned()).collect()
}

#[test]
fn bounds_are_named() {
    let voice = step(Channel::Voice, 30, On::NotVerified);
    let mail = step(Channel::Email, 60, On::Failure);
    assert_eq!(fields(Plan::new(vec![], None, LIFE)), ["fallback"]);
    assert_eq!(fields(Plan::new([voice, mail, voice, mail, voice].to_vec(), None, LIFE)), ["fallback"]);
    assert_eq!(fields(Plan::new(vec![voice, voice], None, LIFE)), ["fallback[1].channel"]);
    assert_eq!(fields(Plan::new(vec![voice], Some(Channel::Voice), LIFE)), ["fallback[0].channel"]);
    assert_eq!(fields(Plan::new(vec![Step { after: 4, ..voice }], None, LIFE)), ["fallback[0].after"]);
    assert_eq!(fields(Plan::new(vec![Step { after: 3_601, ..voice }], None, 10 * LIFE * 60)), ["fallback[0].after"]);
    assert_eq!(fields(Plan::new(vec![voice, mail], None, 90_000)), ["fallback"]);
    assert!(Plan::new(vec![voice, mail], Some(Channel::Sms), 90_001).is_ok());
}

#[test]
fn a_plan_is_stored_as_its_steps() {
    let plan = plan(&[step(Channel::Voice, 30, On::NoReceipt), step(Channel::Email, 60, On::NotVerified)]);
    let json = r#"[{"channel":"voice","after":30,"on":"no_receipt"},{"channel":"email","after":60,"on":"not_verified"}]"#;
    assert_eq!(serde_json::to_string(&plan).expect("serialises"), json);
    assert_eq!(serde_json::from_str::<Plan>(json).expect("a plan"), plan);
    let short: Plan = serde_json::from_str(r#"[{"channel":"voice","after":30}]"#).expect("a plan");
    assert_eq!(short.step(0), Some(step(Channel::Voice, 30, On::NotVerified)));
}

#[test]
fn a_step_waits_from_the_hand_over_and_starts_when_it_is_due() {
    let voice = step(Channel::Voice, 30, On::NotVerified);
    let plan = plan(&[voice]);
    assert_eq!(next(&plan, &known(), 1_000, |_| None), Next::WaitUntil(31_000));
    assert_eq!(next(&plan, &known(), 31_000, |_| None), Next::Start(voice));
    assert_eq!(next(&plan, &Known { taken: 1, ..known() }, 31_000, |_| None), Next::Stop(Stop::NoStepLeft));
    let late = Known { since_ms: LIFE - 30_000, ..known() };
    assert_eq!(next(&plan, &late, LIFE - 10_000, |_| None), Next::Stop(Stop::TooLate));
}

#[test]
fn each_trigger_includes_those_before_it() {
    let now = 31_000;
    for (on, underway, arrived) in [
        (On::Failure, Some(Stop::NotFailed), Some(Stop::NotFailed)),
        (On::NoReceipt, None, Some(Stop::Arrived)),
        (On::NotVerified, None, None),
    ] {
        let voice = step(Channel::Voice, 30, on);
        let plan = plan(&[voice]);
        let expected = |stop: Option<Stop>| stop.map_or(Next::Start(voice), Next::Stop);
        assert_eq!(next(&plan, &known(), now, |_| None), expected(underway), "{on:?}");
        let arrived_now = Known { before: Before::Arrived, ..known() };
        assert_eq!(next(&plan, &arrived_now, now, |_| None), expected(arrived), "{on:?}");
        // A failure and a request wait for nothing.
        assert_eq!(next(&plan, &Known { before: Before::Failed, ..known() }, 1_000, |_| None), Next::Start(voice));
        assert_eq!(next(&plan, &Known { is_asked_for: true, ..arrived_now }, 1_000, |_| None), Next::Start(voice));
    }
}

#[test]
fn what_cannot_be_used_is_skipped_with_its_reason() {
    let mail = step(Channel::Email, 30, On::NotVerified);
    let plan = plan(&[mail]);
    let no_address = next(&plan, &known(), 31_000, |_| Some(Skip::NoAddress));
    assert_eq!(no_address, Next::Skip(mail, Skip::NoAddress));
    let same = next(&plan, &Known { channel: Channel::Email, ..known() }, 31_000, |_| None);
    assert_eq!(same, Next::Skip(mail, Skip::SameChannel));
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let on = prop_oneof![Just(On::Failure), Just(On::NoReceipt), Just(On::NotVerified)];
    let channel = (0..4_usize).prop_map(|channel| Channel::ALL[channel]);
    proptest::collection::vec((channel, 5..60_u32, on).prop_map(|(channel, after, on)| Step { channel, after, on }), 0..6)
}

proptest! {
    #[test]
    fn what_is_taken_holds_its_bounds(steps in steps(), life in 1_000..400_000_u64) {
        if let Ok(plan) = Plan::new(steps.clone(), None, life) {
            prop_assert_eq!(plan.steps(), &steps[..]);
            prop_assert!((1..=MOST_STEPS).contains(&steps.len()));
            prop_assert!(steps.windows(2).all(|pair| pair[0].channel != pair[1].channel));
            prop_assert!(steps.iter().map(|step| u64::from(step.after) * 1_000).sum::<u64>() < life);
        }
    }

    /// Whatever happens, a plan ends: after at most as many messages as it has steps, before the PIN dies, and never
    /// after the PIN is over.
    #[test]
    fn a_plan_ends_with_at_most_one_message_per_step(
        steps in steps(), happens in proptest::collection::vec((0..60_000_u64, 0..3_u8, any::<bool>(), any::<bool>()), 0..40),
        over_at in 0..LIFE * 2,
    ) {
        let Ok(plan) = Plan::new(steps, None, LIFE) else { return Ok(()) };
        let (mut known, mut now, mut messages) = (known(), 0, 0);
        for (pause, before, is_asked_for, has_address) in happens {
            now += pause;
            known.before = [Before::Underway, Before::Arrived, Before::Failed][usize::from(before)];
            known.is_asked_for = is_asked_for;
            known.over = (now >= over_at).then_some(Terminal::Canceled);
            match next(&plan, &known, now, |_| (!has_address).then_some(Skip::NoAddress)) {
                Next::Start(step) => {
                    prop_assert!(now < LIFE && now < over_at);
                    messages += 1;
                    known = Known { taken: known.taken + 1, channel: step.channel, since_ms: now, ..known };
                }
                Next::Skip(..) => known.taken += 1,
                Next::WaitUntil(at) => prop_assert!(at > now && at < LIFE),
                Next::Stop(_) => {}
            }
        }
        prop_assert!(messages <= plan.steps().len() && usize::from(known.taken) <= plan.steps().len());
    }
}
