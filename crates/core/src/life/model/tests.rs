use super::*;

fn send(number: u8, limits: &Limits) -> ModelSend {
    ModelSend {
        pin: PinId::random(),
        number,
        application: 1,
        code: 7,
        limits: limits.clone(),
        idempotency: None,
        caller_limits: Vec::new(),
        by_number: None,
        pause_ms: 0,
        guard: Default::default(),
    }
}

fn guess(pin: PinId, code: u8) -> ModelVerify {
    ModelVerify { pin, code, idempotency: None, source: None }
}

fn open() -> Limits {
    Limits { verify: "1000/1s".parse().expect("a rate"), send_per_number: "100/1s".parse().expect("a rate"), ..Limits::default() }
}

#[test]
fn wrong_guesses_count_down_and_then_even_the_right_one_is_refused() {
    let (mut model, send) = (Model::default(), send(1, &open()));
    model.send(&send, 0);
    for remaining in (0..5).rev() {
        assert_eq!(model.verify(&guess(send.pin, 0), 1), Verdict::Wrong { remaining });
    }
    assert_eq!(model.verify(&guess(send.pin, 7), 1), Verdict::Terminal(Terminal::Exhausted));
}

#[test]
fn a_resend_changes_neither_expiry_nor_attempts() {
    let (mut model, send) = (Model::default(), send(1, &open()));
    model.send(&send, 0);
    model.verify(&guess(send.pin, 0), 1);
    let resend = ModelResend {
        pin: send.pin,
        new_code: None,
        is_push: false,
        limits: open(),
        pause_ms: 0,
        caller_limits: Vec::new(),
        guard: Default::default(),
    };
    assert_eq!(model.resend(&resend, 299_999), ResendOutcome::Accepted { deliveries: 2, expires_ms: 300_000 });
    assert_eq!(model.verify(&guess(send.pin, 0), 299_999), Verdict::Wrong { remaining: 3 });
    assert_eq!(model.verify(&guess(send.pin, 7), 300_000), Verdict::Terminal(Terminal::Expired));
}

#[test]
fn a_step_is_taken_once_and_changes_neither_expiry_nor_attempts() {
    let (mut model, send) = (Model::default(), send(1, &open()));
    model.send(&send, 0);
    model.verify(&guess(send.pin, 0), 1);
    let step = ModelFallBack { pin: send.pin, seen: (0, 1), skip: None, is_asked_for: false, is_push: false, limits: open() };
    assert_eq!(model.fall_back(&step, 299_999), FallBackOutcome::Started { deliveries: 2 });
    assert_eq!(model.fall_back(&step, 299_999), FallBackOutcome::Moved);
    let second = ModelFallBack { seen: (1, 2), skip: Some(Skip::NoAddress), ..step.clone() };
    assert_eq!(model.fall_back(&second, 299_999), FallBackOutcome::Skipped(Skip::NoAddress));
    assert_eq!(model.verify(&guess(send.pin, 0), 299_999), Verdict::Wrong { remaining: 3 });
    assert_eq!(model.fall_back(&step, 300_000), FallBackOutcome::Terminal(Terminal::Expired));
}

#[test]
fn a_limit_skips_a_step_of_its_own_but_only_refuses_one_that_is_asked_for() {
    let limits = Limits { send_per_number: "1/1h".parse().expect("a rate"), ..open() };
    let (mut model, send) = (Model::default(), send(1, &limits));
    model.send(&send, 0);
    let asked = ModelFallBack { pin: send.pin, seen: (0, 1), skip: None, is_asked_for: true, is_push: false, limits };
    let refused = FallBackOutcome::Refused(Refusal::NumberLimit { retry_ms: 3_599_999 });
    assert_eq!(model.fall_back(&asked, 1), refused);
    let due = ModelFallBack { is_asked_for: false, ..asked.clone() };
    assert_eq!(model.fall_back(&due, 1), FallBackOutcome::Skipped(Skip::NumberLimit));
    assert_eq!(model.fall_back(&asked, 1), FallBackOutcome::Moved);
}

#[test]
fn a_fourth_push_within_ten_minutes_is_skipped_and_other_ways_stay_open() {
    let mut model = Model::default();
    let push = |model: &mut Model, is_asked_for, at| {
        let send = send(1, &open());
        model.send(&send, at);
        let limits = open();
        model.fall_back(&ModelFallBack { pin: send.pin, seen: (0, 1), skip: None, is_asked_for, is_push: true, limits }, at)
    };
    for at in 0..3 {
        assert_eq!(push(&mut model, false, at * 1_000), FallBackOutcome::Started { deliveries: 2 });
    }
    assert_eq!(push(&mut model, false, 3_000), FallBackOutcome::Skipped(Skip::PushLimit));
    assert_eq!(push(&mut model, true, 3_000), FallBackOutcome::Refused(Refusal::PushLimit { retry_ms: 597_000 }));
    let send = send(1, &open());
    model.send(&send, 3_000);
    let resend = ModelResend {
        pin: send.pin,
        new_code: None,
        is_push: true,
        limits: open(),
        pause_ms: 0,
        caller_limits: Vec::new(),
        guard: Default::default(),
    };
    assert_eq!(model.resend(&resend, 3_000), ResendOutcome::Refused(Refusal::PushLimit { retry_ms: 597_000 }));
    let by_voice = ModelResend { is_push: false, ..resend };
    assert!(matches!(model.resend(&by_voice, 3_000), ResendOutcome::Accepted { .. }));
    assert_eq!(push(&mut model, false, 600_000), FallBackOutcome::Started { deliveries: 2 });
    assert_eq!(push(&mut model, false, 600_000), FallBackOutcome::Skipped(Skip::PushLimit));
}

#[test]
fn a_new_code_kills_the_old_one() {
    let (mut model, send) = (Model::default(), send(1, &open()));
    model.send(&send, 0);
    let new_code = ModelResend {
        pin: send.pin,
        new_code: Some(8),
        is_push: false,
        limits: open(),
        pause_ms: 0,
        caller_limits: Vec::new(),
        guard: Default::default(),
    };
    model.resend(&new_code, 1);
    assert_eq!(model.verify(&guess(send.pin, 7), 2), Verdict::Wrong { remaining: 4 });
    assert_eq!(model.verify(&guess(send.pin, 8), 3), Verdict::Verified { remaining: 3 });
    assert_eq!(model.verify(&guess(send.pin, 8), 4), Verdict::Terminal(Terminal::AlreadyVerified));
}

#[test]
fn ten_failures_lock_a_number_longer_each_time_and_a_success_resets() {
    let mut model = Model::default();
    let mut fail_ten = |start: u64| {
        for round in 0..2 {
            let send = send(1, &open());
            assert!(matches!(model.send(&send, start), SendOutcome::Accepted { .. }), "round {round}");
            for _ in 0..5 {
                assert!(matches!(model.verify(&guess(send.pin, 0), start), Verdict::Wrong { .. }));
            }
        }
        match model.send(&send(1, &open()), start) {
            SendOutcome::Refused(Refusal::Locked { retry_ms }) => retry_ms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fail_ten(0), 900_000);
    assert_eq!(fail_ten(900_000), 3_600_000);
    assert_eq!(fail_ten(4_500_000), 86_400_000);
    let after = 4_500_000 + 86_400_000;
    let right = send(1, &open());
    model.send(&right, after);
    assert_eq!(model.verify(&guess(right.pin, 7), after), Verdict::Verified { remaining: 4 });
    assert!(matches!(model.send(&send(2, &open()), 0), SendOutcome::Accepted { .. }), "other numbers are free");
}

#[test]
fn a_throttled_guess_costs_nothing() {
    let (mut model, send) = (Model::default(), send(1, &Limits::default()));
    model.send(&send, 0);
    assert_eq!(model.verify(&guess(send.pin, 0), 0), Verdict::Wrong { remaining: 4 });
    assert_eq!(model.verify(&guess(send.pin, 7), 1_000), Verdict::Refused(Refusal::Throttled { retry_ms: 2_000 }));
    assert_eq!(model.verify(&guess(send.pin, 7), 3_000), Verdict::Verified { remaining: 3 });
}

#[test]
fn a_callers_limit_counts_whatever_it_names_and_a_refusal_counts_nowhere() {
    let mut model = Model::default();
    let (three, two): (Rate, Rate) = ("3/1h".parse().expect("a rate"), "2/1m".parse().expect("a rate"));
    let from = |number, key| ModelSend { caller_limits: vec![(key, three), (key + 1, two)], ..send(number, &open()) };
    for number in [1, 2] {
        assert!(matches!(model.send(&from(number, 8), 0), SendOutcome::Accepted { .. }));
    }
    let refused = |retry_ms| SendOutcome::Refused(Refusal::CallerLimit { retry_ms });
    assert_eq!(model.send(&from(3, 8), 0), refused(60_000));
    assert!(matches!(model.send(&from(3, 10), 0), SendOutcome::Accepted { .. }), "another value is free");
    assert!(matches!(model.send(&from(3, 8), 60_000), SendOutcome::Accepted { .. }));
    assert_eq!(model.send(&from(4, 8), 60_000), refused(3_540_000), "what was refused was not counted");
}

#[test]
fn a_send_joins_the_pin_that_waits_or_ends_it() {
    let mut model = Model::default();
    let first = ModelSend { by_number: Some(WhenLive::Join), ..send(1, &open()) };
    assert!(matches!(model.send(&first, 5), SendOutcome::Accepted { .. }));
    let second = ModelSend { pin: PinId::random(), ..first.clone() };
    assert_eq!(model.send(&second, 9), SendOutcome::Live { pin: first.pin, created_ms: 5, expires_ms: 300_005 });
    assert_eq!(model.verify(&guess(second.pin, 7), 9), Verdict::Unknown, "nothing was changed");
    let third = ModelSend { by_number: Some(WhenLive::Supersede), pin: PinId::random(), ..first.clone() };
    assert!(matches!(model.send(&third, 10), SendOutcome::Accepted { .. }));
    assert_eq!(model.verify(&guess(first.pin, 7), 11), Verdict::Terminal(Terminal::Canceled));
    assert!(matches!(model.verify(&guess(third.pin, 7), 12), Verdict::Verified { .. }));
    assert!(matches!(model.send(&second, 13), SendOutcome::Accepted { .. }), "one that was verified does not wait");
}

#[test]
fn a_pause_holds_between_all_messages_of_a_number() {
    let mut model = Model::default();
    let first = ModelSend { pause_ms: 10_000, ..send(1, &open()) };
    model.send(&first, 0);
    let again = ModelSend { pin: PinId::random(), ..first.clone() };
    assert_eq!(model.send(&again, 4_000), SendOutcome::Refused(Refusal::TooSoon { retry_ms: 6_000 }));
    let resend = ModelResend {
        pin: first.pin,
        new_code: None,
        is_push: false,
        limits: open(),
        pause_ms: 10_000,
        caller_limits: Vec::new(),
        guard: Default::default(),
    };
    assert_eq!(model.resend(&resend, 9_999), ResendOutcome::Refused(Refusal::TooSoon { retry_ms: 1 }));
    assert!(matches!(model.resend(&resend, 10_000), ResendOutcome::Accepted { .. }));
    assert!(matches!(model.send(&again, 20_000), SendOutcome::Accepted { .. }));
}

#[test]
fn an_idempotency_key_gives_the_first_answer_again() {
    let mut model = Model::default();
    let first = ModelSend { idempotency: Some((1, 1)), ..send(1, &open()) };
    model.send(&first, 5);
    let again = ModelSend { pin: PinId::random(), ..first.clone() };
    assert_eq!(model.send(&again, 9), SendOutcome::Repeated { pin: first.pin, created_ms: 5, expires_ms: 300_005 });
    assert_eq!(model.send(&ModelSend { idempotency: Some((1, 2)), ..again }, 9), SendOutcome::KeyReused);
}
