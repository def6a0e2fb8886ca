//! The wire format a path speaks, and how errors look in it: one file per dialect. A dialect decides status, content type
//! and body of a problem, and nothing else.

mod camara;
mod eight_x_eight;
mod infobip;
mod iprog;
mod otp_v1;
mod twilio;
mod vonage;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;

use crate::Problem;

pub use camara::CamaraError;
pub use eight_x_eight::EightXEightError;
pub use iprog::IprogError;
pub use otp_v1::OtpError;
pub use twilio::TwilioError;
pub use vonage::VonageError;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Ours: `application/problem+json`.
    Native,
    /// Infobip 2FA and its account calls.
    Infobip,
    /// The generic `/v1/otp`.
    OtpV1,
    /// 8x8 (Wavecell) Verify, version 1.
    EightXEightV1,
    /// 8x8 Verify, version 2.
    EightXEightV2,
    /// IPROG's OTP calls.
    Iprog,
    /// Twilio Verify, version 2.
    Twilio,
    /// Vonage Verify, version 2.
    Vonage,
    /// CAMARA one-time-password-sms.
    Camara,
}

/// An error as a client sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The HTTP status.
    pub status: StatusCode,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Where the paths of each dialect begin.
const ROOTS: [(&str, Dialect); 14] = [
    ("/2fa", Dialect::Infobip),
    ("/auth/1", Dialect::Infobip),
    ("/settings", Dialect::Infobip),
    ("/v1/otp", Dialect::OtpV1),
    ("/verify/v1", Dialect::EightXEightV1),
    ("/api/v2/subaccounts", Dialect::EightXEightV2),
    ("/api/v1/otp", Dialect::Iprog),
    ("/v2/Services", Dialect::Twilio),
    ("/v2/Templates", Dialect::Twilio),
    ("/v2/Attempts", Dialect::Twilio),
    ("/v2/SafeList", Dialect::Twilio),
    ("/v2/Forms", Dialect::Twilio),
    ("/v2/verify", Dialect::Vonage),
    ("/one-time-password-sms/v1", Dialect::Camara),
];

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 9] = [
        Self::Native,
        Self::Infobip,
        Self::OtpV1,
        Self::EightXEightV1,
        Self::EightXEightV2,
        Self::Iprog,
        Self::Twilio,
        Self::Vonage,
        Self::Camara,
    ];

    /// The dialect of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        ROOTS.iter().find(|(root, _)| under(root)).map_or(Self::Native, |(_, dialect)| *dialect)
    }

    /// Its name, for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Infobip => "infobip",
            Self::OtpV1 => "otp_v1",
            Self::EightXEightV1 => "eight_x_eight_v1",
            Self::EightXEightV2 => "eight_x_eight_v2",
            Self::Iprog => "iprog",
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::Camara => "camara",
        }
    }

    /// The header that comes back with the answer as it came.
    #[must_use]
    pub fn correlator(self) -> Option<HeaderName> {
        (self == Self::Camara).then(|| HeaderName::from_static("x-correlator"))
    }

    /// A problem in the dialect's words.
    #[must_use]
    pub fn render(self, problem: &Problem, request_id: &str) -> Rendered {
        let status = problem.code.status();
        let (status, content_type, body) = match self {
            Self::Native => {
                let body = serde_json::to_string(&problem.view(request_id)).expect("strings serialise");
                return Rendered { status, content_type: "application/problem+json", body };
            }
            Self::Infobip => (status, "application/json", infobip::body(problem)),
            Self::OtpV1 => (status, "application/json", otp_v1::body(problem)),
            Self::EightXEightV1 | Self::EightXEightV2 => {
                let (status, body) = eight_x_eight::answer(problem, request_id, self == Self::EightXEightV2);
                (status, "application/json", body)
            }
            Self::Iprog => {
                let (status, body) = iprog::answer(problem);
                (status, "application/json", body)
            }
            Self::Twilio => {
                let (status, body) = twilio::answer(problem);
                (status, "application/json", body)
            }
            Self::Vonage => {
                let (status, body) = vonage::answer(problem, request_id);
                (status, "application/problem+json", body)
            }
            Self::Camara => {
                let (status, body) = camara::answer(problem);
                (status, "application/json", body)
            }
        };
        Rendered { status, content_type, body: body.to_string() }
    }
}

/// What is wrong, for dialects with one sentence: the first field and its bound, or the text.
fn sentence(problem: &Problem) -> String {
    match problem.fields.first() {
        Some(error) => format!("{} {}", error.field, error.must),
        None => problem.text().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn paths_know_their_dialect() {
        for (path, dialect) in [
            ("/2fa/2/pin", Dialect::Infobip),
            ("/2fa", Dialect::Infobip),
            ("/auth/1/session", Dialect::Infobip),
            ("/settings/2/api-keys", Dialect::Infobip),
            ("/v1/otp", Dialect::OtpV1),
            ("/v1/otp/verify", Dialect::OtpV1),
            ("/v1/otpx", Dialect::Native),
            ("/v1/connections", Dialect::Native),
            ("/verify/v1/amazing_hq", Dialect::EightXEightV1),
            ("/api/v2/subaccounts/amazing_hq/sessions", Dialect::EightXEightV2),
            ("/api/v1/otp/send_otp", Dialect::Iprog),
            ("/v2/Services/VA0/Verifications", Dialect::Twilio),
            ("/v2/verify/templates", Dialect::Vonage),
            ("/one-time-password-sms/v1/send-code", Dialect::Camara),
        ] {
            assert_eq!(Dialect::of(path), dialect, "{path}");
        }
    }

    #[test]
    fn a_server_error_says_nothing_of_its_cause_in_any_dialect() {
        for dialect in Dialect::ALL {
            let rendered = dialect.render(&Problem::internal("password=hunter2 at /home/x"), "R");
            assert!(!rendered.body.contains("hunter2") && !rendered.body.contains("/home"), "{}", rendered.body);
            assert_eq!(rendered.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    #[test]
    fn every_code_has_its_words_in_every_dialect() {
        for dialect in Dialect::ALL {
            for code in Code::ALL {
                let rendered = dialect.render(&Problem::new(*code), &"0".repeat(32));
                assert!(rendered.body.starts_with('{') && rendered.body.len() > 20, "{dialect:?} {code:?}");
                assert_eq!(rendered.status.is_server_error(), code.status().is_server_error(), "{dialect:?} {code:?}");
            }
        }
    }
}
