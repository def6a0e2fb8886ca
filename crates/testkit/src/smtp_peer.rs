//! A real SMTP server that keeps the mails it takes: aiosmtpd in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::certificate::Certificate;
use crate::checkout::root;

/// What the server asks of its clients.
#[derive(Clone, Debug, Default)]
pub struct SmtpOptions {
    /// A user name and password without which it takes nothing.
    pub credentials: Option<(String, String)>,
    /// STARTTLS before anything else, with a certificate for `localhost` and 127.0.0.1 that only its own file vouches for.
    pub starttls: bool,
}

/// One mail as the server took it, read by Python's own mail parser.
#[derive(Clone, Debug, Deserialize)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The subject, decoded.
    pub subject: Option<String>,
    /// All headers, decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// The plain text part, decoded.
    pub text: Option<String>,
    /// The HTML part, decoded.
    pub html: Option<String>,
    /// The whole mail as it came.
    pub raw: String,
    /// The user name the client logged in with.
    pub authenticated_as: Option<String>,
    /// Whether it came encrypted.
    pub over_tls: bool,
}

/// The server; ends with the test.
#[derive(Debug)]
pub struct SmtpPeer {
    process: Child,
    port: u16,
    mails: watch::Receiver<Vec<Mail>>,
    certificate: Option<Certificate>,
}

impl SmtpPeer {
    /// Starts on a free loopback port; takes everything from everyone.
    pub fn start() -> Self {
        Self::start_with(SmtpOptions::default())
    }

    /// Starts with demands.
    pub fn start_with(options: SmtpOptions) -> Self {
        let certificate = options.starttls.then(Certificate::new);
        let file = |name| certificate.as_ref().map(|certificate| certificate.file(name));
        let options = json!({
            "credentials": options.credentials,
            "certificate": file("certificate.pem"),
            "key": file("key.pem"),
        });
        let mut process = Command::new(python())
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/smtp_peer.py"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter was found");
        let output = process.stdout.take().expect("the output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let first: Value =
            serde_json::from_str(&lines.next().unwrap_or_default()).expect("the SMTP peer starts; its complaint is above");
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("the SMTP peer says its port");
        let (taken, mails) = watch::channel(Vec::new());
        std::thread::spawn(move || {
            for line in lines {
                let mail = serde_json::from_str(&line).expect("the SMTP peer writes mails");
                taken.send_modify(|all: &mut Vec<Mail>| all.push(mail));
            }
        });
        Self { process, port, mails, certificate }
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file (PEM) that vouches for the certificate, with STARTTLS.
    pub fn certificate(&self) -> Option<PathBuf> {
        self.certificate.as_ref().map(|certificate| certificate.file("certificate.pem"))
    }

    /// Refuses recipients with an answer such as `550 No such user`, or takes them again.
    pub fn refuse_recipients(&mut self, answer: Option<&str>) {
        self.order(&json!({ "RCPT": answer }));
    }

    /// Refuses mails after their data with an answer such as `451 Try again`, or takes them again.
    pub fn refuse_mails(&mut self, answer: Option<&str>) {
        self.order(&json!({ "DATA": answer }));
    }

    /// Takes its time before it answers to a mail's data.
    pub fn delay(&mut self, delay: Duration) {
        self.order(&json!({ "delay": delay.as_secs_f64() }));
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.borrow().clone()
    }

    /// Waits until that many mails were taken, and returns all; panics after `patience`.
    pub async fn wait_for(&self, count: usize, patience: Duration) -> Vec<Mail> {
        let mut mails = self.mails.clone();
        let outcome = tokio::time::timeout(patience, mails.wait_for(|all| all.len() >= count)).await;
        match outcome {
            Ok(all) => all.expect("the SMTP peer runs").clone(),
            Err(_) => panic!("{} of {count} mails were taken within {patience:?}", self.mails().len()),
        }
    }

    fn order(&mut self, order: &Value) {
        let input = self.process.stdin.as_mut().expect("the input is piped");
        writeln!(input, "{order}").expect("the SMTP peer runs");
    }
}

impl Drop for SmtpPeer {
    fn drop(&mut self) {
        // Already gone is as good. If this process is killed, the peer's input ends and so does the peer.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter that has aiosmtpd.
fn python() -> PathBuf {
    let python = std::env::var_os("PINFOLD_TEST_PYTHON").map_or_else(|| root().join(".dev/venv/bin/python"), PathBuf::from);
    assert!(python.exists(), "{} is missing: `sh scripts/ci/venv.sh` makes it", python.display());
    python
}
