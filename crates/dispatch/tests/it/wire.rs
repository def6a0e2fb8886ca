//! Redis' protocol, as much as a test needs to put something odd where the driver would not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use url::Url;

/// Sends one command and gives the first line of the answer.
pub fn command(url: &str, words: &[&[u8]]) -> String {
    let url = Url::parse(url).unwrap();
    let mut stream = TcpStream::connect(url.socket_addrs(|| Some(6379)).unwrap().as_slice()).unwrap();
    let database = url.path().trim_start_matches('/');
    let login: [&[u8]; 3] = [b"AUTH", url.username().as_bytes(), url.password().unwrap_or_default().as_bytes()];
    let mut bytes = encode(&login);
    bytes.extend(encode(&[b"SELECT", database.as_bytes()]));
    bytes.extend(encode(words));
    stream.write_all(&bytes).unwrap();
    let mut lines = BufReader::new(stream).lines();
    (0..3).map(|_| lines.next().unwrap().unwrap()).last().unwrap()
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
