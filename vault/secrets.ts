/** Looks for secrets in what is about to be sealed: a bundle is signed, copied and published, and cannot be recalled. */
import { ArqonError, utf8 } from "@arqon/core/base";
import type { BundleDraft } from "@arqon/core/bundle";

/** Forms that are secrets wherever they stand. */
const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/],
  ["an age secret key", /\bAGE-SECRET-KEY-1[0-9A-Z]{50}/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20}/],
  ["a Slack token", /\bxox[abeprs]-[A-Za-z0-9-]{10}/],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}/],
  ["a secret API key", /\bsk[-_](?:[a-z]+[-_])?[A-Za-z0-9]{20}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a PyPI token", /\bpypi-[A-Za-z0-9_-]{50}/],
  ["a Hugging Face token", /\bhf_[A-Za-z0-9]{34}/],
  // Looking for what is rarer than a word, and back from there, is several times as fast.
  ["a JSON Web Token", /(?<=\beyJ[A-Za-z0-9_-]{10,2000})\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10}/],
  ["a password in a URL", /(?<=\b[a-z][a-z0-9+.-]{1,20}):\/\/[^\s/:@"']{1,100}:[^\s/:@"']{3,100}@/],
];

/** `name = value` and `"name": "value"`, as in JSON, YAML, shell and TOML, from where it is told to look. */
const ASSIGNMENT =
  /(?<![A-Za-z0-9_.-])(["']?)([A-Za-z][A-Za-z0-9_.-]{0,63})\1\s{0,4}[:=]\s{0,4}(["']?)([^\s"',;{}[\]]{16,512})\3/y;
/** Every name of a secret has one of these in it: of key, token, secret, credential and pass. */
const HINT = /[kK][eE][yYnN]|[rR][eE][tTdD]|[pP][aA][sS][sS]/g;
const NAME_BYTES = 64;
const SECRET_WORD = /^(?:key|token|secret|password|passwd|pass|passphrase|credentials?)$/;
const HARMLESS_WORD =
  /^(?:public|pub|id|ids|hash|digest|sha256|fingerprint|name|path|file|type|algorithm|count|counts)$/;
const HARMLESS_VALUE = /^(?:[a-z0-9]+:|[0-9.+eE-]+$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-)/;

const WINDOW_BYTES = 1 << 22;
const OVERLAP_BYTES = 1 << 13;

/** Where a secret was found. */
export interface SecretFinding {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly what: string;
}

/** Shannon entropy of a text's characters, in bits a character. */
export function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Names seen before: they repeat from run to run. */
const judged = new Map<string, boolean>();
const MOST_JUDGED = 1024;

function isSecretName(name: string): boolean {
  let verdict = judged.get(name);
  if (verdict === undefined) {
    verdict = judgeName(name);
    if (judged.size >= MOST_JUDGED) judged.clear();
    judged.set(name, verdict);
  }
  return verdict;
}

function judgeName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const named = words.some(
    (word) => SECRET_WORD.test(word) || /^(?:api|access|private|secret|auth)(?:key|token)$/.test(word),
  );
  return named && !words.some((word) => HARMLESS_WORD.test(word));
}

/**
 * Whether a value reads like a token rather than a name: much entropy, and letters, capitals and digits that change places
 * far more often than words and numbers put together do.
 */
function looksRandom(value: string): boolean {
  let counted = 0;
  let changes = 0;
  let capitals = false;
  let before = 0;
  for (let i = 0; i < value.length; i++) {
    const kind = kindOf(value.charCodeAt(i));
    if (kind === 0) continue;
    if (counted++ > 0 && kind !== before) changes++;
    if (kind === CAPITAL) capitals = true;
    before = kind;
  }
  if (counted === 0 || changes / counted < (capitals ? 0.42 : 0.28)) return false;
  return !HARMLESS_VALUE.test(value) && entropyBits(value) >= 3;
}

const SMALL = 1;
const CAPITAL = 2;
const DIGIT = 3;

/** Which kind of letter or digit it is; 0 for anything else. */
function kindOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return SMALL;
  if (code >= 0x41 && code <= 0x5a) return CAPITAL;
  return code >= 0x30 && code <= 0x39 ? DIGIT : 0;
}

function findIn(text: string): { at: number; what: string } | undefined {
  for (const [what, form] of FORMS) {
    const match = form.exec(text);
    if (match) return { at: match.index, what };
  }
  let before = -1;
  HINT.lastIndex = 0;
  while (HINT.test(text)) {
    const end = HINT.lastIndex;
    let at = end - 1;
    while (at > 0 && end - at <= NAME_BYTES && isNameCode(text.charCodeAt(at - 1))) at--;
    if (at === before) continue;
    before = at;
    for (const from of [at - 1, at]) {
      ASSIGNMENT.lastIndex = Math.max(from, 0);
      const match = ASSIGNMENT.exec(text);
      if (!match) continue;
      const [, , name = "", , value = ""] = match;
      if (isSecretName(name) && looksRandom(value)) return { at, what: `a value of "${name}"` };
    }
  }
  return undefined;
}

/** A letter, a digit, or one of `_.-` */
function isNameCode(code: number): boolean {
  return kindOf(code) !== 0 || code === 0x5f || code === 0x2d || code === 0x2e;
}

/** Shorter ones would be found by chance. */
const KNOWN_LENGTH = 8;

/** The first thing in `bytes` that looks like a secret. @param known  values that must not appear at all. */
export function scanBytes(
  path: string,
  bytes: Uint8Array,
  known: readonly string[],
): SecretFinding | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = (at: number, what: string): SecretFinding => {
    let line = 1;
    for (let i = 0; i < at; i++) if (buffer[i] === 0x0a) line++;
    return { path, line, what };
  };
  for (const secret of known) {
    const at = secret.length >= KNOWN_LENGTH ? buffer.indexOf(secret, 0, "utf8") : -1;
    if (at >= 0) return found(at, "a secret of this vault");
  }
  // Windows bound the memory of the text form; they overlap so that nothing hides on an edge.
  for (let from = 0; from < buffer.length; from += WINDOW_BYTES - OVERLAP_BYTES) {
    const hit = findIn(buffer.toString("latin1", from, from + WINDOW_BYTES));
    if (hit) return found(from + hit.at, hit.what);
  }
  return undefined;
}

const BETWEEN = utf8("\n\0\n");
/** Files up to this size are looked at together. */
const SMALL_BYTES = 1 << 16;

/**
 * Scans every file of a draft, its manifest and its title.
 * @throws ArqonError `SECRET_FOUND` naming file, line and kind, never the value.
 */
export function refuseSecrets(draft: BundleDraft, title: string, known: readonly string[]): void {
  const sections = { recipe: draft.recipe, conditions: draft.conditions, record: draft.record } as const;
  const files: [string, Uint8Array][] = [
    ["title", utf8(title)],
    ["manifest", utf8(JSON.stringify(draft.manifest))],
  ];
  for (const [section, content] of Object.entries(sections))
    for (const [name, bytes] of content) files.push([`${section}/${name}`, bytes]);
  for (const [name, { bytes }] of draft.results) files.push([`results/${name}`, bytes]);
  // Side by side with what is in no secret between them; only where that finds something is it asked in which.
  const small = files.filter(([, bytes]) => bytes.length <= SMALL_BYTES);
  const together = latin1(Buffer.concat(small.flatMap(([, bytes]) => [bytes, BETWEEN])));
  const isClean = !hasKnown(together, known) && findIn(together) === undefined;
  for (const [path, bytes] of isClean ? files.filter(([, bytes]) => bytes.length > SMALL_BYTES) : files) {
    const finding = scanBytes(path, bytes, known);
    if (finding)
      throw new ArqonError(
        "SECRET_FOUND",
        `${path} line ${finding.line} holds ${finding.what}; nothing was sealed`,
        {
          details: { path, line: finding.line },
        },
      );
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

const hasKnown = (text: string, known: readonly string[]): boolean =>
  known.some((secret) => secret.length >= KNOWN_LENGTH && text.includes(latin1(utf8(secret))));
