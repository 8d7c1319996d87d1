/** `arqon keys`: the keys of this ARQON_HOME, their rotation, and the keys of others it trusts. */
import { ArqonError, type JsonObject, systemClock } from "@arqon/core/base";
import type { PublicKey } from "@arqon/core/proof";
import {
  AT_REST_LABEL,
  addTrust,
  keyValidity,
  parseTrust,
  readTrust,
  removeTrust,
  requireNoWider,
  VAULT_LABEL,
} from "@arqon/vault";
import { isKeyAlgorithm, KEY_ALGORITHMS, type KeyInfo, readKeystoreKeys } from "@arqon/vault/keys";
import type { Arguments, Command } from "../command.ts";
import { encrypt, leaveWrappingKey, rewrap } from "../keys-at-rest.ts";
import { KEY_USES, useKey } from "../keys-use.ts";
import { table } from "../render.ts";
import { readUserText, withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

export const keys: Command = {
  name: "keys",
  summary: "list, make, use, rotate and disable keys; add and remove the keys of others you trust",
  positionals: ["VERB", "KEYID|add|remove|list?", "FILE|KEYID?"],
  forms: [
    "list",
    "generate",
    "rotate",
    "disable KEYID",
    `${KEY_USES.join("|")} KEYID [FILE]`,
    "trust list",
    "trust add FILE",
    "trust remove KEYID",
    "encrypt",
    "rewrap",
  ],
  options: {
    algorithm: {
      type: "string",
      value: "NAME",
      help: `of the key to generate: ${KEY_ALGORITHMS.join(", ")}`,
    },
    label: { type: "string", value: "NAME", help: `what the keys are for (default: ${VAULT_LABEL})` },
    out: {
      type: "string",
      value: "FILE",
      help: "where a signature, ciphertext or opened key goes (default: base64 here)",
    },
    secret: { type: "string", value: "FILE", help: "where the secret of encapsulate goes" },
    signature: { type: "string", value: "FILE", help: "the signature to verify" },
    context: { type: "string", value: "TEXT", help: "what a data key is for; unwrap needs the same" },
    reason: { type: "string", value: "TEXT", help: "why a key is disabled; kept in the governance ledger" },
  },
  example: "arqon keys rotate",
  async run(args, terminal) {
    const [verb = "", ...rest] = args.positionals;
    const step = VERBS[verb];
    if (!step || rest.length < step.least || rest.length > step.most)
      throw new ArqonError("USAGE", `keys: "${args.positionals.join(" ")}" is not one of its forms`, {
        remedy: "For example: arqon keys list, arqon keys rotate, arqon keys trust add trust.json",
      });
    await step.run(args, terminal);
    return 0;
  },
};

interface Verb {
  readonly least: number;
  readonly most: number;
  run(args: Arguments, terminal: Terminal): Promise<void>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  list: { least: 0, most: 0, run: list },
  generate: { least: 0, most: 0, run: generate },
  rotate: { least: 0, most: 0, run: rotate },
  disable: { least: 1, most: 1, run: disable },
  trust: { least: 1, most: 2, run: trust },
  encrypt: { least: 0, most: 0, run: (_, terminal) => encrypt(terminal) },
  rewrap: { least: 0, most: 0, run: (_, terminal) => rewrap(terminal) },
  ...Object.fromEntries(
    KEY_USES.map((use) => [
      use,
      { least: 1, most: 2, run: (args: Arguments, terminal: Terminal) => useKey(args, terminal, oneOf) },
    ]),
  ),
};

function jsonOf({
  keyId,
  algorithm,
  label,
  state,
  notBefore,
  notAfter,
  endedAt,
  protection,
}: KeyInfo): JsonObject {
  return { keyId, algorithm, label, state, notBefore, notAfter, protection, ...(endedAt && { endedAt }) };
}

function printKeys(terminal: Terminal, list: readonly KeyInfo[]): void {
  const rows = list.map((key) => [
    key.keyId.slice("sha256:".length, 23),
    key.algorithm,
    key.label,
    key.endedAt ? `${key.state} ${key.endedAt.slice(0, 10)}` : key.state,
    key.notAfter.slice(0, 10),
    key.protection,
  ]);
  for (const line of table(["key", "algorithm", "for", "state", "valid until", "protection"], rows))
    terminal.print(line);
}

/** Needs no passphrase: the public halves alone. */
async function list(_: Arguments, terminal: Terminal): Promise<void> {
  const found = readKeystoreKeys(terminal.home);
  terminal.answer(found.map(jsonOf));
  if (found.length > 0) printKeys(terminal, found);
  else terminal.print(`no keys yet; the first run makes them: ${terminal.invocation} run examples/bell.qasm`);
}

async function generate(args: Arguments, terminal: Terminal): Promise<void> {
  const algorithm = args.text("algorithm") ?? "";
  const label = args.text("label") ?? "";
  if (!isKeyAlgorithm(algorithm))
    throw new ArqonError("USAGE", `--algorithm "${algorithm}" is not one of ${KEY_ALGORITHMS.join(", ")}`);
  requireLabel(label);
  if (label === AT_REST_LABEL)
    throw new ArqonError("USAGE", `keys for ${label} say that this ARQON_HOME is encrypted`, {
      remedy: `Encrypt it with \`arqon keys encrypt\`; \`arqon keys rotate --label ${label}\` makes the next key.`,
    });
  const key = await withWritableVault(terminal, (vault) =>
    vault.keys.generate(algorithm, label, keyValidity(systemClock)),
  );
  terminal.answer(jsonOf(key));
  printKeys(terminal, [key]);
}

async function rotate(args: Arguments, terminal: Terminal): Promise<void> {
  const label = args.text("label") ?? VAULT_LABEL;
  requireLabel(label);
  const successors = await withWritableVault(terminal, (vault) =>
    vault.keys.rotate(label, keyValidity(systemClock)),
  );
  terminal.answer(successors.map(jsonOf));
  printKeys(terminal, successors);
  terminal.print("");
  terminal.print(
    label === VAULT_LABEL
      ? "What the old keys signed still verifies; give trust.json to those who verify what comes now."
      : label === AT_REST_LABEL
        ? `What the old key wrapped still opens; ${terminal.invocation} keys rewrap puts it under the new one.`
        : "What the old keys signed still verifies, and what they wrapped still opens.",
  );
}

async function disable(args: Arguments, terminal: Terminal): Promise<void> {
  const reason = args.text("reason") ?? "";
  if (reason.length > 500)
    throw new ArqonError("USAGE", `--reason has ${reason.length} characters, limit 500`);
  const ended = await withWritableVault(terminal, async (vault) => {
    const key = oneOf(vault.keys.list(), args.positionals[1] ?? "");
    await leaveWrappingKey(terminal, vault, key);
    return vault.keys.disable(key.keyId, reason);
  });
  terminal.answer(jsonOf(ended));
  printKeys(terminal, [ended]);
  if (ended.label === VAULT_LABEL) {
    terminal.print("");
    terminal.print(
      `It signs nothing more; what it signed still verifies. Was it stolen?  ${terminal.invocation} keys trust remove ${ended.keyId.slice(7, 23)}`,
    );
  }
}

function requireLabel(label: string): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(label))
    throw new ArqonError("USAGE", `--label "${label}" is not 1 to 64 letters, digits, ".", "_" or "-"`);
}

/** The one whose id starts so. */
function oneOf<K extends { readonly keyId: string }>(all: readonly K[], prefix: string): K {
  const digits = prefix.replace(/^sha256:/, "");
  const found = /^[0-9a-f]{8,64}$/.test(digits)
    ? all.filter(({ keyId }) => keyId.startsWith(`sha256:${digits}`))
    : [];
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new ArqonError(
    "KEY_UNKNOWN",
    `${found.length} keys have an id that starts with "${prefix.slice(0, 80)}"`,
    {
      remedy: "Give at least 8 hexadecimal digits of one id: see `arqon keys list`.",
    },
  );
}

/** A record of the governance ledger takes about 900. */
const IDS_A_RECORD = 500;

async function trust(args: Arguments, terminal: Terminal): Promise<void> {
  const [, verb, what] = args.positionals;
  if (verb === "list" && what === undefined) return answerTrust(await readTrust(terminal.home), terminal);
  if (what === undefined || (verb !== "add" && verb !== "remove"))
    throw new ArqonError("USAGE", "keys trust takes list, add FILE or remove KEYID", {
      remedy: "For example: arqon keys trust add trust.json",
    });
  // Noted before it holds: the ledger never lacks a key that was trusted.
  await withWritableVault(terminal, async (vault) => {
    if (verb === "add") {
      const added = parseTrust(await readUserText(what), what);
      if (added.length === 0) throw new ArqonError("USAGE", `${what} lists no keys`);
      await requireNoWider(terminal.home, added);
      const ids = added.map(({ keyId }) => keyId);
      for (let at = 0; at < ids.length; at += IDS_A_RECORD)
        await vault.audit({ event: "trust.add", keys: ids.slice(at, at + IDS_A_RECORD) });
      addTrust(terminal.home, added);
      return answerTrust(added, terminal);
    }
    const removed = oneOf(await readTrust(terminal.home), what);
    await vault.audit({ event: "trust.remove", keys: [removed.keyId] });
    removeTrust(terminal.home, removed.keyId);
    return answerTrust([removed], terminal);
  });
}

function answerTrust(list: readonly PublicKey[], terminal: Terminal): void {
  terminal.answer(
    list.map(({ keyId, algorithm, notBefore, notAfter }) => ({
      keyId,
      algorithm,
      ...(notBefore && { notBefore }),
      ...(notAfter && { notAfter }),
    })),
  );
  const rows = list.map(({ keyId, algorithm, notBefore = "", notAfter = "" }) => [
    keyId.slice("sha256:".length, 23),
    algorithm,
    notBefore,
    notAfter,
  ]);
  for (const line of table(["key", "algorithm", "valid from", "valid until"], rows)) terminal.print(line);
}
