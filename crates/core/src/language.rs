//! The languages of Infobip 2FA, used for speech.

use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($(#[$meta:meta])* $variant:ident $code:literal $locale:literal),+ $(,)?) => {
        /// A language a PIN can be spoken in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub enum Language {
            $(
                #[doc = concat!("`", $code, "`")]
                #[serde(rename = $code)]
                $(#[$meta])*
                $variant,
            )+
        }

        impl Language {
            /// Every language.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The language's code on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The language with the region whose speech is taken where a provider asks for one (BCP 47).
            #[must_use]
            pub fn locale(self) -> &'static str {
                match self { $(Self::$variant => $locale),+ }
            }
        }
    };
}

languages! {
    #[default] English "en" "en-US", Spanish "es" "es-ES", Catalan "ca" "ca-ES", Danish "da" "da-DK", Dutch "nl" "nl-NL", French "fr" "fr-FR", German "de" "de-DE", Italian "it" "it-IT",
    Japanese "ja" "ja-JP", Korean "ko" "ko-KR", Norwegian "no" "nb-NO", Polish "pl" "pl-PL", Russian "ru" "ru-RU", Swedish "sv" "sv-SE", Finnish "fi" "fi-FI", Croatian "hr" "hr-HR",
    Slovenian "sl" "sl-SI", Romanian "ro" "ro-RO", PortugueseEuropean "pt_pt" "pt-PT", PortugueseBrazilian "pt_br" "pt-BR", ChineseSimplified "zh_cn" "zh-CN",
    ChineseTraditional "zh_tw" "zh-TW",
}

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.iter().copied().find(|language| language.code() == text).ok_or(UnknownLanguage)
    }
}

/// The text is no language of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of en es ca da nl fr de it ja ko no pl ru sv fi hr sl ro pt_pt pt_br zh_cn zh_tw")]
pub struct UnknownLanguage;
