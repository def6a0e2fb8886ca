import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { preferredLanguage, rememberLanguage } from "@/preferences";
import { english } from "./en";

/** English texts are the keys, so code reads as what it shows; a test holds that German has every one. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type LanguageCode = keyof typeof LANGUAGES;

const isKnown = (code: string): code is LanguageCode => code in LANGUAGES;

export async function startLanguages() {
  const wanted = preferredLanguage();
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: english } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await showLanguage(isKnown(wanted) ? wanted : "en");
}

/** Loads a language where needed and shows it. */
async function showLanguage(code: LanguageCode) {
  if (code === "de" && !i18next.hasResourceBundle("de", "translation")) {
    const { german } = await import("./de");
    i18next.addResourceBundle("de", "translation", german);
  }
  await i18next.changeLanguage(code);
  document.documentElement.lang = code;
}

export async function chooseLanguage(code: LanguageCode) {
  rememberLanguage(code);
  await showLanguage(code);
}

export const languageNow = (): LanguageCode => (isKnown(i18next.language) ? i18next.language : "en");
