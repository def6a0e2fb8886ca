import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(process.cwd(), "src");
const CALL = /\bt\(\s*"((?:[^"\\]|\\.)*)"/g;
/** Texts that stand in tables and are translated where they are shown. */
const TABLE = /\b(?:says|label|about|hint): "((?:[^"\\]|\\.)*)"/g;
const TABLES = [
  "pages/alerts/AlertsPage.tsx",
  "api/fraud.ts",
  "api/sign-on.ts",
  "pages/keys/KeysPage.tsx",
  "words.ts",
  "shell/places.ts",
  "forms/vendors.ts",
  "forms/messages.ts",
];

export interface Text {
  text: string;
  /** Whether its form depends on a number. */
  isCounted: boolean;
}

/** Every text that the console shows, found in its sources. */
export function textsOfSources(): Text[] {
  const found = new Map<string, boolean>();
  const note = (raw: string | undefined, isCounted: boolean) => {
    const text: unknown = JSON.parse(`"${raw ?? ""}"`);
    if (typeof text === "string" && text !== "") found.set(text, isCounted || found.get(text) === true);
  };
  for (const name of readdirSync(SOURCE, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(name) || name.includes("generated") || name.startsWith("i18n/")) continue;
    const source = readFileSync(join(SOURCE, name), "utf8");
    for (const call of source.matchAll(CALL)) note(call[1], call[1]?.includes("{{count}}") === true);
    if (TABLES.includes(name)) for (const entry of source.matchAll(TABLE)) note(entry[1], false);
    if (name === "words.ts")
      for (const entry of source.matchAll(/\b(?:sms|voice|email|push): "([^"]+)"/g)) note(entry[1], false);
    if (name.endsWith("RoutesPage.tsx") || name.endsWith("Explain.tsx"))
      for (const entry of source.matchAll(/^ {2}[a-z_]+: "([^"]+)",$/gm)) note(entry[1], false);
  }
  return [...found]
    .map(([text, isCounted]) => ({ text, isCounted }))
    .sort((one, other) => one.text.localeCompare(other.text));
}
