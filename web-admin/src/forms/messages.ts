import type { Schemas } from "@/api/client";

/** What a PIN may be made of, in words. */
export const PIN_TYPES: { value: Schemas["PinType"]; says: string }[] = [
  { value: "NUMERIC", says: "Digits" },
  { value: "ALPHA", says: "Letters" },
  { value: "ALPHANUMERIC", says: "Letters and digits" },
  { value: "HEX", says: "Hexadecimal digits" },
];

const NAMES: [Schemas["Language"], string][] = [
  ["en", "English"],
  ["ca", "Català"],
  ["da", "Dansk"],
  ["de", "Deutsch"],
  ["es", "Español"],
  ["fi", "Suomi"],
  ["fr", "Français"],
  ["hr", "Hrvatski"],
  ["it", "Italiano"],
  ["ja", "日本語"],
  ["ko", "한국어"],
  ["nl", "Nederlands"],
  ["no", "Norsk"],
  ["pl", "Polski"],
  ["pt_br", "Português (Brasil)"],
  ["pt_pt", "Português (Portugal)"],
  ["ro", "Română"],
  ["ru", "Русский"],
  ["sl", "Slovenščina"],
  ["sv", "Svenska"],
  ["zh_cn", "中文（简体）"],
  ["zh_tw", "中文（繁體）"],
];

/** The languages of messages, by their own names. */
export const LANGUAGES_OF_MESSAGES = NAMES.map(([value, label]) => ({ value, label }));
