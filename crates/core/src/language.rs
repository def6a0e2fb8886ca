//! The languages of Infobip 2FA, used for speech.

use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($(#[$meta:meta])* $variant:ident $code:literal),+ $(,)?) => {
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
        }
    };
}

languages! {
    #[default] English "en", Spanish "es", Catalan "ca", Danish "da", Dutch "nl", French "fr", German "de", Italian "it",
    Japanese "ja", Korean "ko", Norwegian "no", Polish "pl", Russian "ru", Swedish "sv", Finnish "fi", Croatian "hr",
    Slovenian "sl", Romanian "ro", PortugueseEuropean "pt_pt", PortugueseBrazilian "pt_br", ChineseSimplified "zh_cn",
    ChineseTraditional "zh_tw",
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
