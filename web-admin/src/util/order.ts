/** The list with one thing in another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const after = [...list];
  const [one] = after.splice(from, 1);
  if (one !== undefined) after.splice(to, 0, one);
  return after;
}
