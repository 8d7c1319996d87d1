/** Which OpenQASM a text is written in. */

const STATED = /^OPENQASM\s+(\d+)/;
const INCLUDES_3 = /^[^\S\n]*include\s*["']stdgates\.inc["']/m;

/**
 * 3 for a text whose version line says so, or that has none and includes stdgates.inc; 2 for every other, also for one that
 * is neither, which its parser then refuses. Linear in the comments before the first statement.
 */
export function qasmVersion(source: string): 2 | 3 {
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    while (/\s/.test(source.charAt(at))) at++;
    const end = source.startsWith("//", at) ? "\n" : source.startsWith("/*", at) ? "*/" : undefined;
    if (end === undefined) break;
    const found = source.indexOf(end, at + 2);
    if (found < 0) return 2;
    at = found + end.length;
  }
  const stated = STATED.exec(source.slice(at, at + 64))?.[1];
  if (stated !== undefined) return stated === "3" ? 3 : 2;
  return INCLUDES_3.test(source) ? 3 : 2;
}

/** The media type of a text in OpenQASM. */
export function qasmMediaType(source: string): string {
  return `text/x-openqasm;version=${qasmVersion(source)}.0`;
}
