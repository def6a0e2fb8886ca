//! Every public error code: its name on the wire, its status and its title. `docs/errors/<name>.md` explains each;
//! a test compares the folder with this table.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $status:ident $title:literal),+ $(,)?) => {
        /// A public error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// One sentence for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON, or JSON with duplicate keys, NUL or too much nesting.
    InvalidJson "invalid_json" BAD_REQUEST "The body is not acceptable JSON.",
    /// One or more fields break a bound; `fields` names them.
    InvalidField "invalid_field" BAD_REQUEST "A field is missing or out of bounds.",
    /// The guess has characters that no PIN of this kind has; nothing was spent.
    InvalidPin "invalid_pin" BAD_REQUEST "The PIN has characters that such a PIN cannot have.",
    /// What came in a mail's link was used, is too old, or never was.
    InvalidToken "invalid_token" BAD_REQUEST "The link was used before, is too old, or is incomplete.",
    /// Headers that contradict each other or cannot be read.
    BadRequest "bad_request" BAD_REQUEST "The request cannot be understood.",
    /// No credential, or one that is unknown, revoked or expired.
    Unauthorized "unauthorized" UNAUTHORIZED "A valid credential is needed.",
    /// Password, code or passkey do not open this account; which of it is not said.
    WrongCredentials "wrong_credentials" UNAUTHORIZED "These credentials do not open an account.",
    /// The credential lacks a scope.
    Forbidden "forbidden" FORBIDDEN "The credential does not allow this.",
    /// A change with a session's cookie that the console did not ask for.
    Csrf "csrf" FORBIDDEN "The request does not come from the console.",
    /// The person has to prove again who they are.
    ConfirmationNeeded "confirmation_needed" FORBIDDEN "Prove again who you are, and repeat the request.",
    /// The person's account is their tenant's provider's to look after.
    ManagedPerson "managed_person" FORBIDDEN "Your organization's own sign-in looks after this account.",
    /// The credential may not be used from this address.
    AddressNotAllowed "address_not_allowed" FORBIDDEN "The credential may not be used from this address.",
    /// The fraud guard refuses it. What led to it is told to the tenant, not to whoever sends.
    FraudBlocked "fraud_blocked" FORBIDDEN "The message is refused to protect against fraud.",
    /// The application is switched off.
    ApplicationDisabled "application_disabled" FORBIDDEN "The application is disabled.",
    /// Nothing there, or nothing of this tenant.
    NotFound "not_found" NOT_FOUND "There is no such thing here.",
    /// The path exists with other methods.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This path does not take that method.",
    /// There is one of that name already, or as many as there may be.
    AlreadyThere "already_there" CONFLICT "There is one already, or as many as there may be.",
    /// The tenant would be left without an owner.
    LastOwner "last_owner" CONFLICT "A tenant needs an owner: make somebody else one first.",
    /// The installation sends no mails, and this needs one.
    MailNotConfigured "mail_not_configured" CONFLICT "This installation cannot send mails.",
    /// It is used by something else.
    StillInUse "still_in_use" CONFLICT "It is still in use.",
    /// The endpoint is told nothing, so nothing can be queued for it.
    EndpointDisabled "endpoint_disabled" CONFLICT "The webhook endpoint is disabled.",
    /// The tenant has as many webhook endpoints as it may.
    TooManyEndpoints "too_many_endpoints" CONFLICT "There are as many webhook endpoints as a tenant may have.",
    /// The PIN is over, so it cannot be sent again or cancelled.
    PinOver "pin_over" CONFLICT "The PIN is verified, exhausted, canceled or expired.",
    /// Nobody typed the right PIN, so there is nothing to attest.
    NotVerified "not_verified" CONFLICT "The PIN is not verified.",
    /// The PIN has no fallback plan, or all its steps were taken.
    NoFallback "no_fallback" CONFLICT "No step of a fallback plan is left.",
    /// The body is larger than allowed.
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than 64 KiB.",
    /// The address is longer than allowed.
    UriTooLong "uri_too_long" URI_TOO_LONG "The address is longer than 8 KiB.",
    /// The body is not declared as what the operation takes, or is compressed.
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be JSON: set Content-Type: application/json.",
    /// The headers are larger than allowed.
    HeadersTooLarge "headers_too_large" REQUEST_HEADER_FIELDS_TOO_LARGE "The headers are larger than 16 KiB.",
    /// The body did not come in time.
    RequestTimeout "request_timeout" REQUEST_TIMEOUT "The body did not come within 15 seconds.",
    /// The idempotency key came with another request before.
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY "The idempotency key was used with another request.",
    /// The number is locked after too many failed checks.
    NumberLocked "number_locked" TOO_MANY_REQUESTS "The number is locked after too many failed checks.",
    /// The number had its messages.
    TooManySends "too_many_sends" TOO_MANY_REQUESTS "The number had its messages for now.",
    /// The number had a message a moment ago, and the request wants a pause.
    TooSoon "too_soon" TOO_MANY_REQUESTS "The number had a message a moment ago.",
    /// The application had its messages.
    TooManySendsApplication "too_many_sends_application" TOO_MANY_REQUESTS "The application had its messages for now.",
    /// A cap on messages or money of the day is reached.
    DailyCap "daily_cap" TOO_MANY_REQUESTS "The cap of the day is reached.",
    /// A cap on messages or money of the month is reached.
    MonthlyCap "monthly_cap" TOO_MANY_REQUESTS "The cap of the month is reached.",
    /// Something that the caller named, such as a client's address, had its messages.
    TooManySendsCaller "too_many_sends_caller" TOO_MANY_REQUESTS "A limit that the tenant defined is reached for now.",
    /// The number is checked too often; nothing was spent.
    TooManyChecks "too_many_checks" TOO_MANY_REQUESTS "The number is checked too often; this check was not counted.",
    /// The tenant created its API keys for the day.
    TooManyKeys "too_many_keys" TOO_MANY_REQUESTS "The tenant created its API keys for today.",
    /// Too many failures of an account or an address, or too many mails.
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS "Too many attempts for now.",
    /// More webhooks of the tenant wait than it may have.
    WebhookBacklogFull "webhook_backlog_full" TOO_MANY_REQUESTS "Too many webhooks of the tenant are waiting.",
    /// The tenant sent its test messages for now.
    TooManyTests "too_many_tests" TOO_MANY_REQUESTS "The tenant sent its test messages for now.",
    /// The tenant makes too many requests, or has too many in hand.
    TooManyRequests "too_many_requests" TOO_MANY_REQUESTS "The tenant makes too many requests.",
    /// More messages of the tenant wait than it may have waiting.
    TenantBacklogFull "tenant_backlog_full" TOO_MANY_REQUESTS "Too many messages of the tenant are waiting.",
    /// More messages wait than the platform takes.
    BacklogFull "backlog_full" SERVICE_UNAVAILABLE "Too many messages are waiting.",
    /// More requests come than can be answered in time.
    Overloaded "overloaded" SERVICE_UNAVAILABLE "There are more requests than can be answered in time.",
    /// A store does not answer.
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service is not available right now.",
    /// Our fault.
    Internal "internal_error" INTERNAL_SERVER_ERROR "Something went wrong on our side.",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page_and_every_page_its_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let pages =
            std::fs::read_dir(folder).expect("the pages").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut pages: Vec<String> = pages.filter(|page| page != "README.md").collect();
        pages.sort();
        let mut codes: Vec<String> = Code::ALL.iter().map(|code| format!("{}.md", code.name())).collect();
        codes.sort();
        assert_eq!(pages, codes);
    }
}
