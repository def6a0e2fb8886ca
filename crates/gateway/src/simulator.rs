//! The simulated phone. The simulator connector brings messages here as it would to a provider; the page and scripts see
//! them. Everything is in this process' memory, bounded, and gone with it.

mod accept;
mod clear;
mod events;
mod inbox;
mod list;
mod page;
mod script;
mod viewer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::Method;
use pinfold_core::id::TenantId;
use pinfold_http::Mount;
use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use inbox::{Inbox, Message};

/// How many news a slow watcher may be behind before it has to load everything anew.
const NEWS: usize = 256;
/// How many messages may wait for their time.
const MOST_WAITING: usize = 1_000;

/// Adds the phone's page and what it talks to. Not part of the API's document.
pub fn mount_simulator(mount: &mut Mount) {
    mount.add_page(Method::GET, "/simulator", "simulator.page", page::handler);
    mount.add_page(Method::GET, "/simulator/assets/{file}", "simulator.asset", page::asset);
    mount.add_page(Method::GET, "/simulator/api/messages", "simulator.messages.list", list::handler);
    mount.add_page(Method::DELETE, "/simulator/api/messages", "simulator.messages.clear", clear::handler);
    mount.add_page(Method::POST, "/simulator/api/messages", "simulator.messages.accept", accept::handler);
    mount.add_page(Method::GET, "/simulator/api/events", "simulator.events", events::handler);
}

/// Who may look at the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatorAccess {
    /// Everybody sees everything: for development.
    Open,
    /// Sandbox API keys see the messages of their tenant.
    SandboxKeys,
}

/// The simulated phone of a process.
pub struct Simulator {
    access: SimulatorAccess,
    inbox: Mutex<Inbox>,
    news: broadcast::Sender<News>,
    waiting: AtomicUsize,
    tracker: TaskTracker,
    runtime: Handle,
    stop: CancellationToken,
}

/// Something that watchers of the phone hear of.
#[derive(Clone)]
enum News {
    Arrived(Arc<Message>),
    Cleared { tenant: Option<TenantId>, to: Option<Arc<str>> },
}

impl Simulator {
    /// An empty phone. Messages that come late are tasks of `tracker` on the present runtime, which outlives every
    /// worker's; `stop` ends them, and everybody's watching.
    #[must_use]
    pub fn new(access: SimulatorAccess, tracker: TaskTracker, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            access,
            inbox: Mutex::default(),
            news: broadcast::Sender::new(NEWS),
            waiting: AtomicUsize::new(0),
            tracker,
            runtime: Handle::current(),
            stop,
        })
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a message.
    fn show(&self, message: Message) {
        let message = Arc::new(message);
        self.inbox().push(Arc::clone(&message));
        // Nobody may be watching.
        let _ = self.news.send(News::Arrived(message));
    }

    /// Shows a message after a while; `false` when too many wait already.
    fn show_later(self: &Arc<Self>, after: Duration, message: impl FnOnce() -> Message + Send + 'static) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        let phone = Arc::clone(self);
        let task = async move {
            let is_due = phone.wait(after).await;
            phone.waiting.fetch_sub(1, Ordering::Relaxed);
            if is_due {
                phone.show(message());
            }
        };
        self.tracker.spawn_on(task, &self.runtime);
        true
    }

    /// Waits; `false` when the process stops first.
    async fn wait(&self, span: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(span) => true,
            () = self.stop.cancelled() => false,
        }
    }
}
