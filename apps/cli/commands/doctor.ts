/** `arqon doctor`: what works here, what does not, and what to do about it. */

import { generateKeyPairSync } from "node:crypto";
import { statfs } from "node:fs/promises";
import { ArqonError, formatBytes, type Json, jsonObject, systemClock } from "@arqon/core/base";
import { hasTls, readPolicy } from "@arqon/vault";
import { prepareHome } from "../../home/index.ts";
import type { Command } from "../command.ts";
import { indexAtRest } from "../index-at-rest.ts";
import { limitsHere, limitsText } from "../job-limits.ts";
import { withClient } from "../session.ts";
import { withVault } from "../store.ts";
import type { Terminal } from "../terminal.ts";
import { servedCertificates } from "../tls-show.ts";

/** One finding: a name, whether it is well, and the facts. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export const doctor: Command = {
  name: "doctor",
  summary: "check this machine, ARQON_HOME, its artifacts and keys, and the server",
  positionals: [],
  options: {},
  example: "arqon doctor",
  async run(_args, terminal) {
    const findings = [runtime(), signatures(), await home(terminal)];
    findings.push(
      atRest(terminal),
      ...(await artifacts(terminal)),
      ...certificates(terminal),
      await server(terminal),
      { name: "job limits", ok: true, detail: limitsText(await limitsHere(terminal)) },
    );
    const ok = findings.every((finding) => finding.ok);
    terminal.answer({ ok, findings: findings.map((finding) => ({ ...finding })) });
    for (const { name, ok: well, detail } of findings)
      terminal.print(`  ${well ? "✓" : "✗"} ${name.padEnd(12)} ${detail}`);
    return ok ? 0 : 1;
  },
};

function runtime(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    name: "runtime",
    ok: major >= 26,
    detail: `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${process.platform} ${process.arch}`,
  };
}

function signatures(): Finding {
  try {
    generateKeyPairSync("ml-dsa-65");
    return {
      name: "signatures",
      ok: true,
      detail: "Ed25519 and ML-DSA-65",
    };
  } catch (cause) {
    return {
      name: "signatures",
      ok: false,
      detail: `ML-DSA-65 is not available: ${(cause as Error).message}`,
    };
  }
}

async function home(terminal: Terminal): Promise<Finding> {
  try {
    prepareHome(terminal.home);
    const { bavail, bsize } = await statfs(terminal.home);
    return { name: "ARQON_HOME", ok: true, detail: `${terminal.home}, ${formatBytes(bavail * bsize)} free` };
  } catch (cause) {
    return { name: "ARQON_HOME", ok: false, detail: (cause as Error).message };
  }
}

/** Whether what was done lies there for whoever reads the disk. */
function atRest(terminal: Terminal): Finding {
  const name = "at rest";
  try {
    const detail = readPolicy(terminal.home).encryptAtRest
      ? `objects, logs and the governance ledger's entries are written encrypted; ${indexAtRest(terminal)}`
      : `in plain text; to encrypt: ${terminal.invocation} keys encrypt`;
    return { name, ok: true, detail };
  } catch (thrown) {
    const { message, code } = ArqonError.from(thrown);
    return { name, ok: false, detail: `${message} [${code}]` };
  }
}

async function artifacts(terminal: Terminal): Promise<Finding[]> {
  try {
    return await withVault(terminal, async (vault) => {
      const keys = await vault.publicKeys();
      const trouble = await vault.check();
      const held = (await vault.list(100_000)).length;
      return [
        {
          name: "keys",
          // A home where nothing was sealed yet has none, and is well.
          ok: keys.length >= 2 || (keys.length === 0 && held === 0),
          detail:
            keys.map((key) => `${key.algorithm} ${key.keyId.slice(7, 19)}`).join(", ") ||
            "none yet; the first command that seals makes them",
        },
        ...(trouble.length === 0
          ? [{ name: "artifacts", ok: true, detail: `${held} records, all consistent` }]
          : trouble.map((detail) => ({ name: "artifacts", ok: false, detail }))),
      ];
    });
  } catch (thrown) {
    const error = ArqonError.from(thrown);
    return [{ name: "vault", ok: false, detail: `${error.message} [${error.code}] ${error.remedy}` }];
  }
}

/** Nothing where none were made. */
function certificates({ home }: Terminal): Finding[] {
  if (!hasTls(home)) return [];
  const served = servedCertificates(home);
  const nowMs = systemClock.nowUs() / 1000;
  const detail = served.map(({ algorithm, validUntil }) => `${algorithm} until ${validUntil.slice(0, 10)}`);
  const ok = served.every(({ validUntil }) => Date.parse(validUntil) > nowMs);
  const remedy = ok ? "" : "; renew them with arqon tls init";
  return [{ name: "TLS", ok, detail: `${detail.join(", ")}${remedy}` }];
}

async function server(terminal: Terminal): Promise<Finding> {
  try {
    return await withClient(terminal, ["scheduler", "quantum"], async (client, embedded) => {
      const answer = await client.request("sys.registry.list", {});
      const backends = backendsOf(answer.json());
      const who = embedded ? "none runs; one started for this check" : client.url;
      const named = backends.map(({ id, maxQubits }) => `${id} (${maxQubits} qubits)`).join(", ");
      return {
        name: "server",
        ok: backends.length > 0,
        detail: `${who} answers as ${client.principal}; backends: ${named || "none"}`,
      };
    });
  } catch (thrown) {
    const error = ArqonError.from(thrown);
    return { name: "server", ok: false, detail: `${error.message} [${error.code}] ${error.remedy}` };
  }
}

/** Backends of every connected operator, from the registry's answer. */
function backendsOf(answer: Json): { id: string; maxQubits: number }[] {
  const { connections } = jsonObject(answer, "registry");
  if (!Array.isArray(connections)) return [];
  return connections.flatMap((connection: Json) => {
    const { sam } = jsonObject(connection, "connection");
    const backends = sam ? jsonObject(sam, "sam")["backends"] : [];
    return Array.isArray(backends)
      ? backends.map((backend: Json) => {
          const { id, maxQubits } = jsonObject(backend, "backend");
          return { id: String(id), maxQubits: Number(maxQubits) };
        })
      : [];
  });
}
