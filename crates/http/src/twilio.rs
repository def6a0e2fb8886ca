//! What Twilio's clients expect of every resource: SIDs, times, pages and addresses. The ids behind SIDs are ours.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, ToSchema};
use uuid::Uuid;

use crate::clock::rfc3339_seconds;
use crate::dialect::TwilioError;
use crate::{Code, Problem};

/// A SID: two letters for the kind, and an id in lower-case hexadecimal.
#[must_use]
pub fn sid(kind: &str, id: impl Into<Uuid>) -> String {
    [kind, id.into().simple().encode_lower(&mut Uuid::encode_buffer())].concat()
}

/// A SID of something that has no id but the hash of what it is.
#[must_use]
pub fn sid_of_hash(kind: &str, hash: [u8; 16]) -> String {
    sid(kind, Uuid::from_bytes(hash))
}

/// The id of a SID from a path or a form. What is no SID of the kind names nothing.
///
/// # Errors
/// 404.
pub fn id<T: From<Uuid>>(kind: &str, sid: &str) -> Result<T, Problem> {
    let hex = sid.strip_prefix(kind).filter(|hex| hex.len() == 32);
    hex.and_then(|hex| Uuid::try_parse(hex).ok()).map(T::from).ok_or_else(|| Problem::new(Code::NotFound))
}

/// A time as the clients parse it: in whole seconds.
#[must_use]
pub fn time(ms: u64) -> String {
    rfc3339_seconds(ms)
}

/// The address under which the client reaches this installation.
#[derive(Debug, Clone)]
pub struct Base(String);

impl Base {
    /// The configured address; without one, that of the request.
    #[must_use]
    pub fn of(public_url: Option<&str>, request: &HttpRequest) -> Self {
        let own = || {
            let connection = request.connection_info();
            format!("{}://{}", request.uri().scheme_str().unwrap_or("http"), connection.host())
        };
        Self(public_url.map_or_else(own, |url| url.trim_end_matches('/').to_owned()))
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.url_of(&[path])
    }

    /// The address of a path in parts.
    #[must_use]
    pub fn url_of(&self, parts: &[&str]) -> String {
        std::iter::once(self.0.as_str()).chain(parts.iter().copied()).collect()
    }

    /// The addresses of what stands below a path, by name.
    #[must_use]
    pub fn links(&self, path: &str, below: &[(&'static str, &str)]) -> Links {
        below.iter().map(|(name, rest)| (*name, self.url(&format!("{path}/{rest}")))).collect()
    }
}

/// Addresses by name.
pub type Links = BTreeMap<&'static str, String>;

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many come, at most 1000; 50 unless said.
    #[serde(rename = "PageSize")]
    #[param(rename = "PageSize", minimum = 1, maximum = 1000)]
    page_size: Option<u32>,
    /// Which page, from 0.
    #[serde(rename = "Page")]
    #[param(rename = "Page", maximum = 10000)]
    page: Option<u32>,
    /// What the address of the next page says; the page alone counts.
    #[serde(rename = "PageToken")]
    #[param(rename = "PageToken")]
    #[expect(dead_code, reason = "clients repeat it")]
    page_token: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Which, from 0.
    pub number: u32,
    /// How many come at most.
    pub size: u32,
}

/// Where a page stands among the others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioPageMeta)]
pub struct Meta {
    /// The member of the answer that holds the list.
    #[schema(value_type = String, example = "services")]
    key: &'static str,
    /// Which page this is, from 0.
    page: u32,
    /// How many come at most.
    page_size: u32,
    /// The first page.
    first_page_url: String,
    /// The page before; null on the first one.
    previous_page_url: Option<String>,
    /// The page after; null on the last one.
    next_page_url: Option<String>,
    /// This page.
    url: String,
}

const LARGEST_PAGE: u32 = 1_000;
const LAST_PAGE: u32 = 10_000;

impl PageParams {
    /// The page.
    ///
    /// # Errors
    /// 400 naming the field.
    pub fn page(&self) -> Result<Page, Problem> {
        let (size, number) = (self.page_size.unwrap_or(50), self.page.unwrap_or(0));
        if !(1..=LARGEST_PAGE).contains(&size) {
            return Err(Problem::field("PageSize", format!("must be between 1 and {LARGEST_PAGE}")));
        }
        if number > LAST_PAGE {
            return Err(Problem::field("Page", format!("must be at most {LAST_PAGE}")));
        }
        Ok(Page { number, size })
    }
}

impl Page {
    /// How many items come before it.
    #[must_use]
    pub fn skip(&self) -> u32 {
        self.number * self.size
    }

    /// The page of a whole list, and whether there is another.
    #[must_use]
    pub fn of<T>(&self, all: Vec<T>) -> (Vec<T>, bool) {
        let has_next = all.len() > (self.skip() + self.size) as usize;
        (all.into_iter().skip(self.skip() as usize).take(self.size as usize).collect(), has_next)
    }

    /// The page of items that were read from [`Self::skip`] on, one more than it holds, and whether there is another.
    #[must_use]
    pub fn of_read<T>(&self, mut items: Vec<T>) -> (Vec<T>, bool) {
        let has_next = items.len() > self.size as usize;
        items.truncate(self.size as usize);
        (items, has_next)
    }

    /// Where it stands. `filter` is what else the request asked for, as a query.
    #[must_use]
    pub fn meta(&self, base: &Base, path: &str, filter: &str, key: &'static str, has_next: bool) -> Meta {
        let and = if filter.is_empty() { "" } else { "&" };
        let page = |number: u32| {
            let token = if number == 0 { String::new() } else { format!("&PageToken=PT{number}") };
            base.url(&format!("{path}?{filter}{and}PageSize={}&Page={number}{token}", self.size))
        };
        Meta {
            key,
            page: self.number,
            page_size: self.size,
            first_page_url: page(0),
            previous_page_url: self.number.checked_sub(1).map(page),
            next_page_url: has_next.then(|| page(self.number + 1)),
            url: page(self.number),
        }
    }
}

/// What any of the vendor's operations may answer instead, for the API reference.
pub enum Refusals {}

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        const SAID: [(u16, &str); 9] = [
            (400, "A parameter is missing or past its bound, or the feature is not there"),
            (401, "No valid credential"),
            (403, "The credential lacks the scope, or the service is switched off"),
            (404, "Nothing of this SID here, or it is over"),
            (409, "There is one already, or as many as there may be"),
            (413, "The body is larger than 64 KiB"),
            (415, "The body is not declared as a form"),
            (429, "A limit; come back after `Retry-After` seconds"),
            (503, "A store does not answer; come back after `Retry-After` seconds"),
        ];
        let response = |(status, description): &(u16, &str)| {
            let content = Content::new(Some(Ref::from_schema_name(<TwilioError as ToSchema>::name())));
            let response = ResponseBuilder::new().description(*description).content("application/json", content);
            (status.to_string(), RefOr::T(response.build()))
        };
        SAID.iter().map(response).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_comes_back_and_another_kind_names_nothing() {
        let uuid = Uuid::from_u128(0x0933_F3BC_087D_2A61_7AC6_DCB2_EF5B_8A61);
        assert_eq!(sid("VA", uuid), "VA0933f3bc087d2a617ac6dcb2ef5b8a61");
        assert_eq!(id::<Uuid>("VA", "VA0933f3bc087d2a617ac6dcb2ef5b8a61").expect("a SID"), uuid);
        for text in [
            "VE0933f3bc087d2a617ac6dcb2ef5b8a61",
            "VA0933f3bc",
            "",
            "VA",
            "VA0933f3bc087d2a617ac6dcb2ef5b8a6z",
            "VA{0933f3bc087d2a617ac6dcb2ef5b8}",
        ] {
            assert_eq!(id::<Uuid>("VA", text).expect_err(text).code, Code::NotFound);
        }
    }

    #[test]
    fn times_have_whole_seconds() {
        assert_eq!(time(1_759_587_600_123), "2025-10-04T14:20:00Z");
    }

    #[test]
    fn pages_follow_each_other() {
        let (base, page) = (Base("https://pin.example.com".into()), Page { number: 1, size: 2 });
        assert_eq!(page.of(vec![1, 2, 3, 4, 5]), (vec![3, 4], true));
        assert_eq!(page.of(vec![1, 2, 3]), (vec![3], false));
        assert_eq!(page.of_read(vec![3, 4, 5]), (vec![3, 4], true));
        let meta = page.meta(&base, "/v2/Services", "", "services", true);
        assert_eq!(meta.next_page_url.as_deref(), Some("https://pin.example.com/v2/Services?PageSize=2&Page=2&PageToken=PT2"));
        assert_eq!(meta.previous_page_url.as_deref(), Some("https://pin.example.com/v2/Services?PageSize=2&Page=0"));
        assert!(PageParams { page_size: Some(0), ..PageParams::default() }.page().is_err());
        assert!(PageParams { page_size: Some(1001), ..PageParams::default() }.page().is_err());
    }
}
