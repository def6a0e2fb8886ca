//! How the process ends. A *soft* stop says at once that it is not ready, lets messages in hand finish and then requests
//! in hand, and exits 0. A *hard* stop, by a second signal or because the soft one takes too long, drops everything and exits as the
//! signal would. And *someone crashed*: background work that ends before anybody asked stops the rest softly, and the
//! exit code says so.
//!
//! Only this file starts background work; it waits for all of it.

use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The exit code when background work ended by itself.
const CRASHED: u8 = 70;
/// How long work in hand may take after a soft stop. Requests are cut off then; a little later everything is.
pub const FINISH: Duration = Duration::from_secs(25);
const WIND_UP: Duration = Duration::from_secs(3);

/// The life of the process.
#[derive(Clone, Default)]
pub struct Lifecycle {
    /// Cancelled when the process shall finish what it has in hand.
    soft: CancellationToken,
    /// Cancelled when the HTTP server shall take no new connection.
    closing: CancellationToken,
    /// Cancelled when everything shall be dropped.
    hard: CancellationToken,
    /// What ends by itself after the soft stop.
    workers: TaskTracker,
    /// Everything else that is waited for.
    tracker: TaskTracker,
    crashed: Arc<OnceLock<&'static str>>,
    running: Arc<Mutex<Vec<&'static str>>>,
}

/// The signals that end a process.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next signal, as the exit code of a process that it ends.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.interrupt.recv() => 130,
        }
    }
}

impl Lifecycle {
    /// Cancelled when the process shall finish what it has in hand and take nothing new.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when everything shall be dropped.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Counts work that somebody else starts; the process waits for it.
    pub fn tracker(&self) -> TaskTracker {
        self.tracker.clone()
    }

    /// Starts background work that lasts until the soft stop. When it ends earlier, by an error or a panic or just so,
    /// someone crashed.
    pub fn start<E: Display + 'static>(&self, name: &'static str, work: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.workers.spawn(self.clone().guard(name, work));
    }

    /// Starts the server that `serve` makes. The token it is given is cancelled when it shall take no new connection:
    /// after the workers are done, which may need it, and after the time for others to notice.
    pub fn start_server<E: Display + 'static, F>(&self, name: &'static str, serve: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        self.tracker.spawn(self.clone().guard(name, serve(self.closing.clone())));
    }

    async fn guard<E: Display>(self, name: &'static str, work: impl Future<Output = Result<(), E>>) {
        self.running().push(name);
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        self.running().retain(|running| *running != name);
        let why = match ended {
            Ok(Ok(())) if self.soft.is_cancelled() => return,
            Ok(Ok(())) => "it ended".to_owned(),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "it panicked".to_owned(),
        };
        tracing::error!(work = name, why, "background work ended by itself; stopping");
        let _ = self.crashed.set(name);
        self.soft.cancel();
    }

    /// The names of what has not ended.
    fn running(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a signal or a crash, then ends everything. `drain` is the time between the soft stop and the moment
    /// when no new connection is accepted.
    pub async fn run_until_stopped(self, mut signals: Signals, drain: Duration) -> ExitCode {
        let mut hard_code = 143;
        tokio::select! {
            code = signals.next() => hard_code = code,
            () = self.soft.cancelled() => {}
        }
        tracing::info!("stopping: finishing what is in hand");
        self.soft.cancel();
        let finish = async {
            self.workers.close();
            tokio::join!(tokio::time::sleep(drain), self.workers.wait());
            self.closing.cancel();
            self.tracker.close();
            self.tracker.wait().await;
        };
        let limit = drain + FINISH + WIND_UP;
        let is_finished = tokio::select! {
            () = finish => true,
            code = signals.next() => {
                hard_code = code;
                tracing::warn!("stopped hard: a second signal");
                false
            }
            () = tokio::time::sleep(limit) => {
                let running = self.running().join(", ");
                tracing::error!(seconds = limit.as_secs(), running, "stopped hard: work in hand did not finish");
                false
            }
        };
        self.hard.cancel();
        match self.crashed.get() {
            Some(name) => {
                tracing::error!(work = name, "someone crashed");
                ExitCode::from(CRASHED)
            }
            None if is_finished => {
                tracing::info!("stopped");
                ExitCode::SUCCESS
            }
            None => ExitCode::from(hard_code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a life of which one piece of work ends by itself, and tells the exit code.
    async fn end_of(work: impl Future<Output = Result<(), String>> + Send + 'static) -> String {
        let life = Lifecycle::default();
        let soft = life.soft();
        life.start("the other", async move {
            soft.cancelled().await;
            Ok::<_, String>(())
        });
        life.start("the one", work);
        let signals = Signals::listen().expect("signals can be listened to");
        format!("{:?}", life.run_until_stopped(signals, Duration::ZERO).await)
    }

    #[tokio::test]
    async fn work_that_ends_by_itself_is_a_crash_however_it_ends() {
        let crashed = format!("{:?}", ExitCode::from(CRASHED));
        assert_eq!(end_of(async { Ok(()) }).await, crashed);
        assert_eq!(end_of(async { Err("no disk".to_owned()) }).await, crashed);
        assert_eq!(end_of(async { panic!("a bug") }).await, crashed);
    }

    #[tokio::test]
    async fn a_soft_stop_waits_for_all_work_and_is_a_success() {
        let life = Lifecycle::default();
        let soft = life.soft();
        let (done, mut is_done) = tokio::sync::oneshot::channel();
        life.start("worker", async move {
            soft.cancelled().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = done.send(());
            Ok::<_, String>(())
        });
        life.start_server("server", |closing| async move {
            closing.cancelled().await;
            is_done.try_recv().map_err(|_| "the worker still needed the server")
        });
        life.soft().cancel();
        let signals = Signals::listen().expect("signals can be listened to");
        let code = life.run_until_stopped(signals, Duration::from_millis(20)).await;
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    }
}
