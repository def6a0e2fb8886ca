//! What both versions ask for when they send, and what comes of it: a new PIN, or the waiting one again.

use actix_web::HttpRequest;
use pinfold_core::alphabet::Alphabet;
use pinfold_core::channel::Channel;
use pinfold_core::life::WhenLive;
use pinfold_core::message::check_sender;
use pinfold_core::phone::{InvalidPhone, Line, Phone};
use pinfold_core::wording::Wording;
use pinfold_http::{Caller, Problem, clock};

use super::super::{five_minutes, trace};
use super::session::{Callback, Note, Session};
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::resend::{Resend, resend};
use crate::send::{Send, send};

/// Checks of a session, whatever the application says.
const ATTEMPTS: u8 = 5;
/// The pause between two messages when a request does not say, in seconds.
pub(super) const PAUSE_S: u32 = 10;
const LONGEST_PAUSE_S: i64 = 7_200;

/// A text with its placeholders.
pub(super) struct Text<'a> {
    pub(super) field: &'static str,
    pub(super) text: Option<&'a str>,
    /// The name by which the text has the product, in braces, and the product.
    pub(super) product: (&'static str, Option<&'a str>),
}

/// A session to begin or to go on with.
pub(super) struct Asked<'a> {
    pub(super) sub_account: &'a str,
    pub(super) destination: &'a str,
    pub(super) country: Option<&'a str>,
    pub(super) channel: Channel,
    pub(super) code_length: Option<i64>,
    pub(super) code_validity: Option<i64>,
    pub(super) code_type: Option<&'a str>,
    /// Whether a waiting session is ended and a new one begun; otherwise it goes on with the same code.
    pub(super) is_new: bool,
    pub(super) resending_interval: Option<i64>,
    pub(super) text: Text<'a>,
    /// The sender, and the field it stands in.
    pub(super) sender: Option<(&'static str, &'a str)>,
    /// Who wants to be told of the session's end, and the version in which.
    pub(super) callback: (Option<&'a str>, u8),
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    /// Sends a code to the destination, a new one or again that of a session that waits, and gives the session.
    ///
    /// # Errors
    /// 400 with the field, 403 when the last message was a moment ago, 429 with `Retry-After`, 503.
    pub(super) async fn begin(self, state: &State, caller: &Caller, request: &HttpRequest) -> Result<Session, Problem> {
        let (snapshot, application) = state.snapshot_of_slug(caller.tenant, "subAccountId", self.sub_account).await?;
        let to = phone(self.destination, self.country)?;
        let pause_s = pause(self.resending_interval)?;
        let wording = self.text.wording()?;
        if let Some((field, sender)) = self.sender {
            check_sender(field, sender)?;
        }
        let callback = match self.callback {
            (None, _) => None,
            (Some(url), version) => {
                state.check_callback(caller, &snapshot, "callbackUrl", url).await?;
                Some(Callback { url: url.to_owned(), version })
            }
        };
        let pause_ms = u64::from(pause_s) * 1_000;
        let trace = trace(request);
        let idempotency = IdempotencyKey::of(request)?.map(|key| key.hashed(&snapshot.keys, "8x8 send", &[self.body]));
        let pin = Send {
            sender: self.sender.map(|(_, sender)| sender.to_owned()),
            time_to_live_ms: Some(self.code_validity.map_or_else(|| Ok(five_minutes(state)), |seconds| life(state, seconds))?),
            length: self.code_length.map(|length| state.ceilings.check_length("codeLength", length)).transpose()?,
            alphabet: self.code_type.map(alphabet).transpose()?,
            attempts: Some(ATTEMPTS),
            wording: wording.clone(),
            purpose: Some(""),
            when_live: if self.is_new { WhenLive::Supersede } else { WhenLive::Join },
            pause_ms,
            note: Note { pause_s, sent_ms: None, callback: callback.clone() }.write(),
            idempotency,
            trace: trace.as_deref(),
            ..Send::new(application, self.channel, to)
        };
        let sent = send(state, caller, pin).await?;
        if !sent.is_joined {
            return Ok(Session::begun(sent.pin, sent.recipient, sent.expires_ms, sent.created_ms + pause_ms));
        }
        let now_ms = clock::now_ms();
        let again = Resend {
            channel: Some(self.channel),
            wording,
            note: Note { pause_s, sent_ms: Some(now_ms), callback }.write(),
            merge: Some(Note::merge),
            pause_ms,
            trace: trace.as_deref(),
            ..Resend::new(sent.pin)
        };
        let resent = resend(state, &snapshot, caller, again).await?;
        let attempt = resent.attempts_used;
        Ok(Session { attempt, ..Session::begun(sent.pin, resent.recipient, resent.expires_ms, now_ms + pause_ms) })
    }
}

impl Text<'_> {
    /// The text of the request, or that of the vendor when there is a product; otherwise the application's.
    fn wording(&self) -> Result<Option<Wording>, Problem> {
        let (name, product) = self.product;
        let default;
        let text = match (self.text, product) {
            (Some(text), _) => text,
            (None, Some(_)) => {
                default = format!("{name}: Your verification code is {{code}}");
                &default
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Wording::parse(self.field, text, "{code}", &[(name, product.unwrap_or_default())])?))
    }
}

/// The number, in international form or in that of its country.
pub(super) fn phone(destination: &str, country: Option<&str>) -> Result<Phone, Problem> {
    const MUST: &str = "must be a phone number in international form, or in national form with its country";
    // Without these, a national number may look like one of another country: then it is in none of its ranges.
    let says_country = ["+", "00"].iter().any(|sign| destination.trim_start().starts_with(sign));
    let is_meant = |phone: &Phone| says_country || phone.line() != Line::Unassigned;
    let parsed = match country {
        None => Phone::parse(destination).and_then(|phone| if is_meant(&phone) { Ok(phone) } else { Err(InvalidPhone) }),
        Some(country) => {
            let region = country.to_ascii_uppercase().parse();
            Phone::parse_in(destination, region.map_err(|_| Problem::field("country", "must be two letters, such as SG"))?)
        }
    };
    parsed.map_err(|_| Problem::field("destination", MUST))
}

fn pause(seconds: Option<i64>) -> Result<u32, Problem> {
    let seconds = seconds.unwrap_or(PAUSE_S.into());
    let fits = u32::try_from(seconds).ok().filter(|_| (0..=LONGEST_PAUSE_S).contains(&seconds));
    fits.ok_or_else(|| Problem::field("resendingInterval", format!("must be between 0 and {LONGEST_PAUSE_S}")))
}

fn life(state: &State, seconds: i64) -> Result<u64, Problem> {
    let millis = u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
    state.ceilings.check_life("codeValidity", millis)?;
    Ok(millis)
}

fn alphabet(name: &str) -> Result<Alphabet, Problem> {
    Ok(match name {
        "NUMERIC" => Alphabet::Numeric,
        "NUMERIC_WITH_DASH" => Alphabet::Dashed,
        "ALPHANUMERIC" => Alphabet::Chosen,
        "ALPHANUMERIC_CAPITALS" => Alphabet::Alphanumeric,
        "ALPHANUMERIC_EASY" => Alphabet::Easy,
        _ => {
            let must = "must be one of NUMERIC, NUMERIC_WITH_DASH, ALPHANUMERIC, ALPHANUMERIC_CAPITALS, ALPHANUMERIC_EASY";
            return Err(Problem::field("codeType", must));
        }
    })
}

#[cfg(test)]
mod tests {
    use pinfold_core::pin::Pin;

    use super::*;

    #[test]
    fn a_product_gives_the_vendors_text_and_a_template_goes_before_it() {
        let text = |text, product| {
            let text = Text { field: "template", text, product: ("{brand}", product) };
            text.wording().expect("a text").map(|wording| wording.render(&Pin::given("1234")))
        };
        assert_eq!(text(None, None), None);
        assert_eq!(text(None, Some("Shop")).as_deref(), Some("Shop: Your verification code is 1234"));
        assert_eq!(text(Some("{code} for {brand}"), Some("Shop")).as_deref(), Some("1234 for Shop"));
    }

    #[test]
    fn numbers_are_national_with_a_country_and_international_without() {
        let digits = |destination, country| phone(destination, country).map(|phone| phone.digits().to_owned());
        assert_eq!(digits("98765432", Some("SG")).expect("a number"), "6598765432");
        assert_eq!(digits("98765432", Some("sg")).expect("a number"), "6598765432");
        assert_eq!(digits("+6598765432", None).expect("a number"), "6598765432");
        // In no range that is known, and nobody else's number either: the vendor's own example.
        for international in ["+19876543210", "0019876543210", " +1 987 654 3210"] {
            assert_eq!(digits(international, None).expect(international), "19876543210");
        }
        assert!(digits("19876543210", None).is_err());
        let field = |problem: Problem| problem.fields[0].field.to_string();
        assert_eq!(digits("98765432", None).map_err(field), Err("destination".into()));
        assert_eq!(digits("98765432", Some("Singapore")).map_err(field), Err("country".into()));
    }

    #[test]
    fn a_pause_has_its_bounds() {
        assert_eq!(pause(None).expect("the vendor's"), 10);
        assert_eq!(pause(Some(0)).expect("none"), 0);
        for seconds in [-1, 7_201, i64::MAX, i64::MIN] {
            assert!(pause(Some(seconds)).is_err(), "{seconds}");
        }
    }
}
