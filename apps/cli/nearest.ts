/** What somebody who mistyped a name may have meant. */

/** A longer name would cost more to compare than it is worth. */
const LONGEST = 64;

/** The name that takes the fewest insertions, deletions, replacements and swaps of neighbours; `undefined` when none is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length < 2 || word.length > LONGEST) return undefined;
  const near = names
    .map((name) => ({ name, far: name.startsWith(word) ? 1 : distance(word, name) }))
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(Math.min(name.length, word.length) / 3)));
  return near.sort((a, b) => a.far - b.far)[0]?.name;
}

function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j] as number, (before[j - 2] as number) + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
