/** Angles as short text. */

const PARTS = [1, 2, 3, 4, 6, 8, 16, 32];

/** A fraction of π where it is one, or four significant digits. */
export function angleText(value: number): string {
  for (const part of PARTS) {
    const times = Math.round((value * part) / Math.PI);
    if (times === 0 || Math.abs(times) > 64 || Math.abs((times * Math.PI) / part - value) > 1e-12) continue;
    const front = times === 1 ? "" : times === -1 ? "-" : String(times);
    return `${front}π${part === 1 ? "" : `/${part}`}`;
  }
  return String(Number(value.toPrecision(4)));
}
