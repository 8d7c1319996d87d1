/** What `arqon keys` does with a key: each use is allowed by policy and noted in the governance ledger. */
import { writeFile } from "node:fs/promises";
import { ArqonError, type JsonObject, toBase64 } from "@arqon/core/base";
import { type LocalVaultHandle, TLS_CA_LABEL, TLS_LABEL, VAULT_LABEL } from "@arqon/vault";
import type { KeyInfo } from "@arqon/vault/keys";
import type { Arguments } from "./command.ts";
import { readUserFile, withWritableVault } from "./store.ts";
import type { Terminal } from "./terminal.ts";

const USER = { tenant: "local", purpose: "command-line" };
const LIMIT = { bytes: 64 << 20 };

/** One use: what it needs besides the key, and what comes out of it. */
type Use = (
  kms: LocalVaultHandle["keys"],
  key: KeyInfo,
  given: Uint8Array,
  args: Arguments,
) => Promise<Uint8Array>;

/** Of the key that cosigns other logs. */
export const WITNESS_LABEL = "witness";
/** Labels whose keys seal runs, cosign ledgers or certify: what they sign means something, so they sign nothing else. */
const SPOKEN_FOR: readonly string[] = [VAULT_LABEL, WITNESS_LABEL, TLS_CA_LABEL, TLS_LABEL];

const contextOf = (args: Arguments): string => {
  const context = args.text("context");
  if (context === undefined || context === "")
    throw new ArqonError("USAGE", "say with --context what the data key is for");
  return context;
};

const USES: Readonly<Record<string, Use>> = {
  sign: (kms, { keyId }, message) => kms.sign(USER, keyId, message),
  wrap: (kms, { keyId }, dataKey, args) => kms.wrap(USER, keyId, dataKey, contextOf(args)),
  unwrap: (kms, { keyId }, wrapped, args) => kms.unwrap(USER, keyId, wrapped, contextOf(args)),
  decapsulate: (kms, { keyId }, ciphertext) => kms.decapsulate(USER, keyId, ciphertext),
};

/** Names of the uses, as `arqon keys` takes them. */
export const KEY_USES: readonly string[] = [...Object.keys(USES), "verify", "encapsulate"];

/** Runs one use. `choose` finds the key by the start of its id. */
export async function useKey(
  args: Arguments,
  terminal: Terminal,
  choose: (all: readonly KeyInfo[], prefix: string) => KeyInfo,
): Promise<void> {
  const [verb = "", prefix = "", path] = args.positionals;
  if ((path === undefined) !== (verb === "encapsulate"))
    throw new ArqonError("USAGE", `keys ${verb} takes a key${path === undefined ? " and a file" : " alone"}`);
  const given = path === undefined ? new Uint8Array() : await readUserFile(path, LIMIT);
  await withWritableVault(terminal, async (vault) => {
    const kms = vault.keys;
    const key = choose(kms.list(), prefix);
    if (verb === "sign" && SPOKEN_FOR.includes(key.label))
      throw new ArqonError(
        "KEY_REFUSED",
        `key ${key.keyId} signs for "${key.label}" alone: a signature of any other bytes could be taken for one of those`,
        {
          remedy: "Sign with a key of your own label: arqon keys generate --algorithm ed25519 --label mine.",
        },
      );
    if (verb === "verify") {
      const signature = await readUserFile(args.text("signature") ?? "", LIMIT);
      if (!kms.verify(key.keyId, given, signature))
        throw new ArqonError("SIGNATURE_INVALID", `the signature of ${path} is not by ${key.keyId}`);
      terminal.answer({ keyId: key.keyId, valid: true });
      terminal.print(`valid: ${path} was signed by ${key.keyId} (${key.algorithm})`);
      return;
    }
    if (verb === "encapsulate") {
      const { secret, ciphertext } = kms.encapsulate(key.keyId);
      terminal.answer({
        ...(await deliver(ciphertext, "ciphertext", args.text("out"), terminal)),
        ...(await deliver(secret, "secret", args.text("secret"), terminal)),
      });
      return;
    }
    const made = await (USES[verb] as Use)(kms, key, given, args);
    terminal.answer(await deliver(made, verb === "sign" ? "signature" : verb, args.text("out"), terminal));
  });
}

/** To a new file that is its owner's alone, or as base64 to the terminal. */
async function deliver(
  bytes: Uint8Array,
  what: string,
  out: string | undefined,
  terminal: Terminal,
): Promise<JsonObject> {
  if (out === undefined) {
    terminal.print(`${what}  ${toBase64(bytes)}`);
    return { [what]: toBase64(bytes) };
  }
  await writeFile(out, bytes, { mode: 0o600, flag: "wx" }).catch((cause: Error) => {
    throw new ArqonError("FILE_UNREADABLE", `${out} cannot be written: ${cause.message}`, { cause });
  });
  terminal.print(`${out}: ${what}, ${bytes.length} bytes`);
  return { [what]: out };
}
