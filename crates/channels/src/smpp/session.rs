//! A bound connection: sends what waits, within the window, takes the answers and the receipts, asks a silent peer whether it
//! lives, and unbinds when no more messages will come.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use rusmpp::pdus::{DataSmResp, DeliverSmResp};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::receipt;
use super::status::is_too_much;
use super::submit::{Sent, Submit};
use super::wire::{self, Head, Incoming};
use super::{Link, MOST_ENQUIRE_SECONDS};
use crate::received::ReceivedReceipt;

/// How much may wait to be written: a peer that asks and does not read is none.
const UNWRITTEN: usize = 1024 * 1024;
/// How many receipts may wait to be kept.
const UNKEPT: usize = 1024;
/// How long an SMSC that has too much is left alone, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(4));

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// No more messages will come.
    Unbound,
    /// The link is lost, and why.
    Lost(&'static str),
}

/// Numbers of our commands: 1 to this.
const LAST_SEQUENCE: u32 = 0x7FFF_FFFF;

pub(super) struct Session<'l> {
    link: &'l Link,
    unwritten: BytesMut,
    sequence: u32,
    /// What waits for an answer, and in what order it was sent.
    pending: HashMap<u32, Sent>,
    oldest: VecDeque<(Instant, u32)>,
    /// Answers to receipts, once they are kept or not.
    keeping: FuturesUnordered<BoxFuture<'static, (CommandId, u32, bool)>>,
    heard: Instant,
    /// When the answer to our question is due.
    enquired: Option<Instant>,
    pause: Duration,
    paused_until: Option<Instant>,
    /// When unbinding is given up.
    unbinding: Option<Instant>,
    /// Why the session ends.
    end: Option<End>,
}

impl<'l> Session<'l> {
    pub(super) fn new(link: &'l Link, sequence: u32) -> Self {
        Self {
            link,
            unwritten: BytesMut::new(),
            sequence,
            pending: HashMap::new(),
            oldest: VecDeque::new(),
            keeping: FuturesUnordered::new(),
            heard: Instant::now(),
            enquired: None,
            pause: PAUSES.0,
            paused_until: None,
            unbinding: None,
            end: None,
        }
    }

    /// Serves until the link is lost, or until there are no more orders and the SMSC agreed to part. What is without an
    /// answer then never gets one.
    pub(super) async fn run(
        mut self,
        stream: impl AsyncRead + AsyncWrite,
        mut read: BytesMut,
        orders: &mut mpsc::Receiver<Submit>,
    ) -> End {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut has_orders = true;
        let mut is_flushed = true;
        loop {
            self.take_all(&mut read);
            self.look_at_the_clock(has_orders);
            if let Some(end) = self.end.take() {
                // The last word, an answer to unbind, may still leave.
                let _ = tokio::time::timeout(self.link.deadline / 4, writer.write_all(&self.unwritten)).await;
                let _ = tokio::time::timeout(self.link.deadline / 4, writer.shutdown()).await;
                return end;
            }
            let may_send = has_orders && self.paused_until.is_none() && self.pending.len() < self.link.window;
            let next_look = self.next_look();
            tokio::select! {
                read = reader.read_buf(&mut read) => match read {
                    Ok(1..) => self.heard = Instant::now(),
                    Ok(0) | Err(_) => self.lose("connection_lost"),
                },
                written = write(&mut writer, &mut self.unwritten), if !(is_flushed && self.unwritten.is_empty()) => match written {
                    Ok(all) => is_flushed = all,
                    Err(_) => self.lose("connection_lost"),
                },
                order = orders.recv(), if may_send => match order {
                    Some(order) => self.submit(order),
                    None => has_orders = false,
                },
                Some((id, sequence, is_kept)) = self.keeping.next() => self.answer_receipt(id, sequence, is_kept),
                () = sleep_until(next_look) => {}
            }
        }
    }

    /// Notes that the link is lost.
    fn lose(&mut self, reason: &'static str) {
        // Only the first reason is one; and a peer that hangs up while we unbind does what it was asked.
        let end = if self.unbinding.is_some() { End::Unbound } else { End::Lost(reason) };
        self.end.get_or_insert(end);
    }

    fn submit(&mut self, order: Submit) {
        let Some((pdu, sent)) = order.begin() else { return };
        let sequence = self.say(pdu);
        self.oldest.push_back((Instant::now() + self.link.deadline, sequence));
        self.pending.insert(sequence, sent);
    }

    /// Says something of our own.
    fn say(&mut self, pdu: impl Into<Pdu>) -> u32 {
        self.sequence = if self.sequence >= LAST_SEQUENCE { 1 } else { self.sequence + 1 };
        wire::put(&mut self.unwritten, CommandStatus::EsmeRok, self.sequence, pdu);
        self.sequence
    }

    fn reply(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) {
        wire::put(&mut self.unwritten, status, sequence, pdu);
        if self.unwritten.len() > UNWRITTEN {
            self.lose("smpp_protocol");
        }
    }

    /// Notes what has become due.
    fn look_at_the_clock(&mut self, has_orders: bool) {
        let now = Instant::now();
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
        }
        // Nobody waits for these any more, and the SMSC's window must not stay full of them.
        let mut is_overdue = false;
        while let Some((due, sequence)) = self.oldest.front().copied()
            && (due <= now || !self.pending.contains_key(&sequence))
        {
            is_overdue |= self.pending.remove(&sequence).is_some();
            self.oldest.pop_front();
        }
        if !has_orders && self.pending.is_empty() && self.unbinding.is_none() {
            self.say(Pdu::Unbind);
            self.unbinding = Some(now + self.link.deadline / 2);
        }
        if self.unbinding.is_some_and(|until| until <= now) {
            self.lose("silent");
        }
        if self.enquired.is_some_and(|due| due <= now) {
            self.lose("silent");
        } else if self.enquired.is_none() && (is_overdue || now.duration_since(self.heard) >= self.link.enquire_every) {
            self.say(Pdu::EnquireLink);
            self.enquired = Some(now + self.link.deadline / 2);
        }
    }

    fn next_look(&self) -> Instant {
        let ask = self.heard + self.link.enquire_every;
        let far = Instant::now() + MOST_ENQUIRE_SECONDS;
        let dates = [self.enquired.or(Some(ask)), self.paused_until, self.unbinding, self.oldest.front().map(|(due, _)| *due)];
        dates.into_iter().flatten().min().unwrap_or(far)
    }

    fn take_all(&mut self, read: &mut BytesMut) {
        while self.end.is_none() {
            match wire::take(read) {
                Ok(Some(Incoming::Command(command))) => self.hear(&command),
                Ok(Some(Incoming::Unreadable(head))) => self.hear_unreadable(head),
                Ok(None) => return,
                Err(wire::NoSmpp) => self.lose("smpp_protocol"),
            }
        }
    }

    fn hear(&mut self, command: &Command) {
        let (sequence, status) = (command.sequence_number(), command.status());
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp, body) => {
                let id = match body {
                    Some(Pdu::SubmitSmResp(body)) => receipt::plain_id(body.message_id().as_str()),
                    _ => None,
                };
                self.settle(sequence, status, id);
            }
            (CommandId::GenericNack, _) => self.settle(sequence, status, None),
            (CommandId::EnquireLinkResp, _) => self.enquired = None,
            (CommandId::EnquireLink, _) => self.reply(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp),
            (CommandId::Unbind, _) => {
                self.reply(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp);
                self.lose("unbound");
            }
            (CommandId::UnbindResp, _) if self.unbinding.is_some() => self.end = Some(End::Unbound),
            (id @ CommandId::DeliverSm, Some(Pdu::DeliverSm(message))) => {
                let (class, text) = (message.esm_class.into(), message.short_message().as_ref());
                let receipt = receipt::read(class, text, message.tlvs(), self.link.receipt_ids);
                self.receive(id, sequence, receipt);
            }
            (id @ CommandId::DataSm, Some(Pdu::DataSm(message))) => {
                let receipt = receipt::read(message.esm_class.into(), &[], message.tlvs(), self.link.receipt_ids);
                self.receive(id, sequence, receipt);
            }
            (id, _) if u32::from(id) & 0x8000_0000 != 0 || id == CommandId::AlertNotification => {}
            (id, _) => self.hear_unreadable(Head { id, status, sequence }),
        }
    }

    /// What its head alone says. An answer is one whatever its body; a message that makes no sense now will not later.
    fn hear_unreadable(&mut self, head: Head) {
        match head.id {
            CommandId::SubmitSmResp => self.settle(head.sequence, head.status, None),
            CommandId::DeliverSm => self.answer_to(head.id, head.sequence, CommandStatus::EsmeRxPAppn),
            CommandId::DataSm => self.answer_to(head.id, head.sequence, CommandStatus::EsmeRxPAppn),
            id if u32::from(id) & 0x8000_0000 != 0 => {}
            _ => self.reply(CommandStatus::EsmeRinvcmdid, head.sequence, Pdu::GenericNack),
        }
    }

    fn settle(&mut self, sequence: u32, status: CommandStatus, id: Option<String>) {
        // One that is not pending any more came too late, or answers nothing of ours.
        let Some(sent) = self.pending.remove(&sequence) else { return };
        if is_too_much(status) {
            // Several refusals of one moment are one.
            if self.paused_until.is_none() {
                self.paused_until = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(PAUSES.1);
            }
        } else {
            self.pause = PAUSES.0;
        }
        sent.answer(status, id);
    }

    fn receive(&mut self, id: CommandId, sequence: u32, receipt: Option<pinfold_core::receipt::Receipt>) {
        let (Some(receipt), Some(sink)) = (receipt, &self.link.receipts) else {
            // A person's message, or a receipt that nobody wants.
            return self.answer_to(id, sequence, CommandStatus::EsmeRok);
        };
        let (received, kept) = ReceivedReceipt::new(self.link.tenant.get().copied(), self.link.connection, "smpp", receipt);
        if self.keeping.len() >= UNKEPT || sink.try_send(received).is_err() {
            return self.answer_receipt(id, sequence, false);
        }
        self.keeping.push(Box::pin(async move { (id, sequence, kept.await.is_ok()) }));
    }

    fn answer_receipt(&mut self, id: CommandId, sequence: u32, is_kept: bool) {
        self.answer_to(id, sequence, if is_kept { CommandStatus::EsmeRok } else { CommandStatus::EsmeRxTAppn });
    }

    fn answer_to(&mut self, id: CommandId, sequence: u32, status: CommandStatus) {
        if id == CommandId::DataSm {
            self.reply(status, sequence, DataSmResp::default());
        } else {
            self.reply(status, sequence, DeliverSmResp::default());
        }
    }
}

/// Writes some of what waits, or else sees to it that all of it leaves; whether all has left. Dropping it loses nothing.
async fn write(writer: &mut (impl AsyncWrite + Unpin), unwritten: &mut BytesMut) -> io::Result<bool> {
    if unwritten.is_empty() {
        writer.flush().await.map(|()| true)
    } else {
        match writer.write_buf(unwritten).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            _ => Ok(false),
        }
    }
}
