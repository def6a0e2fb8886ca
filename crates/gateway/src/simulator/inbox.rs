//! The messages of the phone, newest last, and how often each reference was tried. Both are bounded; the oldest goes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use pinfold_core::channel::Channel;
use pinfold_core::id::TenantId;
use pinfold_core::{entropy, segments};
use pinfold_http::clock;
use serde::Serialize;

use crate::simulator::script::recipient_key;
use crate::simulator::viewer::Viewer;

const MOST_MESSAGES: usize = 2_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
const MOST_REFERENCES: usize = 10_000;

/// A message on the phone.
pub(super) struct Message {
    pub(super) tenant: Option<TenantId>,
    /// The recipient, in the one form of all spellings.
    pub(super) key: String,
    /// What watchers get.
    pub(super) json: String,
}

/// What a message says.
pub(super) struct Content {
    pub(super) id: String,
    pub(super) channel: Channel,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) subject: Option<String>,
    pub(super) language: Option<String>,
}

#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    channel: Channel,
    from: &'a str,
    to: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    received_at: String,
}

impl Message {
    /// A message that arrives now.
    pub(super) fn new(tenant: Option<TenantId>, content: &Content) -> Self {
        let counted = (content.channel == Channel::Sms).then(|| segments::count(&content.text));
        let key = recipient_key(&content.to);
        let view = View {
            id: &content.id,
            channel: content.channel,
            from: &content.from,
            to: if key.contains('@') { &content.to } else { &key },
            text: &content.text,
            subject: content.subject.as_deref(),
            language: content.language.as_deref(),
            segments: counted.map(|counted| counted.count),
            encoding: counted.map(|counted| counted.encoding.name()),
            received_at: clock::rfc3339(clock::now_ms()),
        };
        Self { tenant, json: serde_json::to_string(&view).expect("strings serialise"), key }
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.key.len() + self.json.len()
    }
}

/// A new message's id.
pub(super) fn new_id() -> String {
    format!("{:032X}", u128::from_be_bytes(entropy::bytes()))
}

/// The phone's memory.
#[derive(Default)]
pub(super) struct Inbox {
    messages: VecDeque<Arc<Message>>,
    bytes: usize,
    attempts: HashMap<Arc<str>, u32>,
    references: VecDeque<Arc<str>>,
}

impl Inbox {
    /// Adds a message, and forgets the oldest ones past the bounds.
    pub(super) fn push(&mut self, message: Arc<Message>) {
        self.bytes += message.size();
        self.messages.push_back(message);
        while self.messages.len() > MOST_MESSAGES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// What `viewer` may see, of one recipient or of all; newest first.
    pub(super) fn list(&self, viewer: Viewer, to: Option<&str>) -> Vec<Arc<Message>> {
        let is_meant = |message: &&Arc<Message>| viewer.sees(message.tenant) && to.is_none_or(|to| message.key == to);
        self.messages.iter().rev().filter(is_meant).map(Arc::clone).collect()
    }

    /// Forgets what `viewer` may see, of one recipient or of all.
    pub(super) fn clear(&mut self, viewer: Viewer, to: Option<&str>) {
        self.messages.retain(|message| !viewer.sees(message.tenant) || to.is_some_and(|to| message.key != to));
        self.bytes = self.messages.iter().map(|message| message.size()).sum();
    }

    /// Counts an attempt for a reference: 1 for the first.
    pub(super) fn attempt(&mut self, reference: &str) -> u32 {
        if let Some(attempts) = self.attempts.get_mut(reference) {
            *attempts += 1;
            return *attempts;
        }
        if self.references.len() == MOST_REFERENCES
            && let Some(oldest) = self.references.pop_front()
        {
            self.attempts.remove(&oldest);
        }
        let reference: Arc<str> = reference.into();
        self.references.push_back(Arc::clone(&reference));
        self.attempts.insert(reference, 1);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tenant: Option<TenantId>, to: &str, text: String) -> Arc<Message> {
        let content = Content {
            id: new_id(),
            channel: Channel::Sms,
            from: "Pinfold".into(),
            to: to.into(),
            text,
            subject: None,
            language: None,
        };
        Arc::new(Message::new(tenant, &content))
    }

    #[test]
    fn memory_is_bounded_by_count_and_by_size() {
        let mut inbox = Inbox::default();
        for number in 0..2 * MOST_MESSAGES {
            inbox.push(message(None, "41793026727", number.to_string()));
        }
        let list = inbox.list(Viewer::Everybody, None);
        assert_eq!(list.len(), MOST_MESSAGES);
        assert!(list[0].json.contains(r#""text":"3999""#), "the newest comes first");
        for _ in 0..400 {
            inbox.push(message(None, "41793026727", "x".repeat(60_000)));
        }
        assert!(inbox.bytes <= MOST_BYTES);
        assert_eq!(inbox.bytes, inbox.messages.iter().map(|message| message.size()).sum::<usize>());
        for number in 0..2 * MOST_REFERENCES {
            inbox.attempt(&number.to_string());
        }
        assert_eq!((inbox.attempts.len(), inbox.references.len()), (MOST_REFERENCES, MOST_REFERENCES));
    }

    #[test]
    fn a_tenant_sees_and_clears_only_its_own() {
        let (ours, theirs) = (TenantId::random(), TenantId::random());
        let mut inbox = Inbox::default();
        for tenant in [Some(ours), Some(theirs), None] {
            inbox.push(message(tenant, "41793026727", "hello".into()));
            inbox.push(message(tenant, "john@example.com", "hello".into()));
        }
        assert_eq!(inbox.list(Viewer::Tenant(ours), None).len(), 2);
        assert_eq!(inbox.list(Viewer::Tenant(ours), Some("41793026727")).len(), 1);
        inbox.clear(Viewer::Tenant(ours), Some("41793026727"));
        assert_eq!((inbox.list(Viewer::Tenant(ours), None).len(), inbox.list(Viewer::Everybody, None).len()), (1, 5));
        inbox.clear(Viewer::Tenant(ours), None);
        assert_eq!((inbox.list(Viewer::Tenant(ours), None).len(), inbox.list(Viewer::Everybody, None).len()), (0, 4));
        inbox.clear(Viewer::Everybody, None);
        assert_eq!(inbox.bytes, 0);
    }
}
