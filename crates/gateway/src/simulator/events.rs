//! Tells watchers of the phone what happens to it, as server-sent events: one `message` for each that arrives, with the
//! same JSON as in the list, and `cleared`. Whoever falls behind is let go, comes back and loads the list.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use pinfold_http::{Code, Problem};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::State;
use crate::simulator::viewer::Viewer;
use crate::simulator::{News, Simulator, SimulatorAccess};

/// How often a silent stream shows that it lives, and a watcher's API key is looked at again.
const TICK: Duration = Duration::from_secs(5);
const MOST_WATCHERS: usize = 256;

/// Watches until the watcher leaves, the process stops or the watcher's API key ends.
pub(super) async fn handler(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let simulator = Arc::clone(state.phone()?);
    let viewer = Viewer::of(&state, &simulator, &request).await?;
    if simulator.news.receiver_count() >= MOST_WATCHERS {
        return Err(Problem::new(Code::Unavailable).retry_after_ms(5_000));
    }
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher { news: simulator.news.subscribe(), simulator, viewer, ticks, request, state };
    let mut answer = HttpResponse::Ok();
    // A stream that is compressed on its way is kept until there is enough to compress.
    answer.content_type("text/event-stream").insert_header((CONTENT_ENCODING, HeaderValue::from_static("identity")));
    Ok(answer.streaming(stream(watcher).map(Ok::<_, Infallible>)))
}

struct Watcher {
    simulator: Arc<Simulator>,
    state: web::Data<State>,
    request: HttpRequest,
    viewer: Viewer,
    news: Receiver<News>,
    ticks: Interval,
}

fn stream(watcher: Watcher) -> impl Stream<Item = Bytes> {
    futures::stream::unfold(watcher, |mut watcher| async move { watcher.next().await.map(|bytes| (bytes, watcher)) })
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                () = self.simulator.stop.cancelled() => return None,
                news = self.news.recv() => {
                    if let Some(event) = event(self.viewer, &news.ok()?) {
                        return Some(event);
                    }
                }
                _ = self.ticks.tick() => {
                    return self.may_stay().await.then(|| Bytes::from_static(b": still here\n\n"));
                }
            }
        }
    }

    /// Whether the watcher would be let in now.
    async fn may_stay(&self) -> bool {
        self.simulator.access == SimulatorAccess::Open
            || Viewer::of(&self.state, &self.simulator, &self.request).await.is_ok_and(|viewer| viewer == self.viewer)
    }
}

/// What `viewer` hears of it.
fn event(viewer: Viewer, news: &News) -> Option<Bytes> {
    match news {
        News::Arrived(message) => {
            viewer.sees(message.tenant).then(|| format!("event: message\ndata: {}\n\n", message.json).into())
        }
        News::Cleared { tenant, to } => {
            let concerns = tenant.is_none() || viewer.sees(*tenant);
            concerns.then(|| format!("event: cleared\ndata: {}\n\n", json!({ "to": to.as_deref() })).into())
        }
    }
}
