/** Repetitions of several sides in turn, so that all of them see the same machine. */

/** One side: a name, and one measurement of it. */
export type Sides<T> = Readonly<Record<string, () => Promise<T>>>;

/**
 * Measures every side `times` times, one after the other. One that fails, as on a machine that is too busy, is tried once
 * more and then does without that repetition; a side without any is left out of what is returned.
 *
 * @param rarely  sides that are measured in every second repetition only.
 */
export async function interleave<T>(
  sides: Sides<T>,
  times: number,
  log: (line: string) => void,
  show: (value: T) => string,
  rarely: ReadonlySet<string> = new Set(),
): Promise<Map<string, T[]>> {
  const values = new Map<string, T[]>();
  for (let i = 1; i <= times; i++)
    for (const [side, measure] of Object.entries(sides)) {
      if (rarely.has(side) && i % 2 === 0) continue;
      const value = await attempt(measure, (why) => log(`${side} ${i}: ${why}`));
      if (value === undefined) continue;
      values.set(side, [...(values.get(side) ?? []), value]);
      log(`${side} ${i}: ${show(value)}`);
    }
  for (const side of Object.keys(sides))
    if (!values.has(side)) log(`${side} is left out: it failed each time`);
  return values;
}

async function attempt<T>(measure: () => Promise<T>, said: (why: string) => void): Promise<T | undefined> {
  for (let tries = 0; tries < 2; tries++)
    try {
      return await measure();
    } catch (thrown) {
      said((thrown as Error).message);
    }
  return undefined;
}
