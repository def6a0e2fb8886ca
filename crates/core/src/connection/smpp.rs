//! Settings of an SMSC, reached by SMPP 3.4.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{kind, optional, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

/// How an SMSC is reached and what it wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smpp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmppSecurity,
    /// The name of the account.
    pub system_id: String,
    /// Password.
    pub password: Secret,
    /// What kind of system the account is, where the SMSC asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_type: Option<String>,
    /// The SMS application service, where the SMSC asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// The sender when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How many messages may wait for the SMSC's answer.
    #[serde(default = "default_window")]
    pub window: u16,
    /// After how many seconds of silence the link is asked whether it lives.
    #[serde(default = "default_enquire_link_seconds")]
    pub enquire_link_seconds: u16,
    /// How the texts are written that the GSM alphabet can say.
    #[serde(default)]
    pub alphabet: SmppAlphabet,
    /// How texts travel that are longer than one SMS.
    #[serde(default)]
    pub long_text: SmppLongText,
    /// The type of number of every sender; without it, it follows from the sender's form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ton: Option<u8>,
    /// The numbering plan of every sender; without it, it follows from the sender's form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_npi: Option<u8>,
    /// The type of number of recipients.
    #[serde(default = "one")]
    pub destination_ton: u8,
    /// The numbering plan of recipients.
    #[serde(default = "one")]
    pub destination_npi: u8,
    /// Whether the SMSC is told how long the PIN lives, so that it does not try longer.
    #[serde(default = "yes")]
    pub validity: bool,
    /// How receipts write the ids that the SMSC gave out.
    #[serde(default)]
    pub receipt_ids: SmppReceiptIds,
}

/// Protection of an SMPP connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppSecurity {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// None: many SMSCs offer nothing else, inside a private line.
    None,
}

/// How an SMSC wants texts that the GSM alphabet can say; it gets all others in UCS-2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppAlphabet {
    /// The GSM 7-bit default alphabet, one character to a byte, as data coding 0.
    #[default]
    Gsm7,
    /// ISO-8859-1 as data coding 3.
    Latin1,
    /// ISO-8859-1 as data coding 0.
    Latin1Default,
}

/// How long texts travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppLongText {
    /// In several messages that the phone puts together (user data header).
    #[default]
    Udh,
    /// In one message that the SMSC takes apart (`message_payload`).
    Payload,
}

/// How receipts write the ids of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppReceiptIds {
    /// As they were given out.
    #[default]
    Same,
    /// In decimal, where they were given out in hexadecimal.
    Decimal,
    /// In hexadecimal, where they were given out in decimal.
    Hexadecimal,
}

fn default_window() -> u16 {
    10
}

fn default_enquire_link_seconds() -> u16 {
    30
}

fn yes() -> bool {
    true
}

fn one() -> u8 {
    1
}

impl ProviderKind for Smpp {
    fn kind(&self) -> &'static str {
        "smpp"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn place(&self) -> String {
        format!("{:?} {}:{}", self.security, self.host, self.port)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("password", &mut self.password)]
    }

    fn schema() -> Value {
        let number = |least: u16, most: u16, default: u16, description: &str| json!({ "type": "integer", "minimum": least, "maximum": most, "default": default, "description": description });
        let perhaps =
            |description: &str| json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 255, "description": description });
        let choice = |choices: &[&str], description: &str| json!({ "type": "string", "enum": choices, "default": choices[0], "description": description });
        kind(
            "smpp",
            "An SMSC by SMPP 3.4: carries SMS over one connection that sends and receives.",
            &["host", "port", "system_id", "password"],
            json!({
                "host": text("Host name or address."),
                "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
                "security": choice(&["tls", "none"], "`none` sends texts in the clear: only inside a private line."),
                "system_id": text("The name of the account, at most 15 characters."),
                "password": text("At most 8 characters. Never shown."),
                "system_type": optional("What kind of system the account is, where the SMSC asks for it."),
                "service_type": optional("The SMS application service, where the SMSC asks for it."),
                "from": optional("The sender when neither template nor request name one."),
                "window": number(1, 1000, default_window(), "How many messages may wait for the SMSC's answer."),
                "enquire_link_seconds": number(1, 600, default_enquire_link_seconds(), "After how long a silence the link is asked whether it lives."),
                "alphabet": choice(&["gsm7", "latin1", "latin1_default"], "How texts are written that the GSM alphabet can say: GSM 7-bit, or ISO-8859-1 as data coding 3 or 0. All others go in UCS-2."),
                "long_text": choice(&["udh", "payload"], "How texts longer than one SMS travel: in parts, or whole in `message_payload`."),
                "source_ton": perhaps("The type of number of every sender; without it, it follows from the sender's form."),
                "source_npi": perhaps("The numbering plan of every sender; without it, it follows from the sender's form."),
                "destination_ton": number(0, 255, 1, "The type of number of recipients."),
                "destination_npi": number(0, 255, 1, "The numbering plan of recipients."),
                "validity": { "type": "boolean", "default": true, "description": "Whether the SMSC is told how long the PIN lives, so that it does not try longer." },
                "receipt_ids": choice(&["same", "decimal", "hexadecimal"], "How receipts write the ids of messages: as they were given out, or in the other base.")
            }),
        )
    }
}
