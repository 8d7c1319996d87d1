/** JSON that readers read differently: which is why a text was refused, once it was. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What is looked at outside of strings: `:`, brackets, braces, and how NaN and Infinity begin. */
const MARKS = new Set([..."[]{}:NI"].map((mark) => mark.charCodeAt(0)));

/** The strings and marks of a text, each from one place up to another. @cost linear, whatever the text. */
function* tokens(text: string): Generator<readonly [from: number, to: number]> {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (MARKS.has(code)) yield [at, at + 1];
    if (code !== QUOTE) continue;
    let end = at + 1;
    while (end < text.length && text.charCodeAt(end) !== QUOTE)
      end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    yield [at, end + 1];
    at = end;
  }
}

/** Whether a text that is no JSON has a number that JSON cannot hold: NaN, or an infinity. */
export function hasNonNumber(text: string): boolean {
  for (const [from] of tokens(text))
    if (text.startsWith("NaN", from) || text.startsWith("Infinity", from)) return true;
  return false;
}

/** Whether an object of a JSON text gives a key twice: some readers take the first, others the last. */
export function repeatsKey(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const [from, to] of tokens(text)) {
    const mark = text[from];
    if (mark === "{") open.push(new Set());
    else if (mark === "[") open.push(undefined);
    else if (mark === "}" || mark === "]") open.pop();
    else if (mark !== ":") last = text.slice(from, to);
    else {
      const keys = open.at(-1);
      const key = JSON.parse(last) as string;
      if (keys?.has(key)) return true;
      keys?.add(key);
    }
  }
  return false;
}
