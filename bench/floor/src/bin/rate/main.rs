//! Sends requests to one loopback address and prints, as JSON, how long the answers took.
//!
//! With `--per-second` requests arrive at that rate whatever the server does, and a request that waits for a free
//! connection is waiting already: latencies are those a caller would see. Without it every connection asks again as
//! soon as it is answered, which fills a store fastest. `{n}` in path or body is a number counting up from `--first`,
//! `{id}` a line of `--ids`, taken in turn; `--collect FIELD,… --out FILE` keeps those fields of each JSON answer, a line each.

mod arrivals;
mod connection;
mod tally;

use std::{fs, io::Write, rc::Rc, time::Duration};

use arrivals::Arrivals;
use bytes::Bytes;
use connection::Connection;
use http_body_util::Full;
use hyper::{Request, Uri, header::HOST};
use pinfold_floor::{Failure, flags::Flags};
use tally::Tally;
use tokio::task::LocalSet;

/// What one request looks like.
struct Shape {
    authority: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    first: u64,
    ids: Vec<String>,
}

impl Shape {
    fn from(flags: &Flags) -> Result<Self, Failure> {
        let url: String = flags.must("url")?;
        let (authority, path) = url
            .strip_prefix("http://")
            .and_then(|rest| rest.find('/').map(|slash| rest.split_at(slash)))
            .ok_or("--url must be http://127.0.0.1:PORT/…")?;
        if !authority.starts_with("127.0.0.1:") {
            return Err("only loopback is loaded".into());
        }
        let headers = flags
            .all("header")
            .map(|line| line.split_once(':').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())))
            .collect::<Option<_>>()
            .ok_or("--header must be NAME: VALUE")?;
        let ids = match flags.maybe::<String>("ids")? {
            Some(file) => fs::read_to_string(file)?.lines().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        Ok(Self {
            authority: authority.to_owned(),
            path: path.to_owned(),
            headers,
            body: flags.must("body")?,
            first: flags.or("first", 0)?,
            ids,
        })
    }

    fn request(&self, turn: u64) -> Result<Request<Full<Bytes>>, Failure> {
        let number = (self.first + turn).to_string();
        let id = match self.ids.len() {
            0 => "",
            count => self.ids[usize::try_from((self.first + turn) % count as u64)?].as_str(),
        };
        let fill = |text: &str| text.replace("{n}", &number).replace("{id}", id);
        let mut request = Request::post(fill(&self.path).parse::<Uri>()?).header(HOST, &self.authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::from(fill(&self.body)))?)
    }
}

/// One connection's part: takes arrivals until there are none left.
async fn serve(shape: Rc<Shape>, arrivals: Rc<Arrivals>, tally: Rc<Tally>) -> Result<(), Failure> {
    let mut connection = Connection::to(&shape.authority).await?;
    while let Some(arrival) = arrivals.next().await {
        match connection.ask(shape.request(arrival.turn)?).await {
            Ok((status, body)) => tally.answered(status, arrival.at.elapsed(), &body),
            Err(_) => {
                tally.failed();
                connection = Connection::to(&shape.authority).await?;
            }
        }
    }
    Ok(())
}

async fn run(flags: Flags) -> Result<(), Failure> {
    let shape = Rc::new(Shape::from(&flags)?);
    let requests = flags.or("requests", u64::MAX)?;
    let span = Duration::from_secs(flags.or("seconds", 60)?);
    let fields = flags.maybe::<String>("collect")?.map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let tally = Rc::new(Tally::new(fields)?);
    let arrivals = Rc::new(match flags.maybe("per-second")? {
        Some(rate) => Arrivals::paced(rate, requests, span),
        None => Arrivals::eager(requests, span),
    });

    let connections = flags.or("connections", 64)?;
    let each =
        (0..connections).map(|_| tokio::task::spawn_local(serve(Rc::clone(&shape), Rc::clone(&arrivals), Rc::clone(&tally))));
    for ended in futures::future::join_all(each).await {
        ended??;
    }
    if let Some(file) = flags.maybe::<String>("out")? {
        fs::write(file, tally.collected())?;
    }
    writeln!(std::io::stdout(), "{}", tally.summary())?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let flags = Flags::read()?;
    LocalSet::new().run_until(run(flags)).await
}
