import { fork } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock, systemEntropy, utf8 } from "@arqon/core/base";
import { afterEach, expect, test, vi } from "vitest";
import { openVault } from "../../open.ts";
import { foundInMemory, startChild, temporaryHomes, testDraft } from "../../testing/index.ts";
import { openIsolatedKeystore, readKeystoreKeys } from "../index.ts";
import { parseKeystore, sealContext } from "../keystore-file.ts";
import { deriveSealKeys, openBytes } from "../seal-key.ts";

const newHome = temporaryHomes(afterEach);
const validity = { notBeforeUs: 0, notAfterUs: 200 * 366 * 86_400_000_000 };
const initial = [{ algorithm: "ed25519", label: "x", validity }] as const;
const isLinux = process.platform === "linux";

test("a wrong passphrase is refused as by the file keystore, and the process is gone afterwards", async () => {
  const home = newHome();
  await (await openIsolatedKeystore({ home, initial, passphrase: "right" })).close();
  await expect(openIsolatedKeystore({ home, passphrase: "wrong" })).rejects.toMatchObject({
    code: "KEYSTORE_LOCKED",
  });
  await expect(openIsolatedKeystore({ home })).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
});

test("closed, or with its process gone, a keystore says so and does nothing", async () => {
  const home = newHome();
  const store = await openIsolatedKeystore({ home, initial });
  const [key] = store.list();
  await store.close();
  await expect(store.sign(key?.keyId ?? "", utf8("m"))).rejects.toMatchObject({
    code: "KEYSTORE_UNAVAILABLE",
  });
});

test("a file that was altered while the process runs is refused before any key is used", async () => {
  const home = newHome();
  const store = await openIsolatedKeystore({ home, initial });
  const [key] = store.list();
  const path = join(home, "keystore.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"notAfter":"2', '"notAfter":"3'));
  await expect(store.sign(key?.keyId ?? "", utf8("m"))).rejects.toMatchObject({ code: "KEYSTORE_LOCKED" });
  await store.close();
});

test("the signer process has no method that gives a private key, and none that is not on its list", async () => {
  const home = newHome();
  await (await openIsolatedKeystore({ home, initial })).close();
  const program = fileURLToPath(new URL("./signer-process.ts", import.meta.url));
  const child = fork(program, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const answers: { failure?: { code: string } }[] = [];
  const seen = new Promise<void>((resolve) =>
    child.on("message", (message) => {
      answers.push(message as { failure?: { code: string } });
      if (answers.length === 5) resolve();
    }),
  );
  child.send({ home, initial: [] });
  for (const [i, method] of ["export", "list", "constructor", "close"].entries())
    child.send({ id: i + 1, method, args: [] });
  await seen;
  expect(answers.map(({ failure }) => failure?.code)).toEqual([undefined, ...Array(4).fill("INTERNAL")]);
  child.disconnect();
});

test("a vault seals, rotates and verifies with isolated keys as with others", async () => {
  const home = newHome();
  const options = { home, clock: systemClock, entropy: systemEntropy, keys: "isolated" as const };
  const vault = await openVault(options);
  await vault.seal(testDraft(), "x");
  await vault.keys.rotate("vault", validity);
  await vault.seal(testDraft({ seed: 7 }), "y");
  expect(await vault.check()).toEqual([]);
  await vault.close();
});

test.each([
  "--openssl-config /dev/null",
  "--openssl-config=/dev/null",
  '"--openssl-config" "/dev/null" --no-warnings',
])("the signer starts where NODE_OPTIONS is %s", async (options) => {
  vi.stubEnv("NODE_OPTIONS", options);
  try {
    const store = await openIsolatedKeystore({ home: newHome(), initial });
    expect(store.list()).not.toHaveLength(0);
    await store.close();
  } finally {
    vi.unstubAllEnvs();
  }
});

/** Private keys of a home, as PKCS#8 without its fixed head: the seeds. */
function seedsOf(home: string): Buffer[] {
  const bytes = readFileSync(join(home, "keystore.json"));
  const file = parseKeystore(bytes, "keystore");
  const credential = readFileSync(join(home, "credential"));
  const { seal } = deriveSealKeys({ kind: "credential", credential }, file.salt);
  return file.keys.map((key) => Buffer.from(openBytes(seal, key.sealed, sealContext(key)).subarray(-32)));
}

test.skipIf(!isLinux)(
  "no private key is in the heap snapshot or the memory of a process that seals with isolated keys",
  async () => {
    const home = newHome();
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const snapshot = join(home, "..", "heap.heapsnapshot");
    const child = startChild(new URL("../../testing/isolated-program.ts", import.meta.url), home, snapshot);
    await child.saw(1);
    const pid = Number(child.lines[0]);
    try {
      const seeds = seedsOf(home);
      expect(readKeystoreKeys(home)).toHaveLength(2);
      expect(seeds).toHaveLength(2);
      const heap = readFileSync(snapshot);
      expect(heap.length).toBeGreaterThan(100_000);
      for (const seed of seeds)
        for (const form of [seed, seed.toString("hex"), seed.toString("base64").slice(0, 40)])
          expect(heap.includes(form)).toBe(false);
      expect(foundInMemory(pid, seeds)).toBe(0);
      // The search does find them where they are: in the signer process, which signs with them.
      const signer = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
      expect(readFileSync(`/proc/${signer}/cmdline`, "utf8")).toContain("--permission");
      expect(foundInMemory(signer, seeds)).toBeGreaterThan(0);
    } finally {
      child.kill();
      await child.ended;
    }
  },
);
