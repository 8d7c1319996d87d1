import { concatBytes, utf8 } from "@arqon/core/base";
import { create, LedgerGetSchema } from "@arqon/core/wire";
import { describe, expect, test } from "vitest";
import { CHUNK_BYTES } from "./artifact-service.ts";
import { LedgerService } from "./ledger-service.ts";

const LONG = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251);

function setUp() {
  const asked: string[] = [];
  const service = new LedgerService(
    {
      logFile: async (log, path) => {
        asked.push(`${log}/${path}`);
        if (path.startsWith("tile/entries/")) return LONG;
        return path === "checkpoint" ? utf8(`${asked.length}\n`) : undefined;
      },
    },
    4 * LONG.length,
  );
  const get = (path: string, offset = 0) =>
    service.chunk("runs", create(LedgerGetSchema, { path, offset: BigInt(offset) }));
  return { asked, get };
}

describe("the ledger service", () => {
  test("gives a long file in chunks that fit together, made once", async () => {
    const { asked, get } = setUp();
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < LONG.length; offset += CHUNK_BYTES) {
      const { data, totalBytes } = await get("tile/entries/000", offset);
      expect(Number(totalBytes)).toBe(LONG.length);
      parts.push(data);
    }
    expect(concatBytes(...parts)).toEqual(LONG);
    expect(asked).toEqual(["runs/tile/entries/000"]);
  });

  test("makes entries one file at a time, and once for all who ask at once; one that fails stops no other", async () => {
    let now = 0;
    let most = 0;
    const asked: string[] = [];
    const service = new LedgerService({
      logFile: async (_, path) => {
        asked.push(path);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        if (path.endsWith("/001")) throw new Error("damaged");
        return LONG;
      },
    });
    const paths = ["000", "000", "001", "002", "000"].map((index) => `tile/entries/${index}`);
    const answers = await Promise.allSettled(
      paths.map((path) => service.chunk("runs", create(LedgerGetSchema, { path }))),
    );
    expect(answers.map(({ status }) => status === "fulfilled")).toEqual([true, true, false, true, true]);
    expect([most, asked]).toEqual([1, ["tile/entries/000", "tile/entries/001", "tile/entries/002"]]);
  });

  test("asks for the checkpoint anew, keeps few files, and refuses what is not there", async () => {
    const { asked, get } = setUp();
    expect((await get("checkpoint")).data).toEqual(utf8("1\n"));
    expect((await get("checkpoint")).data).toEqual(utf8("2\n"));
    for (let i = 0; i < 6; i++) await get(`tile/entries/00${i}`);
    await get("tile/entries/005");
    expect(asked).toHaveLength(8);
    await get("tile/entries/000");
    expect(asked).toHaveLength(9);
    await expect(get("tile/9/000")).rejects.toMatchObject({ code: "LEDGER_FILE_UNKNOWN" });
    await expect(get("checkpoint", 99)).rejects.toMatchObject({ code: "USAGE" });
  });
});
