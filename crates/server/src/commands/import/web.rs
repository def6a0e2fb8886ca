//! Requests to one side of an import. Redirects are not followed, so that credentials go nowhere else; waits that a side asks
//! for are kept; reading is repeated when it fails, writing is not: it may have been done.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use url::{Host, Url};

use crate::print;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a request is made that a side puts off.
const TRIES: u32 = 6;
/// The longest wait that a side may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(660);
/// The largest answer that is read.
const LARGEST: usize = 16 * 1024 * 1024;

/// One side.
pub struct Web {
    /// Its name for people.
    name: &'static str,
    base: String,
    http: Client,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body as JSON; `null` for anything else.
    pub json: Value,
}

impl Web {
    /// The side at `base`, with a credential as the whole header.
    ///
    /// # Errors
    /// When the address is none, or would carry the credential in clear.
    pub fn new(name: &'static str, base: &str, authorization: &str, may_be_plain: bool) -> anyhow::Result<Self> {
        let url = Url::parse(base).with_context(|| format!("the address of {name} is no URL"))?;
        let is_local = match url.host() {
            Some(Host::Domain(domain)) => domain == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if !matches!(url.scheme(), "http" | "https")
            || !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
        {
            bail!("the address of {name} must be https://host, without a user, a password and a query");
        }
        if url.scheme() == "http" && !is_local && !may_be_plain {
            bail!("{name} at {base} would get the credential in clear; use https, or say --allow-plain-http");
        }
        let mut credential = HeaderValue::from_str(authorization)
            .with_context(|| format!("the credential for {name} has characters that no credential has"))?;
        credential.set_sensitive(true);
        let headers = HeaderMap::from_iter([(AUTHORIZATION, credential), (ACCEPT, HeaderValue::from_static("application/json"))]);
        let http = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("pinfold/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { name, base: base.trim_end_matches('/').to_owned(), http })
    }

    /// Reads; again after a while when that fails or is put off.
    ///
    /// # Errors
    /// When it goes on failing, or the answer is no success.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        for attempt in 1.. {
            let wait = match self.once(Method::GET, path, None).await {
                Ok((answer, _)) if (200..300).contains(&answer.status) => return Ok(answer.json),
                Ok((answer, wish)) if attempt < TRIES && (answer.status == 429 || answer.status >= 500) => {
                    wish.unwrap_or(Duration::from_secs(1 << attempt))
                }
                Ok((answer, _)) => bail!("{}: {}", self.name, said(path, &answer)),
                Err(error) if attempt == TRIES => return Err(error),
                Err(_) => Duration::from_secs(1 << attempt),
            };
            self.wait(wait).await;
        }
        unreachable!("the last attempt returns")
    }

    /// Writes. The answer may be a refusal, which is for the caller to judge.
    ///
    /// # Errors
    /// When no answer comes, the credential is refused, or the side is not able to answer: run the import again then.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        for attempt in 1.. {
            let (answer, wish) = self.once(method.clone(), path, Some(body)).await?;
            match answer.status {
                429 if attempt < TRIES => self.wait(wish.unwrap_or(Duration::from_secs(1 << attempt))).await,
                401 | 403 | 429 | 500.. => bail!("{}: {}", self.name, said(path, &answer)),
                _ => return Ok(answer),
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn wait(&self, wait: Duration) {
        let wait = wait.min(LONGEST_WAIT);
        if wait > Duration::from_secs(2) {
            print::line(format_args!("  {} asks to wait {} s", self.name, wait.as_secs()));
        }
        tokio::time::sleep(wait).await;
    }

    async fn once(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(Answer, Option<Duration>)> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(body);
        }
        let away = || format!("{} does not answer at {}", self.name, self.base);
        let mut response = request.send().await.with_context(away)?;
        let status = response.status().as_u16();
        let wish = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.with_context(away)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                bail!("{}: the answer to {path} is larger than {LARGEST} bytes", self.name);
            }
        }
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok((Answer { status, json }, wish.map(Duration::from_secs)))
    }
}

/// What went wrong, for people.
fn said(path: &str, answer: &Answer) -> String {
    let path = path.split('?').next().unwrap_or_default();
    match answer.status {
        401 => "the credential is refused".to_owned(),
        403 => format!("the credential does not allow {path}"),
        status => format!("{path} was answered with {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_go_out_in_clear_unasked() {
        let may = |base: &str, plain| Web::new("the vendor", base, "App x", plain).is_ok();
        assert!(may("https://example.com", false) && may("http://127.0.0.1:8080/", false) && may("http://localhost", false));
        assert!(may("http://[::1]:80", false) && may("http://example.com", true));
        for base in ["http://example.com", "http://localhost.example.com", "ftp://127.0.0.1", "https://u:p@example.com", "x", ""]
        {
            assert!(!may(base, false), "{base}");
        }
        let complaint = Web::new("the vendor", "https://example.com", "App a\nb", false).err().expect("no header").to_string();
        assert!(!complaint.contains("a\nb"));
    }
}
