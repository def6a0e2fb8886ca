//! What a crash may leave behind: no core file, and nothing that a caller sent in the panic's line.

use std::io::Write;
use std::panic::PanicHookInfo;

/// Switches core dumps off and makes panics say where, not what.
pub fn apply() {
    without_core_dumps();
    std::panic::set_hook(Box::new(report));
}

#[cfg(target_os = "linux")]
fn without_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    // The limit stops files; being undumpable also stops handlers that the kernel pipes memory to.
    let limited = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let undumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if limited.is_err() || undumpable.is_err() {
        tracing::warn!("core dumps cannot be switched off");
    }
}

#[cfg(not(target_os = "linux"))]
fn without_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// A formatted message may quote a request; a literal one cannot.
fn report(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("no message that is safe to log");
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    if tracing::dispatcher::has_been_set() {
        tracing::error!(thread, place, message, "panicked");
    } else {
        let _ = writeln!(std::io::stderr().lock(), "pinfold: thread {thread} panicked at {place}: {message}");
    }
}
