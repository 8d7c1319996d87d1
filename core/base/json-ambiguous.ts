/** JSON that readers read differently: which is why a text was refused, once it was. */

const STRING = /"(?:[^"\\]|\\.)*"/gs;
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:]/gs;

/** Whether a text that is no JSON has a number that JSON cannot hold: NaN, or an infinity. */
export function hasNonNumber(text: string): boolean {
  return /\b(?:NaN|Infinity)\b/.test(text.replaceAll(STRING, '""'));
}

/** Whether an object of a JSON text gives a key twice: some readers take the first, others the last. */
export function repeatsKey(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":") last = token;
    else {
      const keys = open.at(-1);
      const key = JSON.parse(last) as string;
      if (keys?.has(key)) return true;
      keys?.add(key);
    }
  }
  return false;
}
