//! Texts under one name, one for each channel and locale: what Vonage calls a template and its fragments. Where a set has no text,
//! each locale has one of its own.

use crate::channel::Channel;
use crate::field::FieldError;
use crate::id::{FragmentId, TemplateSetId};
use crate::wording::Wording;

/// What stands for the PIN.
pub const CODE: &str = "${code}";
/// The longest text.
pub const LONGEST: usize = 1_000;

/// Texts under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSet {
    /// Its id.
    pub id: TemplateSetId,
    /// Its name, which no other set of the tenant has.
    pub name: String,
    /// Whether it is taken where a request names none.
    pub is_default: bool,
}

/// A text of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Its id.
    pub id: FragmentId,
    /// The set it belongs to.
    pub set: TemplateSetId,
    /// The channel it is for.
    pub channel: Channel,
    /// The locale it is for.
    pub locale: Locale,
    /// The text, as it was written.
    pub text: String,
}

/// How long a PIN is good, in the words of a language: singular and plural of seconds and minutes.
struct Units([&'static str; 4]);

macro_rules! locales {
    ($($variant:ident $code:literal $text:literal $units:expr),+ $(,)?) => {
        /// A language with its region, as Vonage has them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[expect(missing_docs, reason = "each is its code")]
        pub enum Locale { #[default] $($variant),+ }

        impl Locale {
            /// Every locale.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its code on the wire.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The text where a set has none.
            const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            const fn units(self) -> Units {
                match self { $(Self::$variant => $units),+ }
            }
        }
    };
}

const ENGLISH: Units = Units(["second", "seconds", "minute", "minutes"]);
const SPANISH: Units = Units(["segundo", "segundos", "minuto", "minutos"]);
const PORTUGUESE: Units = Units(["segundo", "segundos", "minuto", "minutos"]);

locales! {
    EnUs "en-us" "Your ${brand} code is: ${code}" ENGLISH,
    EnGb "en-gb" "Your ${brand} code is: ${code}" ENGLISH,
    EsEs "es-es" "Tu código de ${brand} es: ${code}" SPANISH,
    EsMx "es-mx" "Tu código de ${brand} es: ${code}" SPANISH,
    EsUs "es-us" "Tu código de ${brand} es: ${code}" SPANISH,
    ItIt "it-it" "Il tuo codice ${brand} è: ${code}" Units(["secondo", "secondi", "minuto", "minuti"]),
    FrFr "fr-fr" "Votre code ${brand} est : ${code}" Units(["seconde", "secondes", "minute", "minutes"]),
    DeDe "de-de" "Ihr ${brand}-Code lautet: ${code}" Units(["Sekunde", "Sekunden", "Minute", "Minuten"]),
    RuRu "ru-ru" "Ваш код ${brand}: ${code}" Units(["сек.", "сек.", "мин.", "мин."]),
    HiIn "hi-in" "आपका ${brand} कोड है: ${code}" Units(["सेकंड", "सेकंड", "मिनट", "मिनट"]),
    PtBr "pt-br" "Seu código ${brand} é: ${code}" PORTUGUESE,
    PtPt "pt-pt" "O seu código ${brand} é: ${code}" PORTUGUESE,
    IdId "id-id" "Kode ${brand} Anda: ${code}" Units(["detik", "detik", "menit", "menit"]),
}

/// The text names no locale of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of en-us en-gb es-es es-mx es-us it-it fr-fr de-de ru-ru hi-in pt-br pt-pt id-id")]
pub struct UnknownLocale;

impl std::str::FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        Self::ALL.iter().copied().find(|locale| locale.code().eq_ignore_ascii_case(text)).ok_or(UnknownLocale)
    }
}

impl Locale {
    /// A life in whole minutes or, below one, in seconds: the number and its unit.
    fn limit(self, life_ms: u64) -> (u64, &'static str) {
        let seconds = life_ms / 1_000;
        let (number, first) = if seconds < 60 { (seconds, 0) } else { (seconds / 60, 2) };
        (number, self.units().0[first + usize::from(number != 1)])
    }
}

/// The wording of a text for a brand and a life; without a text, that of the locale.
///
/// # Errors
/// When the text, given in `field`, is none: see [`Wording::parse`].
pub fn wording(
    field: &'static str,
    text: Option<&str>,
    locale: Locale,
    brand: &str,
    life_ms: u64,
) -> Result<Wording, FieldError> {
    let (number, unit) = locale.limit(life_ms);
    let number = number.to_string();
    let values = [("${brand}", brand), ("${time-limit-unit}", unit), ("${time-limit}", number.as_str())];
    Wording::parse(field, text.unwrap_or(locale.text()), CODE, &values)
}

/// Checks a text of a set: the PIN once, no other placeholders than the four, [`LONGEST`] characters at most.
///
/// # Errors
/// The bound it breaks.
pub fn check_text(field: &'static str, text: &str) -> Result<(), FieldError> {
    if text.chars().count() > LONGEST {
        return Err(FieldError::new(field, format!("must have at most {LONGEST} characters")));
    }
    let is_known =
        |rest: &str| ["code}", "brand}", "time-limit}", "time-limit-unit}"].into_iter().any(|name| rest.starts_with(name));
    if text.split("${").skip(1).any(|rest| !is_known(rest)) {
        return Err(FieldError::new(
            field,
            "must have no placeholders but ${code}, ${brand}, ${time-limit} and ${time-limit-unit}",
        ));
    }
    wording(field, Some(text), Locale::EnUs, "x", 60_000).map(|_| ())
}

/// Checks the name of a set: 1 to 64 letters, digits, spaces and `_-.`.
///
/// # Errors
/// The bound it breaks.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || " _-.".contains(c));
    let is_good = (1..=64).contains(&name.chars().count()) && is_plain && name.trim() == name;
    if is_good { Ok(()) } else { Err("must have 1 to 64 letters, digits, spaces or _ - .") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pin::Pin;

    fn said(text: Option<&str>, locale: Locale, life_ms: u64) -> String {
        wording("text", text, locale, "ACME", life_ms).expect("a text").render(&Pin::given("0042"))
    }

    #[test]
    fn every_locale_has_a_text_of_its_own() {
        for locale in Locale::ALL {
            let said = said(None, *locale, 300_000);
            assert!(said.contains("ACME") && said.contains("0042") && !said.contains('$'), "{said}");
            assert_eq!(locale.code().parse(), Ok(*locale));
        }
        assert_eq!("EN-US".parse(), Ok(Locale::EnUs));
        assert!("xx-xx".parse::<Locale>().is_err());
    }

    #[test]
    fn a_text_says_how_long_the_code_is_good_in_its_language() {
        let text = Some("${code} ${brand} ${time-limit} ${time-limit-unit}");
        assert_eq!(said(text, Locale::EnUs, 300_000), "0042 ACME 5 minutes");
        assert_eq!(said(text, Locale::EnGb, 60_000), "0042 ACME 1 minute");
        assert_eq!(said(text, Locale::DeDe, 45_000), "0042 ACME 45 Sekunden");
    }

    #[test]
    fn texts_have_the_code_once_and_nothing_that_nobody_fills_in() {
        for text in ["Code ${code}", "${brand}: ${code}, ${time-limit} ${time-limit-unit}", "$5 {code} ${code}"] {
            assert_eq!(check_text("text", text), Ok(()), "{text}");
        }
        for text in
            ["", "no code", "${code} ${code}", "${code} ${name}", "${code} ${", &format!("${{code}}{}", "x".repeat(1_000))]
        {
            assert!(check_text("text", text).is_err(), "{text}");
        }
        for name in ["", " x", "a/b", "a\n", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert_eq!(check_name("My template_1.0"), Ok(()));
    }
}
