/** `arqon witness`: cosigns checkpoints of other vaults' logs, and refuses a fork or a log that was cut. */
import { ArqonError, fromUtf8, systemClock } from "@arqon/core/base";
import { type WitnessKey, witnessVerifierKey } from "@arqon/core/proof";
import { keyValidity, type LocalVaultHandle, openWitness, readTrust, type Witness } from "@arqon/vault";
import type { Command } from "../command.ts";
import { table } from "../render.ts";
import { readUserFile, withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";

const LABEL = "witness";

export const witness: Command = {
  name: "witness",
  summary: "cosign checkpoints of logs you trust (arqon keys trust add), and refuse forks and rollbacks",
  positionals: ["cosign|key|list", "REQUEST?"],
  options: {
    name: {
      type: "string",
      value: "NAME",
      help: "the witness's name in notes (default: arqon.local/ID/witness)",
    },
  },
  example: "arqon witness cosign request.txt",
  async run(args, terminal) {
    const [verb = "", path] = args.positionals;
    if (!(verb === "cosign" ? path !== undefined : ["key", "list"].includes(verb) && path === undefined))
      throw new ArqonError("USAGE", `witness: "${args.positionals.join(" ")}" is not one of its forms`, {
        remedy: "For example: arqon ledger request > request.txt, then arqon witness cosign request.txt",
      });
    await withWitness(terminal, args.text("name"), async (open, key) => {
      if (verb === "key") {
        const verifierKey = witnessVerifierKey(key);
        terminal.answer({ name: key.name, verifierKey });
        terminal.print(verifierKey);
      } else if (verb === "list") {
        const known = open.known();
        terminal.answer(known.map((log) => ({ ...log })));
        for (const line of table(
          ["log", "entries"],
          known.map(({ origin, size }) => [origin, String(size)]),
        ))
          terminal.print(line);
      } else {
        const note = await open.add(fromUtf8(await readUserFile(path as string, { bytes: 1 << 20 })));
        terminal.answer({ note });
        for (const line of note.trimEnd().split("\n")) terminal.print(line);
      }
    });
    return 0;
  },
};

async function withWitness(
  terminal: Terminal,
  name: string | undefined,
  use: (witness: Witness, key: WitnessKey) => Promise<void>,
): Promise<void> {
  await withWritableVault(terminal, async (vault) => {
    const { keyId, spki } = await witnessKey(vault);
    const key = { name: name ?? `arqon.local/${keyId.slice("sha256:".length, 19)}/witness`, spki };
    const user = { tenant: "local", purpose: "witness" };
    const open = await openWitness({
      home: terminal.home,
      clock: systemClock,
      trust: await readTrust(terminal.home),
      key,
      sign: (message) => vault.keys.sign(user, keyId, message),
    });
    try {
      await use(open, key);
    } finally {
      open.close();
    }
  });
}

async function witnessKey({
  keys,
}: LocalVaultHandle): Promise<{ readonly keyId: string; readonly spki: Uint8Array }> {
  const mine = keys.list().find(({ label, state }) => label === LABEL && state === "active");
  return mine ?? keys.generate("ed25519", LABEL, keyValidity(systemClock));
}
