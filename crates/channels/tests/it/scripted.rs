//! An SMTP server that misbehaves as told, line by line.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What a server does about a line.
pub enum Reaction {
    /// Says this.
    Say(&'static str),
    /// Says this and closes.
    SayAndClose(&'static str),
    /// Closes without a word.
    Close,
    /// Says nothing and waits.
    Silence,
    /// Talks without ever ending the line.
    Babble,
}

/// Decides about a line; the first is empty and stands for the connection itself, `.` for a mail's end.
pub type Script = Box<dyn FnMut(&str) -> Reaction + Send>;

/// The server; ends with the test.
pub struct Scripted {
    /// Where it listens on loopback.
    pub port: u16,
    _serving: JoinSet<()>,
}

impl Scripted {
    /// Starts; every connection gets a script of its own.
    pub async fn start(mut script: impl FnMut() -> Script + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream, script()));
            }
        });
        Self { port, _serving: serving }
    }

    /// A server that takes every mail.
    pub fn polite() -> Script {
        Box::new(|line| match line.split(' ').next() {
            Some("") => Reaction::Say("220 here"),
            Some("EHLO") => Reaction::Say("250 here"),
            Some("DATA") => Reaction::Say("354 go on"),
            Some("QUIT") => Reaction::SayAndClose("221 bye"),
            _ => Reaction::Say("250 ok"),
        })
    }
}

async fn converse(stream: TcpStream, mut script: Script) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let (mut line, mut is_content) = (String::new(), false);
    loop {
        if !is_content || line == "." {
            is_content = line == "DATA";
            if !react(script(&line), &mut writing).await {
                return;
            }
        }
        match lines.next_line().await {
            Ok(Some(next)) => line = next,
            _ => return,
        }
    }
}

/// Whether the conversation goes on.
async fn react(reaction: Reaction, writing: &mut OwnedWriteHalf) -> bool {
    let (text, goes_on) = match reaction {
        Reaction::Say(text) => (text, true),
        Reaction::SayAndClose(text) => (text, false),
        Reaction::Close => return false,
        Reaction::Silence => std::future::pending().await,
        Reaction::Babble => loop {
            if writing.write_all(&[b'2'; 4096]).await.is_err() {
                return false;
            }
        },
    };
    writing.write_all(format!("{text}\r\n").as_bytes()).await.is_ok() && goes_on
}
