/**
 * Server CPU per delivered 1 KB message over WebSocket under TLS 1.3: the bus beside nats-server, with the same certificate
 * (ECDSA P-256), the same cipher (AES-128-GCM) and the same load; and beside itself without TLS.
 */
import { createSign, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { issueCertificate } from "@arqon/vault";
import { type PeerCertificate, Peers, type Task } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "wss";

const DAY_US = 86_400_000_000;

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), "arqon-wss-"));
  const peers = new Peers(log);
  try {
    if (!peers.has("arqon")) return;
    if (!peers.hasTls) {
      log("no headers of OpenSSL (libssl-dev): everything over TLS is left out");
      return;
    }
    const tls = await certificateIn(folder);
    const task = { readers: 1, window: 4_096, warmMs: 1_000, runMs: quick ? 500 : 2_000 };
    const sides: readonly (readonly [string, Task])[] = [
      ["arqon-wss", { ...task, protocol: "arqon", tls }],
      ["arqon-ws", { ...task, protocol: "arqon" }],
      ...(peers.has("nats-ws") ? [["nats-wss", { ...task, protocol: "nats-ws", tls }] as const] : []),
    ];
    const values = new Map<string, number[]>(sides.map(([side]) => [side, []]));
    for (let i = 0; i < (quick ? 2 : 5); i++)
      for (const [side, what] of sides) {
        const { cpuUs, perSecond } = await peers.run(what);
        values.get(side)?.push(cpuUs);
        log(`wss ${i + 1}: ${side} ${cpuUs.toFixed(3)} us, ${Math.round(perSecond)} deliveries/s`);
      }
    for (const [peer, target] of [["nats-wss", 0.8] as const, ["arqon-ws"] as const]) {
      const theirs = values.get(peer);
      if (theirs === undefined) continue;
      yield benchRow({
        bench: "bus",
        case: "wss-one-to-one",
        metric: "cpu_us",
        unit: "us",
        values: values.get("arqon-wss") as number[],
        peer: { name: peer, values: theirs },
        ...(target === undefined ? {} : { target }),
      });
    }
  } finally {
    peers.close();
    rmSync(folder, { recursive: true });
  }
}

/** A certificate that certifies itself; the load does not verify it. */
async function certificateIn(folder: string): Promise<PeerCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const nowUs = systemClock.nowUs();
  const validity = { notBeforeUs: nowUs - DAY_US, notAfterUs: nowUs + DAY_US };
  const certificate = await issueCertificate(
    { name: "bench", spki, role: "server", names: ["localhost"], validity },
    {
      name: "bench",
      algorithm: "ecdsa-p256",
      spki,
      sign: async (bytes) => createSign("sha256").update(bytes).sign(privateKey),
    },
    systemEntropy,
  );
  const files = { certFile: join(folder, "bench.pem"), keyFile: join(folder, "bench.key") };
  writeFileSync(files.certFile, certificate);
  writeFileSync(files.keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return files;
}
