//! What a message says when no template is named: one sentence in the person's language, as the vendor's clients expect it.

use pinfold_core::field::FieldError;
use pinfold_core::wording::Wording;

/// Where the sender's name, the code, the amount and the payee stand.
const NAMES: [&str; 4] = ["{name}", "{code}", "{amount}", "{payee}"];

/// A language: its code, the sentence, the sentence of a transaction, and the warning.
struct Language(&'static str, &'static str, &'static str, &'static str);

const LANGUAGES: [Language; 11] = [
    Language(
        "en",
        "Your {name} verification code is: {code}",
        "Your {name} code to pay {amount} to {payee} is: {code}",
        "Don't share this code with anyone.",
    ),
    Language(
        "da",
        "Din {name}-bekræftelseskode er: {code}",
        "Din {name}-kode til betaling af {amount} til {payee} er: {code}",
        "Del ikke denne kode med nogen.",
    ),
    Language(
        "de",
        "Ihr {name}-Bestätigungscode lautet: {code}",
        "Ihr {name}-Code für die Zahlung von {amount} an {payee} lautet: {code}",
        "Geben Sie diesen Code an niemanden weiter.",
    ),
    Language(
        "es",
        "Tu código de verificación de {name} es: {code}",
        "Tu código de {name} para pagar {amount} a {payee} es: {code}",
        "No compartas este código con nadie.",
    ),
    Language(
        "fi",
        "{name}-vahvistuskoodisi on: {code}",
        "{name}-koodisi maksuun {amount}, saaja {payee}, on: {code}",
        "Älä jaa tätä koodia kenellekään.",
    ),
    Language(
        "fr",
        "Votre code de vérification {name} est : {code}",
        "Votre code {name} pour payer {amount} à {payee} est : {code}",
        "Ne partagez ce code avec personne.",
    ),
    Language(
        "it",
        "Il tuo codice di verifica {name} è: {code}",
        "Il tuo codice {name} per pagare {amount} a {payee} è: {code}",
        "Non condividere questo codice con nessuno.",
    ),
    Language(
        "nl",
        "Je verificatiecode voor {name} is: {code}",
        "Je code van {name} om {amount} aan {payee} te betalen is: {code}",
        "Deel deze code met niemand.",
    ),
    Language(
        "pl",
        "Twój kod weryfikacyjny {name} to: {code}",
        "Twój kod {name} do zapłaty {amount} dla {payee} to: {code}",
        "Nie udostępniaj tego kodu nikomu.",
    ),
    Language(
        "pt",
        "O seu código de verificação {name} é: {code}",
        "O seu código {name} para pagar {amount} a {payee} é: {code}",
        "Não partilhe este código com ninguém.",
    ),
    Language(
        "sv",
        "Din verifieringskod för {name} är: {code}",
        "Din kod från {name} för att betala {amount} till {payee} är: {code}",
        "Dela inte den här koden med någon.",
    ),
];

/// What the sentence is about.
pub(super) struct Saying<'a> {
    /// The language, such as `de` or `pt-BR`; English where it is not known here.
    pub(super) locale: Option<&'a str>,
    /// Whose code it is.
    pub(super) name: &'a str,
    /// Amount and payee of a transaction.
    pub(super) transaction: Option<(&'a str, &'a str)>,
    /// Whether it warns against sharing the code.
    pub(super) has_warning: bool,
    /// The hash by which an Android app finds its message.
    pub(super) app_hash: Option<&'a str>,
}

impl Saying<'_> {
    /// The text.
    ///
    /// # Errors
    /// When a value has line breaks or is too long.
    pub(super) fn wording(&self) -> Result<Wording, FieldError> {
        let code = self.locale.unwrap_or("en").split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let Language(_, plain, transaction, warning) = LANGUAGES.iter().find(|known| known.0 == code).unwrap_or(&LANGUAGES[0]);
        let mut text = (*if self.transaction.is_some() { transaction } else { plain }).to_owned();
        if self.has_warning {
            text.push_str(". ");
            text.push_str(warning);
        }
        if let Some(hash) = self.app_hash {
            text.push('\n');
            text.push_str(hash);
        }
        let (amount, payee) = self.transaction.unwrap_or_default();
        let values = [(NAMES[0], self.name), (NAMES[2], amount), (NAMES[3], payee)];
        Wording::parse("CustomFriendlyName", &text, NAMES[1], &values)
    }
}

/// Whether a text is the code of a language, perhaps with a region.
pub(super) fn is_locale(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let is_language =
        parts.next().is_some_and(|part| matches!(part.len(), 2 | 3) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let is_region = |part: &str| (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    is_language && parts.next().is_none_or(is_region) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use pinfold_core::pin::Pin;

    use super::*;

    fn said(locale: Option<&str>, transaction: Option<(&str, &str)>, has_warning: bool) -> String {
        let saying = Saying { locale, name: "Owl", transaction, has_warning, app_hash: None };
        saying.wording().expect("a text").render(&Pin::given("0042"))
    }

    #[test]
    fn the_sentence_is_in_the_persons_language() {
        assert_eq!(said(None, None, false), "Your Owl verification code is: 0042");
        assert_eq!(
            said(Some("de"), None, true),
            "Ihr Owl-Bestätigungscode lautet: 0042. Geben Sie diesen Code an niemanden weiter."
        );
        assert_eq!(said(Some("pt-BR"), None, false), "O seu código de verificação Owl é: 0042");
        assert_eq!(said(Some("tlh"), None, false), said(None, None, false));
    }

    #[test]
    fn every_sentence_carries_what_it_must() {
        for Language(code, plain, transaction, warning) in LANGUAGES {
            assert!(plain.contains("{name}") && plain.matches("{code}").count() == 1, "{code}");
            assert!(NAMES.iter().all(|name| transaction.matches(name).count() == 1), "{code}");
            assert!(!warning.is_empty(), "{code}");
            let text = said(Some(code), Some(("€1,000.00", "{code}")), false);
            assert!(text.contains("0042") && text.contains("€1,000.00") && text.contains("{code}"), "{text}");
        }
    }

    #[test]
    fn locales_are_codes_of_languages() {
        for text in ["en", "pt-BR", "zh_HK", "es-419"] {
            assert!(is_locale(text), "{text}");
        }
        for text in ["", "e", "english", "en-", "en-GB-x", "e\n", "12"] {
            assert!(!is_locale(text), "{text}");
        }
    }
}
