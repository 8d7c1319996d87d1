import { systemClock, systemEntropy } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust } from "./front.ts";
import { startChild, temporaryHomes } from "./testing/index.ts";

const newHome = temporaryHomes(afterEach);
const program = new URL("./testing/seal-program.ts", import.meta.url);
const open = (home: string) => openVault({ home, clock: systemClock, entropy: systemEntropy });
/** ARQON_KILLS asks for more than everyday tests take. */
const KILLS = Number(process.env["ARQON_KILLS"] ?? "20");

test("a process killed while it seals, again and again: everything acknowledged is there and verifies, nothing is torn", {
  timeout: 180_000 + KILLS * 10_000,
}, async () => {
  const home = newHome();
  const acknowledged = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const child = startChild(program, home, kill.toString(16).padStart(2, "0"));
    await child.saw(2 + (kill % 4));
    // Somewhere within a sealing, which takes some milliseconds; another place each time.
    for (let turn = 0; turn < (kill * 13) % 500; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    child.kill();
    expect((await child.ended).how, (await child.ended).stderr).toBe("SIGKILL");
    for (const line of child.lines) if (line !== "open") acknowledged.add(line);
  }
  const vault = await open(home);
  const rows = await vault.list(10_000);
  const held = new Set(rows.map(({ recordId }) => recordId));
  expect([...acknowledged].filter((id) => !held.has(id))).toEqual([]);
  expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS);
  const trust = await readTrust(home);
  const reports = await Promise.all(
    rows.map(async (row) => verifyBundle(await vault.bundle(row.recordId), { trust })),
  );
  expect(new Set(reports.map(({ verdict }) => verdict))).toEqual(new Set(["VERIFIED"]));
  // Objects of a sealing that the ledger never took in may be left; nothing else may be found.
  const findings = await vault.check();
  expect(findings.filter((line) => !/^note: \d+ objects belong to no record/.test(line))).toEqual([]);
  await vault.close();
});

test("two processes make a vault together and seal into it at once", async () => {
  const home = newHome();
  const children = ["aa", "bb"].map((name) => startChild(program, home, name, "12"));
  const reader = await open(home);
  for (let i = 0; i < 3; i++) expect(await reader.check()).toEqual([]);
  for (const child of children) expect(await child.ended).toEqual({ how: 0, stderr: "" });
  const rows = await reader.list(100);
  const said = children.flatMap(({ lines }) => lines.slice(1));
  expect(new Set(rows.map(({ recordId }) => recordId))).toEqual(new Set(said));
  expect(said).toHaveLength(24);
  expect(await reader.check()).toEqual([]);
  expect(await readTrust(home)).toHaveLength(2);
  await reader.close();
});
