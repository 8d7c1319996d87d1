/** What is killed comes up whole. ARQON_KILLS sets how often each kind of work is killed; a few times otherwise. */
import { systemClock, systemEntropy } from "@arqon/core/base";
import { verifyBundle } from "@arqon/core/bundle";
import { afterEach, expect, test } from "vitest";
import { openVault, readTrust } from "./front.ts";
import { startChild, temporaryHomes } from "./testing/index.ts";

const KILLS = Number(process.env["ARQON_KILLS"] ?? "6");
const newHome = temporaryHomes(afterEach);
const program = new URL("./testing/churn-program.ts", import.meta.url);
const open = (home: string) => openVault({ home, clock: systemClock, entropy: systemEntropy });

test.each(["append", "migrate", "gc", "rewrap", "annotate"])(
  "a process killed while it does %s: nothing acknowledged is lost, nothing unfinished is trusted",
  { timeout: 180_000 + KILLS * 20_000 },
  async (kind) => {
    const home = newHome();
    const records = new Set<string>();
    const entries = new Set<string>();
    const tags = new Set<string>();
    let work = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startChild(program, home, kind, kill.toString(16).padStart(2, "0"));
      await child.saw(3 + (kill % 5));
      // Somewhere within the work, another place each time.
      for (let turn = 0; turn < (kill * 37) % 400; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      child.kill();
      expect((await child.ended).how, (await child.ended).stderr).toBe("SIGKILL");
      work += child.lines.length - 1;
      for (const line of child.lines) {
        const [what = "", ...rest] = line.split(" ");
        if (what === "record") records.add(rest.join(" "));
        if (what === "tag") tags.add(rest.join(" "));
        if (what === "entry") entries.add(rest.join(" "));
      }
      const vault = await open(home);
      const held = new Set((await vault.list(10_000)).map(({ recordId }) => recordId));
      expect([...records].filter((id) => !held.has(id))).toEqual([]);
      await vault.close();
    }
    expect(work).toBeGreaterThan(KILLS);
    if (kind === "rewrap") await destroyOldKeys(home);
    const vault = await open(home);
    const trust = await readTrust(home);
    for (const { recordId } of await vault.list(10_000)) {
      const { verdict } = await verifyBundle(await vault.bundle(recordId), { trust });
      expect(verdict).toBe("VERIFIED");
    }
    const logged = new Set((await vault.auditTail(100_000)).map((entry) => String(entry["is"])));
    expect([...entries].filter((entry) => !logged.has(entry))).toEqual([]);
    const borne = new Set(
      (await vault.list(10_000)).flatMap(({ recordId, tags }) => tags.map((tag) => `${recordId} ${tag}`)),
    );
    expect([...tags].filter((tag) => !borne.has(tag))).toEqual([]);
    await vault.collect({ graceMs: 0, delete: true });
    expect(await vault.check()).toEqual([]);
    await vault.close();
  },
);

/** Ends the wrapping keys but the newest, after what they wrapped was put under that. */
async function destroyOldKeys(home: string): Promise<void> {
  const vault = await open(home);
  await vault.encryptObjects();
  const old = vault.keys.list().filter(({ label, state }) => label === "at-rest" && state === "retired");
  expect(old.length).toBeGreaterThan(1);
  for (const { keyId } of old) await vault.keys.disable(keyId, "nothing is under it any more");
  await vault.close();
}
