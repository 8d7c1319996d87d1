/** An image is signed as docs/playbooks/release.md says: by digest, in a real registry on loopback, and judged by cosign. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cosignFolder, craneFolder } from "../../vault/testing/services.ts";
import { ROOT } from "../house.ts";

const environment = { ...process.env, COSIGN_PASSWORD: "only-for-tests" };
/** By a key of one's own, in no public log. */
const OWN_KEY = ["--key", "release.pub", "--insecure-ignore-tlog"];

describe.skipIf(!cosignFolder() || !craneFolder())("an image in a registry", () => {
  let folder: string;
  let registry: ChildProcess;
  let repository: string;

  const program = (name: "cosign" | "crane"): string =>
    join((name === "cosign" ? cosignFolder() : craneFolder()) ?? "", name);
  const run = (name: "cosign" | "crane", ...args: string[]): string =>
    execFileSync(program(name), args, { cwd: folder, env: environment, stdio: "pipe", timeout: 300_000 })
      .toString()
      .trim();
  const judge = (...args: string[]): number | null =>
    spawnSync(program("cosign"), args, { cwd: folder, env: environment, timeout: 300_000 }).status;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "arqon-image-"));
    registry = spawn(program("crane"), ["registry", "serve", "--address", "127.0.0.1:0"]);
    repository = await new Promise((resolve, reject) => {
      registry.once("error", reject).once("exit", () => reject(new Error("the registry has ended")));
      let said = "";
      registry.stderr?.on("data", (text: Buffer) => {
        said += text;
        const port = /serving on port (\d+)/.exec(said)?.[1];
        if (port) resolve(`127.0.0.1:${port}/arqon`);
      });
    });
    for (const name of ["release", "another"]) {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      writeFileSync(join(folder, `${name}.pem`), privateKey.export({ type: "pkcs8", format: "pem" }));
      run("cosign", "import-key-pair", "--key", `${name}.pem`, "--output-key-prefix", name);
      writeFileSync(join(folder, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
    }
  });
  afterAll(() => {
    registry.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Pushes an image of one file, and gives its name by digest. */
  function push(tag: string, file: string): string {
    execFileSync("tar", ["-cf", join(folder, `${tag}.tar`), "-C", ROOT, file]);
    run("crane", "append", "--oci-empty-base", "-f", `${tag}.tar`, "-t", `${repository}:${tag}`);
    return `${repository}@${run("crane", "digest", `${repository}:${tag}`)}`;
  }

  test("cosign accepts what was signed by digest, in the registry and offline as an OCI layout, and nothing else", () => {
    const image = push("one", "LICENSE");
    run("cosign", "sign", "--yes", "--key", "release.key", "--tlog-upload=false", image);
    expect(judge("verify", ...OWN_KEY, image)).toBe(0);
    expect(judge("verify", "--key", "another.pub", "--insecure-ignore-tlog", image)).not.toBe(0);
    expect(judge("verify", ...OWN_KEY, push("two", "README.md")), "another image").not.toBe(0);

    const sbom = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1 };
    writeFileSync(join(folder, "sbom.json"), JSON.stringify(sbom));
    const attested = ["--type", "cyclonedx", image];
    run(
      "cosign",
      ...[
        "attest",
        "--yes",
        "--key",
        "release.key",
        "--tlog-upload=false",
        "--predicate",
        "sbom.json",
        ...attested,
      ],
    );
    expect(judge("verify-attestation", ...OWN_KEY, ...attested)).toBe(0);
    expect(judge("verify-attestation", ...OWN_KEY, "--type", "spdx", image)).not.toBe(0);

    mkdirSync(join(folder, "layout"));
    run("cosign", "save", "--dir", "layout", image);
    registry.kill();
    expect(judge("verify", "--local-image", ...OWN_KEY, "layout")).toBe(0);
    expect(
      judge("verify", "--local-image", "--key", "another.pub", "--insecure-ignore-tlog", "layout"),
    ).not.toBe(0);
    const blobs = join(folder, "layout/blobs/sha256");
    for (const name of readdirSync(blobs)) appendFileSync(join(blobs, name), " ");
    expect(judge("verify", "--local-image", ...OWN_KEY, "layout"), "altered").not.toBe(0);
  });
});
