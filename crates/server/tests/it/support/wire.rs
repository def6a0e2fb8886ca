//! Redis' protocol, as much as a test needs to put something odd where the product would not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use url::Url;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A status, an error or a number, with its sign.
    Line(String),
    Bytes(Vec<u8>),
    List(Vec<Reply>),
}

impl Reply {
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    pub fn list(self) -> Vec<Self> {
        match self {
            Self::List(list) => list,
            other => panic!("{other:?}"),
        }
    }
}

/// Sends one command to the server of `url`.
pub fn command(url: &str, words: &[&[u8]]) -> Reply {
    let url = Url::parse(url).expect("an address");
    let mut stream = TcpStream::connect(url.socket_addrs(|| Some(6379)).expect("an address").as_slice()).expect("Redis listens");
    let database = url.path().trim_start_matches('/');
    let login: [&[u8]; 3] = [b"AUTH", url.username().as_bytes(), url.password().unwrap_or_default().as_bytes()];
    let mut bytes = encode(&login);
    bytes.extend(encode(&[b"SELECT", database.as_bytes()]));
    bytes.extend(encode(words));
    stream.write_all(&bytes).expect("Redis reads");
    let mut stream = BufReader::new(stream);
    (0..3).map(|_| read(&mut stream)).last().expect("three replies")
}

fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend_from_slice(word);
        bytes.extend(b"\r\n");
    }
    bytes
}

fn read(stream: &mut BufReader<TcpStream>) -> Reply {
    let mut line = String::new();
    stream.read_line(&mut line).expect("Redis answers");
    let line = line.trim_end().to_owned();
    let length = line.get(1..).and_then(|text| text.parse::<usize>().ok());
    match (line.as_bytes().first(), length) {
        (Some(b'$'), Some(length)) => {
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes).expect("Redis answers whole");
            bytes.truncate(length);
            Reply::Bytes(bytes)
        }
        (Some(b'*'), Some(length)) => Reply::List((0..length).map(|_| read(stream)).collect()),
        _ => Reply::Line(line),
    }
}
