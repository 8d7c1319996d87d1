/** A server that must be certified, with OpenSSL's FIPS provider: it runs, seals, speaks TLS, and does none of it without. */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { writePolicy } from "../../vault/policy.ts";
import { fipsConfiguration, fipsModules } from "../../vault/testing/services.ts";
import { newHome } from "./cli.ts";

const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

/** The protocol a handshake ends with; a code where it fails. */
const handshake = (url: string): Promise<string> =>
  new Promise((done) => {
    const { port } = new URL(url);
    const socket = connect({ host: "127.0.0.1", port: Number(port), rejectUnauthorized: false }, () => {
      done(String(socket.getProtocol()));
      socket.destroy();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });

test.skipIf(!fipsModules())(
  "a server under a FIPS provider runs, seals and speaks TLS in every mode, and is refused without it",
  async () => {
    using home = newHome();
    mkdirSync(home.path, { recursive: true, mode: 0o700 });
    const folder = fipsModules() ?? "";
    const configuration = fipsConfiguration(folder, home.file("."));
    const env = {
      OPENSSL_MODULES: folder,
      NODE_OPTIONS: `--openssl-config=${configuration} --force-fips --disable-warning=ExperimentalWarning`,
    };
    writePolicy(home.path, { fips: "required", keys: { store: "isolated" } });
    const refused = await home.arqon(["run", BELL]);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("FIPS_UNAVAILABLE")]);
    expect((await home.arqon(["tls", "init"], env)).code).toBe(0);
    for (const mode of ["classical", "hybrid", "pqc-required"]) {
      const server = await home.serve(env, 0, [
        "--tls",
        "--tls-port",
        "0",
        "--tls-http-port",
        "0",
        "--tls-mode",
        mode,
      ]);
      expect(await handshake(server.secureUrl ?? ""), mode).toBe("TLSv1.3");
      if (mode === "hybrid") {
        const run = await home.arqon(["run", BELL, "--json"], env);
        expect(run.code, run.stderr).toBe(0);
        const { recordId } = run.json<{ recordId: string }>();
        const manifest = await home.arqon(["manifest", "export", recordId, "--format", "json"], env);
        expect(manifest.stdout).toContain("required; OpenSSL FIPS Provider 3.");
      }
      expect(await server.stop()).toBe(0);
    }
  },
);
