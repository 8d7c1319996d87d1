import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { type RequestOptions, request } from "node:https";
import { connect as connectPlain } from "node:net";
import { networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { connect } from "@arqon/sdk";
import { describe, expect, test } from "vitest";
import { type Home, newHome } from "./cli.ts";

const TLS = ["--tls", "--tls-port", "0", "--tls-http-port", "0"];
const PYTHON = resolve(import.meta.dirname, "../../.venv/bin/python");
const OUTSIDE = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

interface ErrorAnswer {
  error: { code: string; message: string; remedy: string };
}

async function initialized(home: Home, ...names: string[]): Promise<string> {
  const made = await home.arqon([
    "tls",
    "init",
    "--json",
    ...(names.length ? ["--names", names.join()] : []),
  ]);
  expect(made.code, made.stderr).toBe(0);
  return made.json<{ caFile: string }>().caFile;
}

const get = (url: string, ca: Buffer, headers: Record<string, string> = {}): Promise<string> =>
  new Promise((done, fail) => {
    request(url, { ca, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => done(`${response.statusCode} ${text}`));
    })
      .on("error", fail)
      .end();
  });

/** The status of an answer. */
function asked(url: string, tls: RequestOptions, apiKey?: string): Promise<number | undefined> {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return new Promise((done, fail) => {
    request(url, { ...tls, headers, agent: false }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    })
      .once("error", fail)
      .end();
  });
}

describe("serve --tls", () => {
  test("bus, health, metrics and gateway answer under TLS 1.3, each handshake is kept, and no key is readable", async () => {
    using home = newHome();
    const caFile = await initialized(home);
    const ca = readFileSync(caFile);
    const server = await home.serve({}, 0, [...TLS, "--host", "127.0.0.1", "--tls-tcp-port", "0"]);
    const secureUrl = server.secureUrl as string;
    const secureHttpUrl = server.secureHttpUrl as string;
    const client = await connect({ url: secureUrl, apiKey: server.apiKey, tls: { caFile } });
    const heard = await client.subscribe("lab.tls.echo");
    await client.publish("lab.tls.echo", { over: "TLS" }, { durability: "logged" });
    for await (const message of heard) {
      expect(message.json()).toEqual({ over: "TLS" });
      break;
    }
    await client.close();
    const bare = await connect({
      url: server.secureTcpUrl as string,
      apiKey: server.apiKey,
      tls: { caFile },
    });
    expect(bare.principal).toBe("owner");
    await bare.close();
    const https = secureUrl.replace("wss:", "https:");
    expect(await get(`${https}/healthz`, ca)).toBe('200 {"status":"alive"}');
    const authorization = { authorization: `Bearer ${server.apiKey}` };
    expect(await get(`${https}/metrics`, ca, authorization)).toMatch(
      /arqonbus_tls_handshakes_total\{[^}]*group="X25519MLKEM768"[^}]*\} \d/,
    );
    // The gateway, over both versions of HTTP and by its name in the certificate.
    const named = secureHttpUrl.replace("127.0.0.1", "localhost");
    expect(await get(`${named}/v1/jobs/${crypto.randomUUID()}`, ca, authorization)).toMatch(
      /^[45]\d\d .*"code"/,
    );
    const session = connectHttp2(secureHttpUrl, { ca });
    const status = await new Promise((done, fail) => {
      session.on("error", fail);
      session.request({ ":path": "/healthz" }).on("response", (headers) => done(headers[":status"]));
    });
    session.close();
    expect(status).toBe(200);
    for (const url of [secureUrl, secureHttpUrl, server.secureTcpUrl as string]) {
      const { hostname: host, port } = new URL(url);
      const alert = await new Promise<Error>((refused) => {
        connectTls({ host, port: Number(port), ca, maxVersion: "TLSv1.2" }).on("error", refused);
      });
      expect(alert.message).toMatch(/protocol version/i);
    }
    expect(await server.stop()).toBe(0);
    const shown = await home.arqon(["tls", "show", "--json"]);
    const { handshakes } = shown.json<{
      handshakes: { event: string; listener: string; group?: string }[];
    }>();
    const of = (event: string, listener: string): number =>
      handshakes.filter((one) => one.event === event && one.listener === listener).length;
    expect([of("tls.connected", "bus"), of("tls.connected", "gateway")]).toEqual([4, 2]);
    expect([of("tls.refused", "bus"), of("tls.refused", "gateway")]).toEqual([2, 1]);
    const files = readdirSync(home.path, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name), "latin1"), name).not.toMatch(
        /BEGIN (EC |RSA )?PRIVATE KEY/,
      );
  });

  test("a client that lacks the CA file, or whose server speaks no TLS, is told what to do", async () => {
    using home = newHome();
    const caFile = await initialized(home, "lab.example");
    const server = await home.serve({}, 0, TLS);
    const url = server.secureUrl as string;
    const once = { apiKey: server.apiKey, reconnect: false } as const;
    await expect(connect({ ...once, url })).rejects.toMatchObject({
      code: "TLS_UNTRUSTED",
      remedy: expect.stringContaining("ARQON_CA"),
    });
    // Trusted, but made out for another name.
    await expect(connect({ ...once, url, tls: { caFile } })).rejects.toMatchObject({ code: "TLS_UNTRUSTED" });
    await expect(connect({ ...once, url: server.url.replace("ws:", "wss:") })).rejects.toMatchObject({
      code: "TLS_REFUSED",
      message: expect.stringContaining("speaks no TLS"),
    });
    expect(await server.stop()).toBe(0);
  });

  test("a client certificate speaks for the principal that lists its URI, without any key", async () => {
    using home = newHome();
    const caFile = await initialized(home);
    const env = { ARQON_CLIENT_PASSPHRASE: "of the device" };
    const uri = "spiffe://lab/device-7";
    const made = await home.arqon(["tls", "client", uri, "--out", home.file("."), "--json"], env);
    expect(made.code, made.stderr).toBe(0);
    await (await home.serve()).stop(); // Makes access.json.
    const accessFile = join(home.path, "access.json");
    const access = JSON.parse(readFileSync(accessFile, "utf8")) as object[];
    const device = { id: "device-7", tenant: "lab", capabilities: ["can_publish:lab.>"], keyHashes: [] };
    writeFileSync(accessFile, JSON.stringify([...access, { ...device, identities: [uri] }]));
    const server = await home.serve({}, 0, [...TLS, "--client-ca", caFile]);
    const url = server.secureUrl as string;
    for (const { certFile, keyFile } of made.json<{ certificates: { certFile: string; keyFile: string }[] }>()
      .certificates) {
      const tls = { caFile, certFile, keyFile, passphrase: env.ARQON_CLIENT_PASSPHRASE };
      const client = await connect({ url, tls, reconnect: false });
      expect(client.principal).toBe("device-7");
      await client.close();
      await expect(connect({ url, tls, apiKey: "x".repeat(64), reconnect: false })).rejects.toMatchObject({
        code: "AUTH_REQUIRED",
      });
    }
    await expect(connect({ url, tls: { caFile }, reconnect: false })).rejects.toMatchObject({
      code: "AUTH_REQUIRED",
    });
    const [{ certFile, keyFile } = { certFile: "", keyFile: "" }] = made.json<{
      certificates: { certFile: string; keyFile: string }[];
    }>().certificates;
    const shown = {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      passphrase: env.ARQON_CLIENT_PASSPHRASE,
    };
    const path = `${server.secureHttpUrl}/v1/jobs/01980000-7a3b-7c11-9f00-000000000001`;
    const ca = readFileSync(caFile);
    // Whoever is known is told that there is no such job.
    expect(await asked(path, { ca, ...shown })).toBe(404);
    expect(await asked(path, { ca })).toBe(401);
    expect(await asked(path, { ca, ...shown }, "x".repeat(64))).toBe(401);

    // What changes in the file holds without a restart, also for who is connected; a broken file changes nothing.
    const tls = { caFile, certFile, keyFile, passphrase: env.ARQON_CLIENT_PASSPHRASE };
    const gone = Promise.withResolvers<unknown>();
    const onState = (state: string, error: unknown): void => void (state === "closed" && gone.resolve(error));
    const open = await connect({ url, tls, reconnect: false, onState });
    writeFileSync(accessFile, "[{");
    await expect
      .poll(() => server.stderr(), { timeout: 60_000 })
      .toContain("access.json was changed and cannot be used");
    await open.publish("lab.a.b", 1, { durability: "logged" });
    writeFileSync(accessFile, JSON.stringify([...access, { ...device, identities: ["spiffe://lab/other"] }]));
    expect(await gone.promise).toMatchObject({ code: "AUTH_REQUIRED" });
    expect(await asked(path, { ca, ...shown })).toBe(401);
    expect(await server.stop()).toBe(0);
  });

  test.skipIf(!existsSync(PYTHON))(
    "the Python SDK connects by wss://, and says what is wrong with a certificate",
    async () => {
      using home = newHome();
      const caFile = await initialized(home);
      const server = await home.serve({}, 0, TLS);
      const script = `
import arqon, os, sys
try:
    with arqon.Client() as client:
        print(client.principal)
except arqon.ArqonError as error:
    print(error.code)
`;
      const python = (env: Record<string, string>): Promise<string> =>
        new Promise((done) => {
          const all = {
            ...process.env,
            ARQON_URL: server.secureUrl as string,
            ARQON_API_KEY: server.apiKey,
            ...env,
          };
          execFile(PYTHON, ["-c", script], { env: all }, (_, stdout, stderr) =>
            done(stdout.trim() || stderr),
          );
        });
      expect(await python({ ARQON_CA: caFile })).toBe("owner");
      expect(await python({})).toBe("TLS_UNTRUSTED");
      expect(await python({ ARQON_CA: "/nowhere.pem" })).toBe("TLS_CERTIFICATE");
      expect(await server.stop()).toBe(0);
      // Python's OpenSSL may be older than what this mode asks for; then it is told so.
      const strict = await home.serve({}, 0, [...TLS, "--tls-mode", "pqc-required"]);
      const answer = await python({ ARQON_CA: caFile, ARQON_URL: strict.secureUrl as string });
      expect(["owner", "TLS_REFUSED"]).toContain(answer);
      expect(await strict.stop()).toBe(0);
    },
  );
});

describe("beyond loopback", () => {
  test("a listener without TLS is refused at start, with its own code and what to do", async () => {
    using home = newHome();
    for (const host of ["0.0.0.0", "::", "192.0.2.7", "lab.example"]) {
      const refused = await home.arqon(["serve", "--host", host, "--port", "0", "--json"]);
      expect(refused.code).toBe(3);
      const { error } = refused.json<ErrorAnswer>();
      expect(error).toMatchObject({ code: "TLS_REQUIRED", remedy: expect.stringContaining("serve --tls") });
      expect(error.message).toContain(host);
    }
    const bare = await home.arqon(["serve", "--tls", "--host", "0.0.0.0", "--port", "0", "--json"]);
    expect([bare.code, bare.json<ErrorAnswer>().error.code]).toEqual([2, "TLS_CERTIFICATE"]);
    const stray = await home.arqon(["serve", "--tls-mode", "hybrid", "--json"]);
    expect([stray.code, stray.json<ErrorAnswer>().error.code]).toEqual([2, "USAGE"]);
  });

  test.skipIf(OUTSIDE === undefined)(
    "TLS listens on every address, and the plain ports on none but loopback",
    async () => {
      using home = newHome();
      const caFile = await initialized(home, OUTSIDE as string);
      const server = await home.serve({}, 0, [...TLS, "--host", "0.0.0.0"]);
      const { port } = new URL(server.secureUrl as string);
      const client = await connect({
        url: `wss://${OUTSIDE}:${port}`,
        apiKey: server.apiKey,
        tls: { caFile },
        reconnect: false,
      });
      expect(client.principal).toBe("owner");
      await client.close();
      for (const url of [server.url, server.httpUrl]) {
        const refused = await new Promise<boolean>((done) => {
          const socket = connectPlain({ host: OUTSIDE as string, port: Number(new URL(url).port) });
          socket.once("error", () => done(true));
          socket.once("connect", () => {
            socket.destroy();
            done(false);
          });
        });
        expect(refused, url).toBe(true);
      }
      expect(await server.stop()).toBe(0);
    },
  );
});
