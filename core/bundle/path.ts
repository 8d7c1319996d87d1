/** Names of files in a bundle: what may be unpacked on any system without surprise. */
import { ArqonError, compareBytes, utf8 } from "../base/index.ts";

/** Longest path in UTF-8 bytes. */
export const MAX_PATH_BYTES = 512;

// Control, format (bidirectional and zero-width), private, surrogate, line and paragraph separators.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Of these characters nothing is amiss, composed or folded into others. */
const PLAIN = /^[\w./-]+$/;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/** Order of paths by their UTF-8 bytes, as `LC_ALL=C sort` has it. */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Below the surrogates, UTF-16 has the order of UTF-8.
    return x < 0xd800 && y < 0xd800 ? x - y : compareBytes(utf8(a), utf8(b));
  }
  return a.length - b.length;
}

/** The path as a relative URL. One that comes back as it was needs no escaping in HTML either. */
export function pathUrl(path: string): string {
  return PLAIN.test(path) ? path : path.split("/").map(encodeURIComponent).join("/");
}

/** The form under which two paths collide on some file system: composed, and in upper, lower, upper case, so that ẞ is SS too. */
export function foldPath(path: string): string {
  if (PLAIN.test(path)) return path.toUpperCase();
  return path.normalize("NFC").toUpperCase().toLowerCase().toUpperCase().normalize("NFC");
}

/** Why a path may not stand in a bundle, or `undefined` when it may. */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (!PLAIN.test(path) || path.length > MAX_PATH_BYTES) {
    const problem = characterProblem(path);
    if (problem !== undefined) return problem;
  }
  if (path.startsWith("/")) return "it is absolute";
  for (const part of path.split("/")) {
    if (part === "") return "it has an empty part or ends in /";
    if (part === "." || part === "..") return `it has the part "${part}"`;
    if (/[. ]$/.test(part)) return "a part of it ends in a dot or a space";
    if (WINDOWS_DEVICE.test(part)) return `"${part}" is a device name on Windows`;
  }
  return undefined;
}

function characterProblem(path: string): string | undefined {
  if (!path.isWellFormed()) return "it is not well-formed Unicode";
  if (utf8(path).length > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  if (UNPRINTABLE.test(path)) return "it has a control, bidirectional or other invisible character";
  if (path.includes("\\")) return "it has a backslash";
  if (/[<>:"|?*]/.test(path)) return 'it has one of < > : " | ? *';
  if (path !== path.normalize("NFC")) return "it is not in Unicode form NFC";
  return undefined;
}

/**
 * Checks all paths of a bundle, each and against one another.
 * @throws ArqonError `BUNDLE_MALFORMED` naming the first path at fault and why.
 */
export function requirePaths(paths: Iterable<string>): void {
  const list = [...paths];
  // No path that may be in a bundle has a NUL: two lists of as many paths are the same where their texts are.
  const text = list.length > MOST_KNOWN_PATHS ? undefined : `${list.length}\0${list.join("\0")}`;
  if (text !== undefined && known.has(text)) return;
  checkPaths(list);
  if (text === undefined) return;
  if (known.size >= MOST_KNOWN) known.clear();
  known.add(text);
}

/** Lists that were found good: those of runs of one kind are the same. */
const known = new Set<string>();
const MOST_KNOWN = 256;
const MOST_KNOWN_PATHS = 64;

function checkPaths(paths: readonly string[]): void {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const refuse = (path: string, why: string): never => {
    throw new ArqonError("BUNDLE_MALFORMED", `${JSON.stringify(path)} may not be in a bundle: ${why}`, {
      details: { path },
    });
  };
  for (const path of paths) {
    const problem = pathProblem(path);
    if (problem) refuse(path, problem);
    const folded = foldPath(path);
    const twin = files.get(folded);
    if (twin === path) refuse(path, "it is there twice");
    if (twin !== undefined)
      refuse(path, `it differs from ${JSON.stringify(twin)} only in case or composition`);
    if (folders.has(folded)) refuse(path, "it is also a folder");
    files.set(folded, path);
    const parts = path.split("/");
    for (let i = 1; i < parts.length; i++) {
      const folder = parts.slice(0, i).join("/");
      const foldedFolder = foldPath(folder);
      const other = folders.get(foldedFolder);
      if (files.has(foldedFolder)) refuse(path, `"${folder}" is also a file`);
      if (other !== undefined && other !== folder)
        refuse(path, `its folder differs from "${other}" only in case`);
      folders.set(foldedFolder, folder);
    }
  }
}
