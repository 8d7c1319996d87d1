/**
 * A whole server with keys that are not its own to hold: in a process of their own, and, where SoftHSM and pkcs11js are
 * there, sealed by a token. It runs a circuit and answers; then the actual private keys are looked for in its memory, its
 * heap snapshot, every file of its home and every answer. In the process that signs, the same search finds them.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { writePolicy } from "../policy.ts";
import { formsOf, foundInMemory, secretsOf, temporaryHomes } from "../testing/index.ts";
import { parseKeystore, sealContext } from "./keystore-file.ts";
import { tokenSecret } from "./open-secret.ts";
import { findPkcs11 } from "./pkcs11/binding.ts";
import { openToken } from "./pkcs11/open-token.ts";
import { deriveSealKeys, type KeystoreSecret, openBytes } from "./seal-key.ts";

const run = promisify(execFile);
const newHome = temporaryHomes(afterEach);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "apps/cli/bin/arqon.mjs");
const PIN = "31415926";
const softHsm = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"].find(
  existsSync,
);
const plugin = (() => {
  try {
    return findPkcs11();
  } catch {
    return undefined;
  }
})();

/** The private keys of a home, opened here by what opens them; those of a token are not among them. */
function privateKeys(
  home: string,
  secretFor: (file: ReturnType<typeof parseKeystore>) => KeystoreSecret,
): Buffer[] {
  const file = parseKeystore(readFileSync(join(home, "keystore.json")), "keystore");
  const { seal } = deriveSealKeys(secretFor(file), file.salt);
  return file.keys
    .filter(({ sealed }) => sealed.length > 0)
    .flatMap((key) => secretsOf(key.algorithm, openBytes(seal, key.sealed, sealContext(key)).subarray(-32)));
}

interface Shown {
  readonly pid: number;
  readonly texts: ReadonlyMap<string, Buffer>;
}

/** Runs a server on `home`, uses it as people do, and calls `look` while it is alive. */
async function serving(
  home: string,
  env: Readonly<Record<string, string>>,
  look: (shown: Shown) => void,
): Promise<void> {
  const place = join(home, "..", "diagnostics");
  mkdirSync(place, { recursive: true });
  const environment = { ...process.env, ...env, ARQON_HOME: home };
  const child = spawn(
    process.execPath,
    ["--heapsnapshot-signal=SIGUSR2", `--diagnostic-dir=${place}`, MAIN, "serve", "--port", "0", "--json"],
    { env: environment, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    // It says that it is ready once its addresses are in its home.
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const saved = (name: string) =>
      JSON.parse(readFileSync(join(home, name), "utf8")) as Record<string, string>;
    const [{ httpUrl = "" }, { apiKey = "" }] = [saved("server.json"), saved("client.json")];
    const texts = new Map<string, Buffer>();
    const arqon = async (...args: string[]): Promise<string> => {
      const { stdout } = await run(process.execPath, [MAIN, ...args, "--json"], {
        env: environment,
        cwd: home,
      });
      texts.set(`arqon ${args.join(" ")}`, Buffer.from(stdout));
      return stdout;
    };
    await arqon("run", join(ROOT, "examples/bell.qasm"));
    const [{ recordId = "", artifactId = "" } = {}] = JSON.parse(await arqon("runs")) as {
      recordId?: string;
      artifactId?: string;
    }[];
    await arqon("show", recordId);
    await arqon("verify", recordId);
    await arqon("keys", "list");
    await arqon("keys", "trust", "list");
    await arqon("export", recordId, join(home, "..", "bell.zip"));
    for (const path of ["healthz", "readyz", "metrics", `v1/artifacts/${artifactId}`]) {
      const answer = await fetch(`${httpUrl}/${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
      texts.set(path, Buffer.from(await answer.arrayBuffer()));
    }
    child.kill("SIGUSR2");
    const written = (): Buffer | undefined => {
      const name = readdirSync(place).find((one) => one.endsWith(".heapsnapshot"));
      const bytes = name === undefined ? undefined : readFileSync(join(place, name));
      return bytes?.subarray(-4).toString().trimEnd().endsWith("}") ? bytes : undefined;
    };
    // Some time passes, and the server is asked for something.
    while (!written()) await arqon("runs");
    texts.set("heap snapshot", written() as Buffer);
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) texts.set(entry.name, readFileSync(join(entry.parentPath, entry.name)));
    look({ pid: child.pid as number, texts });
  } finally {
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
  }
}

/** The signer, among the children of the server. */
const signerOf = (pid: number): number =>
  execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number)
    .find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("signer-process")) ?? 0;

function expectNowhere(keys: readonly Buffer[], { pid, texts }: Shown): void {
  const forms = keys.flatMap(formsOf);
  expect(forms.length).toBeGreaterThan(15);
  expect(texts.size).toBeGreaterThan(20);
  expect(texts.get("heap snapshot")?.length).toBeGreaterThan(1_000_000);
  for (const [where, bytes] of texts)
    for (const form of forms) expect(bytes.includes(form), where).toBe(false);
  // Memory is much: the bytes themselves, and the start of their digits.
  const short = keys.map((key) => Buffer.from(key.toString("hex").slice(0, 32)));
  expect(foundInMemory(pid, [...keys, ...short])).toBe(0);
  expect(foundInMemory(signerOf(pid), keys)).toBeGreaterThan(0);
}

describe.skipIf(process.platform !== "linux")(
  "no private key, seed or expanded, is in a server's memory, snapshot, files or answers",
  () => {
    test("with keys sealed in a file and opened in a process of their own", async () => {
      const home = newHome();
      writePolicy(home, { keys: { store: "isolated" } });
      await serving(home, {}, (shown) => {
        const credential = readFileSync(join(home, "credential"));
        expectNowhere(
          privateKeys(home, () => ({ kind: "credential", credential })),
          shown,
        );
      });
    });

    const wants = [!plugin && "pkcs11js", !softHsm && "softhsm2"].filter(Boolean).join(" and ");
    test.skipIf(wants)(
      `with keys in a token and others sealed by it${wants && ` (needs ${wants})`}`,
      { timeout: 180_000 },
      async () => {
        const home = newHome();
        const tokens = join(home, "..", "tokens");
        mkdirSync(tokens, { recursive: true });
        const conf = join(tokens, "softhsm2.conf");
        writeFileSync(conf, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
        const env = { SOFTHSM2_CONF: conf, ARQON_KEY_PASSPHRASE: PIN };
        execFileSync(
          "softhsm2-util",
          ["--init-token", "--free", "--label", "lab", "--pin", PIN, "--so-pin", PIN],
          {
            env: { ...process.env, ...env },
          },
        );
        const token = { module: softHsm ?? "", label: "lab" };
        writePolicy(home, { keys: { store: "token", token } });
        await serving(home, env, (shown) => {
          process.env["SOFTHSM2_CONF"] = conf;
          const opened = openToken(plugin ?? "", token, PIN);
          try {
            expectNowhere(
              privateKeys(home, (file) => tokenSecret(opened, file, home)),
              shown,
            );
          } finally {
            opened.close();
          }
        });
      },
    );
  },
);
