import { languageNow } from "@/i18n";

const locale = () => (languageNow() === "de" ? "de" : "en-GB");

export const number = (value: number, digits = 0) =>
  value.toLocaleString(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits });

export const compact = (value: number) =>
  value.toLocaleString(locale(), { notation: "compact", maximumFractionDigits: value < 10_000 ? 0 : 1 });

/** A part of a whole, as per cent; a dash where there is no whole. */
export const percent = (part: number, whole: number, digits = 1) =>
  whole > 0
    ? (part / whole).toLocaleString(locale(), {
        style: "percent",
        maximumFractionDigits: digits,
        minimumFractionDigits: digits,
      })
    : "–";

export const dateTime = (at: string | number | Date) =>
  new Date(at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "medium" });

export const shortTime = (at: string | number | Date) =>
  new Date(at).toLocaleString(locale(), { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const time = (at: string | number | Date) =>
  new Date(at).toLocaleTimeString(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });

export const day = (at: string | number | Date) =>
  new Date(at).toLocaleDateString(locale(), { day: "numeric", month: "short" });

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** “3 minutes ago”. */
export function ago(at: string | number | Date, now = Date.now()) {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** Millionths of a currency's unit. */
export const money = (micros: number, currency: string) =>
  (micros / 1_000_000).toLocaleString(locale(), {
    style: "currency",
    currency,
    maximumFractionDigits: Math.abs(micros) < 1_000_000 && micros !== 0 ? 4 : 2,
  });

/** 850 ms, 1.2 s, 3 min. */
export function millis(ms: number) {
  if (ms < 1000) return `${number(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1000, 1)} s`;
  return `${number(ms / 60_000, 1)} min`;
}

export function country(code: string) {
  if (!/^[A-Z]{2}$/.test(code)) return code || "?";
  return new Intl.DisplayNames(locale(), { type: "region" }).of(code) ?? code;
}
