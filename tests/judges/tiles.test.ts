/** The ledger's tiles, judged by the packages Go itself trusts for its checksum database. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Gateway, type GatewayClient, startGateway } from "@arqon/bus/gateway";
import { ArqonError, systemClock, systemEntropy, systemTimer } from "@arqon/core/base";
import { publicKeyFromPem, verifierKey } from "@arqon/core/proof";
import { BundleChunkSchema, create } from "@arqon/core/wire";
import { openVault, type Vault } from "@arqon/vault";
import { logFiles, writeTiles } from "@arqon/vault/ledger";
import { expect, test } from "vitest";
import { testDraft } from "../../vault/testing/index.ts";
import { tlogJudge } from "./places.ts";

const judge = tlogJudge();
const KEY = "k".repeat(32);

async function judgedAt(...args: string[]): Promise<string> {
  try {
    const env = { ...process.env, ARQON_API_KEY: KEY };
    return (await promisify(execFile)(judge ?? "", args, { env })).stdout;
  } catch {
    return "refused";
  }
}

/** A gateway that speaks for the vault without a bus between them. */
function gatewayOf(vault: Pick<Vault, "logFile">): Promise<Gateway> {
  const logFile: GatewayClient["logFile"] = async (log, path, offset) => {
    const file = await vault.logFile(log, path);
    if (!file) throw new ArqonError("LEDGER_FILE_UNKNOWN", path);
    const data = file.subarray(offset, offset + 262_144);
    return create(BundleChunkSchema, { offset: BigInt(offset), totalBytes: BigInt(file.length), data });
  };
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const client = { logFile, ended, close: async () => resolve() } as Partial<GatewayClient> as GatewayClient;
  return startGateway({ openClient: async () => client, timer: systemTimer(), entropy: systemEntropy });
}

test.skipIf(!judge)(
  "Go's tlog reads both logs over HTTP, proves every entry, and that they grew from an earlier checkpoint",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "arqon-tiles-"));
    const vault = await openVault({ home: join(root, "home"), clock: systemClock, entropy: systemEntropy });
    let forged: ((path: string, bytes: Uint8Array) => Uint8Array) | undefined;
    const gateway = await gatewayOf({
      logFile: async (log, path) => {
        const bytes = await vault.logFile(log, path);
        return bytes && forged ? forged(path, bytes) : bytes;
      },
    });
    try {
      for (let i = 0; i < 3; i++)
        await vault.seal(testDraft({ jobId: `0198c0de-0000-7000-8000-00000000000${i}`, seed: i }), "x");
      await Promise.all(Array.from({ length: 300 }, (_, i) => vault.audit({ event: "test", i })));
      const earlier = join(root, "checkpoint");
      const pem =
        (await vault.publicKeys()).find(({ algorithm }) => algorithm === "ed25519")?.publicKeyPem ?? "";
      for (const name of ["runs", "governance"] as const) {
        const log = vault.logs[name];
        writeFileSync(earlier, log.checkpoint() ?? "");
        await vault.seal(testDraft({ jobId: `0198c0de-0000-7000-8000-0000000000${name.length}0` }), "x");
        await Promise.all(Array.from({ length: 300 }, (_, i) => vault.audit({ event: "more", i })));
        const key = verifierKey(log.origin, "ed25519", publicKeyFromPem(pem, "key").spki);
        const judged = (): Promise<string> => judgedAt(`${gateway.url}/ledger/${name}`, key, earlier);
        expect(await judged(), name).toBe("ok\n");
        for (const part of ["checkpoint", "tile/0/000", "tile/entries/000"]) {
          forged = (path, bytes) =>
            path.startsWith(part) ? bytes.map((byte, at) => (at === 70 ? byte ^ 1 : byte)) : bytes;
          expect(await judged(), `${name} ${part}`).toBe("refused");
          forged = undefined;
        }
      }
    } finally {
      await gateway.close();
      await vault.close();
      rmSync(root, { recursive: true, force: true });
    }
  },
);

test.skipIf(!judge)(
  "Go's tlog proves every entry and every earlier tree from the tiles, and no altered tile is believed",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "arqon-tiles-"));
    const vault = await openVault({ home: join(root, "home"), clock: systemClock, entropy: systemEntropy });
    try {
      const folder = join(root, "log");
      mkdirSync(folder);
      await Promise.all(Array.from({ length: 300 }, (_, i) => vault.audit({ event: "test", i })));
      const { governance } = vault.logs;
      expect(await writeTiles(logFiles(governance), folder)).toBeGreaterThan(2);
      const pem =
        (await vault.publicKeys()).find(({ algorithm }) => algorithm === "ed25519")?.publicKeyPem ?? "";
      const key = verifierKey(governance.origin, "ed25519", publicKeyFromPem(pem, "key").spki);
      const judged = (): Promise<string> => judgedAt(folder, key);
      expect(await judged()).toBe("ok\n");
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const altered = Uint8Array.from(bytes);
        altered[7] = (altered[7] as number) ^ 1;
        writeFileSync(path, altered);
        expect(await judged(), path).toBe("refused");
        writeFileSync(path, bytes);
      }
      expect(await judged()).toBe("ok\n");
    } finally {
      await vault.close();
      rmSync(root, { recursive: true, force: true });
    }
  },
);
