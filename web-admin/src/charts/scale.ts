/** A round number at or above the greatest value, so that an axis reads well. */
export function niceTop(greatest: number): number {
  if (greatest <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(greatest));
  const step = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((one) => one * power >= greatest) ?? 10;
  return step * power;
}

/** At most `most` places of `count`, evenly apart. */
export function ticks(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  const every = Math.ceil(count / most);
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
}

/** The places where a label begins, at most `most` of them: no label stands twice, and none runs into the next. */
export function marks(labels: string[], most: number): number[] {
  const begins = labels.flatMap((label, index) => (label === labels[index - 1] ? [] : [index]));
  const isCramped = begins.length > 2 && (begins[1] ?? 0) < labels.length / most / 2;
  const kept = isCramped ? begins.slice(1) : begins;
  return ticks(kept.length, most).flatMap((index) => kept[index] ?? []);
}

/** The points of a line, as an SVG path. */
export const line = (points: readonly (readonly [number, number])[]) =>
  points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
