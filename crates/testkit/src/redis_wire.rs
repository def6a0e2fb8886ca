//! Just enough of Redis' protocol to ask whether a server is ready and to empty a database.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Sends commands, one per line, and returns the first line of each answer.
pub(crate) fn ask(address: impl ToSocketAddrs, commands: &[&str]) -> io::Result<Vec<String>> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    for command in commands {
        connection.write_all(format!("{command}\r\n").as_bytes())?;
    }
    BufReader::new(connection).lines().take(commands.len()).collect()
}
