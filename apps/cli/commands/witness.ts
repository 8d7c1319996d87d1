/** `arqon witness`: cosigns checkpoints of other vaults' logs, and refuses a fork or a log that was cut. */
import { ArqonError, systemClock } from "@arqon/core/base";
import { formatCosignRequest, type WitnessKey, witnessVerifierKey } from "@arqon/core/proof";
import { keyValidity, type LocalVaultHandle, openWitness, readTrust, type Witness } from "@arqon/vault";
import type { Command } from "../command.ts";
import { requestFrom } from "../follow-log.ts";
import { onInterrupt } from "../interrupts.ts";
import { WITNESS_LABEL } from "../keys-use.ts";
import { table } from "../render.ts";
import { readUserText, withWritableVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { portOption } from "../whole-number.ts";
import { serveWitness } from "../witness-server.ts";

export const witness: Command = {
  name: "witness",
  summary: "cosign checkpoints of logs you trust (arqon keys trust add), and refuse forks and rollbacks",
  positionals: ["cosign|follow|serve|key|list", "REQUEST|URL?"],
  options: {
    name: {
      type: "string",
      value: "NAME",
      help: "the witness's name in notes (default: arqon.local/ID/witness)",
    },
    port: { type: "string", value: "N", help: "of serve, on loopback; 0 picks a free one (default: 7419)" },
  },
  example: "arqon witness follow http://127.0.0.1:7418/ledger/runs",
  async run(args, terminal) {
    const [verb = "", path] = args.positionals;
    const takes = ["cosign", "follow"].includes(verb);
    if (takes ? path === undefined : !["serve", "key", "list"].includes(verb) || path !== undefined)
      throw new ArqonError("USAGE", `witness: "${args.positionals.join(" ")}" is not one of its forms`, {
        remedy: "For example: arqon ledger request > request.txt, then arqon witness cosign request.txt",
      });
    const port = portOption(args, "port", "7419");
    if (!/^[^\s+\p{C}]{1,255}$/u.test(args.text("name") ?? "-"))
      throw new ArqonError("USAGE", "--name: the name of a witness is one word without +");
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
      } else if (verb === "serve") {
        await serve(open, port, terminal);
      } else {
        const note = await open.add(await requestOf(open, verb, path as string, terminal));
        terminal.answer({ note });
        for (const line of note.trimEnd().split("\n")) terminal.print(line);
      }
    });
    return 0;
  },
};

/** The request of a file, or the one that a log's files amount to. */
async function requestOf(open: Witness, verb: string, path: string, { env }: Terminal): Promise<string> {
  if (verb === "cosign") return readUserText(path, { bytes: 1 << 20 });
  const known = (origin: string): number => open.known().find((log) => log.origin === origin)?.size ?? 0;
  return formatCosignRequest(await requestFrom(path, env["ARQON_API_KEY"] || undefined, known));
}

async function serve(open: Witness, port: number, terminal: Terminal): Promise<void> {
  const { url, close } = await serveWitness(open, port);
  terminal.answer({ url });
  terminal.print(`witness   ${url}/add-checkpoint`);
  terminal.print("stop with Ctrl-C");
  await new Promise((resolve) => onInterrupt(resolve));
  await close();
}

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
  const mine = keys.list().find(({ label, state }) => label === WITNESS_LABEL && state === "active");
  return mine ?? keys.generate("ed25519", WITNESS_LABEL, keyValidity(systemClock));
}
