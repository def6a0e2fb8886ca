//! What the platform's mails say: a subject and plain text. Links come from the settings, never from a request, and carry their token
//! behind `#`, where no server sees it.

use pinfold_core::alert::AlertKind;
use pinfold_postgres::AlertToMail;
use serde_json::Value;

/// Confirms an address.
pub(crate) fn confirm(base: &str, name: &str, token: &str) -> (String, String) {
    let text = format!(
        "Hello {name},\n\nsomebody, probably you, wants to open an account at Pinfold with this address. To confirm it, open\n\n\
         {base}/console/confirm#token={token}\n\nThe link is good once and for a day. If it was not you, do nothing: no account is opened.\n"
    );
    ("Confirm your address".to_owned(), text)
}

/// Somebody signs up whose address has an account.
pub(crate) fn known_already(base: &str, name: &str) -> (String, String) {
    let text = format!(
        "Hello {name},\n\nsomebody, probably you, wanted to open an account with this address, which has one already. Sign in at\n\n\
         {base}/console/login\n\nand ask there for another password if you forgot yours. If it was not you, do nothing.\n"
    );
    ("You have an account already".to_owned(), text)
}

/// Sets another password.
pub(crate) fn reset(base: &str, name: &str, token: &str) -> (String, String) {
    let text = format!(
        "Hello {name},\n\nto choose another password, open\n\n{base}/console/reset#token={token}\n\n\
         The link is good once and for an hour. If you did not ask for it, do nothing: your password stays.\n"
    );
    ("Choose another password".to_owned(), text)
}

/// Somebody is asked to become a member.
pub(crate) fn invitation(base: &str, by: &str, organization: &str, role: &str, token: &str) -> (String, String) {
    let text = format!(
        "Hello,\n\n{by} asks you to join {organization} at Pinfold as {role}. To accept, open\n\n\
         {base}/console/invitation#token={token}\n\nThe link is good once and for a week. If you do not know them, do nothing.\n"
    );
    ("You are invited".to_owned(), text)
}

/// Something about the account changed.
pub(crate) fn warning(base: &str, name: &str, what: &str) -> (String, String) {
    let text = format!(
        "Hello {name},\n\n{what}\n\nIf it was you, there is nothing to do. If it was not, choose another password at once and end all sessions:\n\n\
         {base}/console/login\n"
    );
    ("Your account was changed".to_owned(), text)
}

/// An alert was raised.
pub(crate) fn alert(base: &str, name: &str, alert: &AlertToMail) -> (String, String) {
    let AlertToMail { tenant_name, kind, about, .. } = alert;
    let what = AlertKind::from_name(kind).map_or("Something needs your eye", sentence);
    let (subject, told) = if alert.is_more {
        let told = format!("more alerts were raised for {tenant_name} within the hour than are told of one by one.");
        ("More alerts were raised".to_owned(), told)
    } else {
        let figures = figures(&alert.figures);
        let told = format!("an alert was raised for {tenant_name}: {what}.\n\nAlert: {kind}\nAbout: {about}\n{figures}");
        (format!("Alert: {what}"), told.trim_end().to_owned())
    };
    let text = format!(
        "Hello {name},\n\n{told}\n\nAll alerts, and who has seen them:\n\n{base}/console/alerts\n\n\
         You get this mail as an owner or admin. To hear nothing of a kind of alerts for a while, mute it on that page.\n"
    );
    (subject, text)
}

fn sentence(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::NumberFailures => "One number failed many checks",
        AlertKind::FailureRatio => "More than half of the checks fail",
        AlertKind::Lockouts => "Many numbers are locked",
        AlertKind::Spraying => "Somebody guesses once at each of many PINs",
        AlertKind::FraudRecorded => "The fraud guard found something",
        AlertKind::FraudBlocked => "The fraud guard refuses something",
        AlertKind::DailyCap => "A cap of the day is nearly or fully used",
        AlertKind::MonthlyCap => "A cap of the month is nearly or fully used",
    }
}

/// The figures, one to a line, by their names on the wire. What is neither a number nor a word stays in the console.
fn figures(figures: &Value) -> String {
    let mut lines = String::new();
    for (name, value) in figures.as_object().into_iter().flatten() {
        match value {
            Value::Number(number) => lines.extend([name, ": ", &number.to_string(), "\n"]),
            Value::String(word) => lines.extend([name, ": ", word, "\n"]),
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_alerts_mail_says_what_whose_about_what_and_where_to_mute() {
        let raised = AlertToMail {
            tenant_name: "Ann's Shop".to_owned(),
            kind: "number_failures".to_owned(),
            about: "…6727".to_owned(),
            figures: json!({ "failures": 12, "threshold": 10, "rest": [1] }),
            is_more: false,
        };
        let (subject, text) = alert("https://x.example", "Ann", &raised);
        assert_eq!(subject, "Alert: One number failed many checks");
        let told =
            "Ann's Shop: One number failed many checks.\n\nAlert: number_failures\nAbout: …6727\nfailures: 12\nthreshold: 10\n\n";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("\nhttps://x.example/console/alerts\n") && text.contains("mute"), "{text}");
        let (subject, text) = alert("https://x.example", "Ann", &AlertToMail { is_more: true, ..raised });
        assert_eq!(subject, "More alerts were raised");
        assert!(!text.contains("6727") && text.contains("Ann's Shop"), "{text}");
    }

    #[test]
    fn tokens_stand_where_no_server_sees_them() {
        for (_, text) in [confirm("https://x.example", "A", "T"), reset("https://x.example", "A", "T")] {
            assert!(text.contains("#token=T\n"), "{text}");
        }
        assert!(
            invitation("https://x.example", "A", "B", "viewer", "T").1.contains("https://x.example/console/invitation#token=T\n")
        );
    }
}
