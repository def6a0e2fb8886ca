//! Creates a template for e-mail.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::{ApplicationId, MessageId};
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Body as MessageBody, EmailBody, Message};
use pinfold_core::template::{PIN_PLACEHOLDER, Template};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::email::EmailRequest;
use crate::messages::text::length;
use crate::messages::view::{EmailMessageView, MessageView};
use crate::messages::{DEFAULT_LENGTH, PinTypeSchema};
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

const DEFAULT_SUBJECT: &str = "Your verification code";
const DEFAULT_TEXT: &str = "Your verification code is {{pin}}.";

/// A template for e-mail to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EmailMessageCreateRequest)]
pub(crate) struct CreateRequest {
    /// The tenant's own number of the template.
    #[schema(value_type = i64, example = 1234)]
    email_template_id: Number,
    /// The sender's address, with or without a name before it; the connection's by default.
    #[schema(max_length = 255, example = "Example <no-reply@example.com>")]
    from: Option<String>,
    /// The tenant's landing page.
    #[schema(pattern = "^[0-9]{1,19}_[0-9]{1,19}$", example = "1_23456")]
    landing_page_id: Option<String>,
    /// How many characters the PIN has; 6 by default.
    #[schema(value_type = Option<i32>, minimum = 4, example = 6)]
    pin_length: Option<Number>,
    #[schema(value_type = Option<PinTypeSchema>)]
    pin_type: Option<Alphabet>,
    /// The subject, `Your verification code` by default; it may use the placeholders of the text, but not the PIN.
    #[schema(min_length = 1, max_length = 200, example = "Your verification code")]
    subject: Option<String>,
    /// The plain text, `Your verification code is {{pin}}.` by default.
    #[schema(min_length = 1, max_length = 1530, example = "Your verification code is {{pin}}.")]
    text: Option<String>,
    /// The HTML alternative, with `{{pin}}`.
    #[schema(min_length = 1, max_length = 1530, example = "<p>Your verification code is <b>{{pin}}</b>.</p>")]
    html: Option<String>,
}

/// Creates a message template for e-mail.
#[utoipa::path(
    post,
    path = "/2fa/2/applications/{appId}/email/messages",
    operation_id = "email_messages.create",
    tag = "Message templates",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = CreateRequest,
    responses(
        (status = 200, description = "The template", body = EmailMessageView),
        (status = 400, description = "A field is missing or past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let tenant = state.database.tenant(caller.tenant);
    let application = store::found(tenant.applications().get(store::id(&path)?).await)?;
    let message = body.value.check(application.id, &state.ceilings)?;
    tenant.messages().create(message.clone()).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(MessageView::from(message)))
}

impl CreateRequest {
    fn check(self, application: ApplicationId, ceilings: &Ceilings) -> Result<Message, Vec<FieldError>> {
        let mut checks = Checks::default();
        let pin_length = length(self.pin_length.as_ref(), ceilings, &mut checks).unwrap_or(DEFAULT_LENGTH);
        let mut body = EmailBody {
            email_template_id: 0,
            from: None,
            landing_page_id: None,
            subject: DEFAULT_SUBJECT.to_owned(),
            text: DEFAULT_TEXT.to_owned(),
            template: Template::parse(DEFAULT_TEXT, PIN_PLACEHOLDER).expect("a literal template"),
            html: None,
            html_template: None,
        };
        let stated = EmailRequest {
            email_template_id: Some(self.email_template_id),
            from: self.from,
            landing_page_id: self.landing_page_id,
            pin_length: None,
            pin_type: None,
            subject: self.subject,
            text: self.text,
            html: self.html,
        };
        stated.fill(&mut body, &mut checks);
        checks.finish()?;
        let alphabet = self.pin_type.unwrap_or(Alphabet::Numeric);
        Ok(Message { id: MessageId::random(), application, alphabet, pin_length, body: MessageBody::Email(body) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(request: Value) -> Result<Message, Vec<String>> {
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.check(ApplicationId::from_bytes([1; 16]), &Ceilings::default()).map_err(fields)
    }

    #[test]
    fn what_is_left_out_is_safe() {
        let message = check(json!({"emailTemplateId": 1234})).expect("fine");
        assert_eq!((message.pin_length, message.alphabet), (6, Alphabet::Numeric));
        let MessageBody::Email(body) = message.body else { panic!("a template for e-mail") };
        assert_eq!((body.email_template_id, body.subject.as_str(), body.text.as_str()), (1234, DEFAULT_SUBJECT, DEFAULT_TEXT));
    }

    #[test]
    fn the_vendors_request_is_fine() {
        let message = check(json!({"emailTemplateId": 1234, "pinLength": 4, "pinType": "ALPHANUMERIC",
            "from": "company@example.com", "landingPageId": "1_23456"}))
        .expect("fine");
        assert_eq!((message.pin_length, message.alphabet), (4, Alphabet::Alphanumeric));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = check(json!({"emailTemplateId": 1e300, "pinLength": 99, "from": "x", "html": "x", "subject": ""}));
        let fields = ["pinLength", "emailTemplateId", "from", "html", "subject"];
        assert_eq!(faults, Err(fields.map(str::to_owned).to_vec()));
    }

    #[test]
    fn the_number_of_the_template_is_needed() {
        for request in
            [json!({}), json!({"emailTemplateId": null}), json!({"emailTemplateId": "1"}), json!({"emailTemplateId": [1]})]
        {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }
}
