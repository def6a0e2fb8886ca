//! Where the master key comes from: `security.master_key`, which may stand in a file of its own, or what a command prints, so that a
//! key management service can hand it out. A command gets ten seconds and is run once by each process.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use pinfold_core::keys::MasterKey;
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{Faults, Security, Settings};

const PATIENCE: Duration = Duration::from_secs(10);
/// More than any number of versions takes.
const MOST_BYTES: u64 = 64 * 1_024;

/// The platform's master key.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn master_key(settings: &Settings) -> Result<MasterKey, Faults> {
    let security = &settings.security;
    if let Some(fault) = fault(security) {
        return Err(Faults::one(fault));
    }
    if security.master_key_command.is_empty() {
        return MasterKey::parse(security.master_key.expose_secret()).map_err(|fault| named("security.master_key", &fault));
    }
    let printed = run(&security.master_key_command, PATIENCE).map_err(Faults::one)?;
    MasterKey::parse(&printed).map_err(|fault| named("what security.master_key_command prints", &fault))
}

fn named(what: &str, fault: &pinfold_core::keys::MasterKeyFault) -> Faults {
    Faults::one(format!("{what} {fault}"))
}

/// What is wrong with the settings alone, without running anything.
pub(super) fn fault(security: &Security) -> Option<String> {
    let (key, command) = (security.master_key.expose_secret(), &security.master_key_command);
    match (key.is_empty(), command.is_empty()) {
        (true, false) => None,
        (false, false) => Some("security.master_key and security.master_key_command are both set: keep one".to_owned()),
        _ => MasterKey::parse(key).err().map(|fault| format!("security.master_key {fault}")),
    }
}

/// What a command prints. Its standard error is ours, so that it can say what is wrong.
fn run(command: &[String], patience: Duration) -> Result<Zeroizing<String>, String> {
    let [program, arguments @ ..] = command else { return Err("security.master_key_command is empty".to_owned()) };
    let name = "security.master_key_command";
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: {program} cannot be started ({error}): name the program by its whole path"))?;
    let mut output = child.stdout.take().expect("the output is piped");
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut text = Zeroizing::new(String::new());
        let read = output.by_ref().take(MOST_BYTES).read_to_string(&mut text);
        let _ = sender.send(read.map(|_| text));
    });
    let received = receiver.recv_timeout(patience);
    if received.is_err() {
        // Whoever holds its output open longer than that is not waited for either.
        let _ = child.kill();
        let _ = child.wait();
        let seconds = patience.as_secs();
        return Err(format!("{name}: {program} printed no key within {seconds} s: run it by hand to see why"));
    }
    let status = child.wait().map_err(|error| format!("{name}: {program} cannot be waited for ({error})"))?;
    if !status.success() {
        return Err(format!("{name}: {program} failed ({status}): what it said is above"));
    }
    received.expect("looked at before").map_err(|_| format!("{name}: {program} printed something that is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::check::tests::sound;

    fn with(key: &str, command: &[&str]) -> Result<MasterKey, String> {
        let mut settings = sound();
        settings.security.master_key = key.to_owned().into();
        settings.security.master_key_command = command.iter().map(|part| (*part).to_owned()).collect();
        master_key(&settings).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_command_prints_the_key_in_all_its_versions() {
        let (one, two) = ("oCLyJ5DqNVFf3pOpjVbh5bLXDZzYfxq0sUW3H3Gm2Ks=", "3GvOsN4S0tNPr0oqJfV2c4OvsvsT8Uf1yF7bIYDIY5s=");
        let printed = with("", &["printf", &format!("2:{two}\\n1:{one}\\n")]).expect("a key");
        assert_eq!((printed.current(), printed.older()), (2, vec![1]));
        let set = with(one, &[]).expect("a key");
        assert_eq!(printed.credential_hash("x"), set.credential_hash("x"));
    }

    #[test]
    fn what_is_wrong_says_what_to_do() {
        let fault = |key: &str, command: &[&str]| with(key, command).expect_err("a fault");
        assert!(fault("", &[]).contains("openssl rand -base64 32"));
        assert!(fault("AAAA", &["true"]).contains("keep one"));
        assert!(fault("", &["/nowhere/kms"]).contains("cannot be started"));
        assert!(fault("", &["false"]).contains("failed"));
        assert!(fault("", &["true"]).contains("is not set"));
        assert!(fault("", &["printf", "AAAA"]).contains("has 3 bytes"));
        let slow = ["sleep".to_owned(), "30".to_owned()];
        let fault = run(&slow, Duration::from_millis(50)).expect_err("no key");
        assert!(fault.contains("printed no key"), "{fault}");
    }
}
