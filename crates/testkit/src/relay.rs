//! A way to a server on loopback that can forget its connections: they stay open and nothing comes through any more, as when
//! a network drops what it was told nothing about.

use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

/// The relay; it ends when it is dropped.
#[derive(Debug)]
pub struct Relay {
    url: Url,
    forgotten: watch::Sender<u32>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// A relay to the server of an address with a port.
    #[expect(clippy::disallowed_methods, reason = "a test's own runtime ends what it began")]
    pub async fn to(server: &str) -> Self {
        let mut url = Url::parse(server).expect("an address");
        let behind = (Ipv4Addr::LOCALHOST, url.port().expect("an address with a port"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        url.set_port(Some(listener.local_addr().expect("bound").port())).expect("an address takes a port");
        let forgotten = watch::Sender::new(0);
        let told = forgotten.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, behind, told.subscribe()));
            }
        });
        Self { url, forgotten, accepting }
    }

    /// The server's address by way of the relay.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Forgets every connection there is; later ones are carried.
    pub fn forget(&self) {
        self.forgotten.send_modify(|times| *times += 1);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(mut client: TcpStream, behind: (Ipv4Addr, u16), mut forgotten: watch::Receiver<u32>) {
    let Ok(mut server) = TcpStream::connect(behind).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        // Both ends stay open: neither is told.
        Ok(()) = forgotten.changed() => std::future::pending().await,
    }
}
