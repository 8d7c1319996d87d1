/** The ledger's tiles, judged by the packages Go itself trusts for its checksum database. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemEntropy } from "@arqon/core/base";
import { publicKeyFromPem, verifierKey } from "@arqon/core/proof";
import { openVault } from "@arqon/vault";
import { logFiles, writeTiles } from "@arqon/vault/ledger";
import { expect, test } from "vitest";
import { tlogJudge } from "./places.ts";

const judge = tlogJudge();

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
      const judged = (): string => {
        try {
          return execFileSync(judge ?? "", [folder, key], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "pipe"],
          });
        } catch {
          return "refused";
        }
      };
      expect(judged()).toBe("ok\n");
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const altered = Uint8Array.from(bytes);
        altered[7] = (altered[7] as number) ^ 1;
        writeFileSync(path, altered);
        expect(judged(), path).toBe("refused");
        writeFileSync(path, bytes);
      }
      expect(judged()).toBe("ok\n");
    } finally {
      await vault.close();
      rmSync(root, { recursive: true, force: true });
    }
  },
);
