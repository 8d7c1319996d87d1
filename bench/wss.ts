/**
 * Server CPU per delivered 1 KB message over WebSocket under TLS 1.3: the bus beside nats-server, with the same certificate
 * (ECDSA P-256), the same cipher (AES-128-GCM) and the same load; and beside itself without TLS.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateIn } from "./bus-lab/certificate.ts";
import { interleave } from "./bus-lab/interleave.ts";
import { Peers, type Task } from "./bus-lab/peers.ts";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "wss";

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
    const task = { readers: 1, window: 4_096, warmMs: 500, runMs: quick ? 500 : 800 };
    const tasks: Record<string, Task> = {
      "arqon-wss": { ...task, protocol: "arqon", tls },
      "arqon-ws": { ...task, protocol: "arqon" },
      ...(peers.has("nats-ws") && { "nats-wss": { ...task, protocol: "nats-ws", tls } }),
    };
    const outcomes = await interleave(
      Object.fromEntries(Object.entries(tasks).map(([side, each]) => [side, () => peers.run(each)])),
      quick ? 2 : 5,
      log,
      ({ cpuUs, perSecond }) => `${cpuUs.toFixed(3)} us, ${Math.round(perSecond)} deliveries/s`,
    );
    const cpuOf = (side: string): number[] | undefined => outcomes.get(side)?.map(({ cpuUs }) => cpuUs);
    const ours = cpuOf("arqon-wss");
    for (const [peer, target] of [["nats-wss", 0.8] as const, ["arqon-ws"] as const]) {
      const theirs = cpuOf(peer);
      if (ours === undefined || theirs === undefined) continue;
      yield benchRow({
        bench: "bus",
        case: "wss-one-to-one",
        metric: "cpu_us",
        unit: "us",
        values: ours,
        peer: { name: peer, values: theirs },
        ...(target === undefined ? {} : { target }),
      });
    }
  } finally {
    peers.close();
    rmSync(folder, { recursive: true });
  }
}
