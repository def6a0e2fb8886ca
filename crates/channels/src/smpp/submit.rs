//! One message between whoever waits for it and the link that sends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rusmpp::CommandStatus;
use rusmpp::pdus::SubmitSm;
use tokio::sync::oneshot;

use crate::outcome::Outcome;

/// A message on its way to the link.
pub(super) struct Submit {
    pub(super) pdu: SubmitSm,
    turn: Arc<Turn>,
    answer: oneshot::Sender<Answer>,
}

/// What is told to whoever waits.
pub(super) enum Answer {
    /// The SMSC's word, and the id it gave.
    Answered(CommandStatus, Option<String>),
    /// It was not sent.
    NotSent(Outcome),
}

/// A message that was begun: the SMSC may have it.
pub(super) struct Sent(oneshot::Sender<Answer>);

/// Decides between the link that begins to send and the waiting end that gives up: one of the two is first.
struct Turn(AtomicU8);

const WAITING: u8 = 0;
const SENT: u8 = 1;
const GIVEN_UP: u8 = 2;

/// The waiting end. Dropping it gives up.
pub(super) struct Waiting {
    turn: Arc<Turn>,
    answer: oneshot::Receiver<Answer>,
}

impl Submit {
    pub(super) fn new(pdu: SubmitSm) -> (Self, Waiting) {
        let turn = Arc::new(Turn(AtomicU8::new(WAITING)));
        let (answer, answered) = oneshot::channel();
        (Self { pdu, turn: Arc::clone(&turn), answer }, Waiting { turn, answer: answered })
    }

    /// Begins to send it; `None` when nobody waits any more.
    pub(super) fn begin(self) -> Option<(SubmitSm, Sent)> {
        self.turn.leave(SENT).then_some((self.pdu, Sent(self.answer)))
    }

    /// Says that it will not be sent.
    pub(super) fn refuse(self, outcome: Outcome) {
        let _ = self.answer.send(Answer::NotSent(outcome));
    }
}

impl Sent {
    pub(super) fn answer(self, status: CommandStatus, id: Option<String>) {
        // Whoever waited may have given up.
        let _ = self.0.send(Answer::Answered(status, id));
    }
}

impl Waiting {
    /// The answer; `None` when the link was lost before one came.
    pub(super) async fn answer(&mut self) -> Option<Answer> {
        (&mut self.answer).await.ok()
    }

    /// Whether the SMSC may have it. If not, it never will.
    pub(super) fn may_be_sent(&self) -> bool {
        !self.turn.leave(GIVEN_UP)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.turn.leave(GIVEN_UP);
    }
}

impl Turn {
    /// Whether it was still waiting, or has gone this way already when giving up.
    fn leave(&self, to: u8) -> bool {
        match self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(known) => known == GIVEN_UP && to == GIVEN_UP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn either_it_is_sent_or_it_was_given_up() {
        let (submit, waiting) = Submit::new(SubmitSm::default());
        assert!(!waiting.may_be_sent());
        assert!(!waiting.may_be_sent(), "asking again changes nothing");
        assert!(submit.begin().is_none());

        let (submit, waiting) = Submit::new(SubmitSm::default());
        let sent = submit.begin();
        assert!(sent.is_some() && waiting.may_be_sent());

        let (submit, waiting) = Submit::new(SubmitSm::default());
        drop(waiting);
        assert!(submit.begin().is_none());
    }

    #[tokio::test]
    async fn a_lost_link_gives_no_answer() {
        let (submit, mut waiting) = Submit::new(SubmitSm::default());
        drop(submit.begin());
        assert!(waiting.answer().await.is_none() && waiting.may_be_sent());
    }
}
