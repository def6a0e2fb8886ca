/** Durations and rates as the API writes them: `5m`, `3/1h`. */
export const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export type Unit = keyof typeof UNITS;

export interface Span {
  count: number;
  unit: Unit;
}

export interface Rate {
  times: number;
  window: Span;
}

const isUnit = (text: string): text is Unit => text in UNITS;

export function readSpan(text: string): Span | undefined {
  const [, count, unit] = /^([0-9]*)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  if (unit === undefined || !isUnit(unit)) return undefined;
  return { count: count ? Number(count) : 1, unit };
}

export function readRate(text: string): Rate | undefined {
  const [times, span] = text.split("/");
  const window = span === undefined ? undefined : readSpan(span);
  return window && /^[0-9]+$/.test(times ?? "") ? { times: Number(times), window } : undefined;
}

export const writeSpan = ({ count, unit }: Span) => `${count}${unit}`;
export const writeRate = ({ times, window }: Rate) => `${times}/${writeSpan(window)}`;
export const millisOf = ({ count, unit }: Span) => count * UNITS[unit];

/** The chance that blind guessing hits one PIN. */
export const luck = (guesses: number, length: number, symbols: number) => Math.min(1, guesses / symbols ** length);
