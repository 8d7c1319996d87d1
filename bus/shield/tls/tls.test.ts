import { readFileSync, writeFileSync } from "node:fs";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { isLoopback, ManualTime, systemClock, systemEntropy } from "@arqon/core/base";
import type { CryptoMode } from "@arqon/core/proof";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeNet } from "../node-net.ts";
import { type TestCertificates, testCertificates } from "./certificates.fixture.ts";
import { Certificates } from "./certificates.ts";
import type { CertificateFiles } from "./credentials.ts";
import { groupOf, identitiesOf, type TlsFacts } from "./facts.ts";
import type { TlsRefusal } from "./refusals.ts";
import { tlsNet } from "./tls-net.ts";

let made: TestCertificates;
let both: CertificateFiles[];
beforeAll(async () => {
  made = await testCertificates();
  both = [await made.issue("ec", "ecdsa-p256"), await made.issue("ml", "ml-dsa-65")];
});
afterAll(() => made[Symbol.dispose]());

interface World extends AsyncDisposable {
  readonly port: number;
  readonly certificates: Certificates;
  /** What the server saw of the next handshake. */
  next(): Promise<TlsFacts | TlsRefusal>;
}

/** A listener that answers every byte with the same byte. */
async function echo(
  mode: CryptoMode,
  files: Partial<ConstructorParameters<typeof Certificates>[0]> = {},
): Promise<World> {
  const certificates = new Certificates({ mode, certificates: both, ...files }, systemClock, systemEntropy);
  const seen: (TlsFacts | TlsRefusal)[] = [];
  let wake: () => void = () => {};
  const see = (one: TlsFacts | TlsRefusal): void => {
    seen.push(one);
    wake();
  };
  const listener = await tlsNet({ certificates, observer: { secured: see, refused: see } }).listen(
    "127.0.0.1",
    0,
    (stream) => {
      expect(stream.security).toBe(seen.at(-1));
      stream.handler = {
        data: (chunk) => void stream.write([Buffer.from(chunk)]),
        drain: () => {},
        closed: () => {},
      };
    },
  );
  return {
    port: listener.port,
    certificates,
    next: async () => {
      while (seen.length === 0)
        await new Promise<void>((done) => {
          wake = done;
        });
      return seen.shift() as TlsFacts | TlsRefusal;
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

const options = (port: number, more: ConnectionOptions = {}): ConnectionOptions => ({
  port,
  host: "127.0.0.1",
  servername: "localhost",
  ca: readFileSync(made.caFile),
  ...more,
});

/** Sends bytes and reads them back. Rejects with what ended the connection. */
function roundTrip(
  port: number,
  more: ConnectionOptions = {},
  bytes: Uint8Array = Buffer.from("x"),
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(options(port, more), () => socket.write(bytes));
    const parts: Buffer[] = [];
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      const all = Buffer.concat(parts);
      if (all.length < bytes.length) return;
      socket.destroy();
      resolve(all);
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed")));
  });
}

const agreed = async (world: World): Promise<string> => {
  const facts = (await world.next()) as TlsFacts;
  return `${facts.version} ${facts.group} ${facts.signature}`;
};

describe("modes", () => {
  test("hybrid gives each client the best it can: post-quantum where both can, curves where not", async () => {
    await using world = await echo("hybrid");
    await roundTrip(world.port);
    expect(await agreed(world)).toBe("TLSv1.3 X25519MLKEM768 mldsa65");
    await roundTrip(world.port, { ecdhCurve: "X25519" });
    expect(await agreed(world)).toBe("TLSv1.3 X25519 mldsa65");
    await roundTrip(world.port, { ecdhCurve: "P-256", sigalgs: "ecdsa_secp256r1_sha256" });
    expect(await agreed(world)).toBe("TLSv1.3 secp256r1 ecdsa_secp256r1_sha256");
    // It could, but guessed a curve first: another round trip is asked for.
    await roundTrip(world.port, { ecdhCurve: "X25519:X25519MLKEM768" });
    expect(await agreed(world)).toBe("TLSv1.3 X25519MLKEM768 mldsa65");
  });

  test("classical uses curves and ECDSA with everyone", async () => {
    await using world = await echo("classical");
    await roundTrip(world.port);
    expect(await agreed(world)).toBe("TLSv1.3 X25519 ecdsa_secp256r1_sha256");
  });

  test("pqc-required takes post-quantum clients and says why it refuses the others", async () => {
    await using world = await echo("pqc-required");
    await roundTrip(world.port);
    expect(await agreed(world)).toBe("TLSv1.3 X25519MLKEM768 mldsa65");
    await expect(roundTrip(world.port, { ecdhCurve: "X25519:P-256" })).rejects.toThrow(/handshake failure/i);
    const exchange = (await world.next()) as TlsRefusal;
    expect([exchange.reason, exchange.error.code]).toEqual(["key_exchange", "TLS_REFUSED"]);
    expect(exchange.error.message).toContain("mode pqc-required");
    expect(exchange.error.remedy).toContain("X25519MLKEM768");
    await expect(roundTrip(world.port, { sigalgs: "ecdsa_secp256r1_sha256" })).rejects.toThrow();
    expect(((await world.next()) as TlsRefusal).reason).toBe("signature");
  });

  test("TLS 1.2 is refused in every mode, and so is what is no TLS", async () => {
    for (const mode of ["classical", "hybrid", "pqc-required"] as const) {
      await using world = await echo(mode);
      await expect(roundTrip(world.port, { maxVersion: "TLSv1.2" })).rejects.toThrow(/protocol version/i);
      expect(((await world.next()) as TlsRefusal).reason).toBe("version");
      await expect(fetch(`http://127.0.0.1:${world.port}/`)).rejects.toThrow();
      expect(((await world.next()) as TlsRefusal).reason).toBe("not_tls");
    }
  });

  test("a client that leaves because it trusts nobody here is told of", async () => {
    await using world = await echo("hybrid");
    await expect(roundTrip(world.port, { ca: [] })).rejects.toThrow(/certificate/);
    expect(await world.next()).toMatchObject({
      reason: "left",
      error: { remedy: expect.stringContaining("ARQON_CA") },
    });
  });

  test("a resumed session reports its own key exchange", async () => {
    await using world = await echo("hybrid");
    const session = await new Promise<Buffer>((done) => {
      const socket = connect(options(world.port), () => socket.write("x"));
      socket.on("session", (ticket) => {
        done(ticket);
        socket.destroy();
      });
    });
    expect(await agreed(world)).toBe("TLSv1.3 X25519MLKEM768 mldsa65");
    await roundTrip(world.port, { session, ecdhCurve: "X25519" });
    expect(await agreed(world)).toBe("TLSv1.3 X25519 resumed");
  });
});

describe("the stream", () => {
  test("megabytes come back as they were, also when the memory of a free write is used again at once", async () => {
    const certificates = new Certificates({ mode: "hybrid", certificates: both }, systemClock, systemEntropy);
    const observer = { secured: () => {}, refused: () => {} };
    const pieces = 64;
    const piece = 65_536;
    const listener = await tlsNet({ certificates, observer }).listen("127.0.0.1", 0, (stream) => {
      let left = pieces;
      const send = (): void => {
        while (left > 0) {
          left--;
          const memory = Buffer.alloc(piece, pieces - left);
          const free = stream.write([memory.subarray(0, 10), memory.subarray(10)]);
          if (free) memory.fill(0xff);
          else return;
        }
        stream.end();
      };
      stream.handler = { data: () => {}, drain: send, closed: () => {} };
      send();
    });
    const all = await new Promise<Buffer>((resolve, reject) => {
      const parts: Buffer[] = [];
      const socket = connect(options(listener.port));
      socket.on("data", (part: Buffer) => parts.push(part));
      socket.on("end", () => resolve(Buffer.concat(parts)));
      socket.on("error", reject);
    });
    await listener.close();
    expect(all.length).toBe(pieces * piece);
    for (let i = 0; i < pieces; i++)
      expect(all.subarray(i * piece, (i + 1) * piece).equals(Buffer.alloc(piece, i + 1))).toBe(true);
  });
});

describe("client certificates", () => {
  test("the URI of a verified one is the client's identity; a stranger's is none", async () => {
    using strangers = await testCertificates();
    const uri = "spiffe://lab/device-7";
    const device = await made.issue("device", "ml-dsa-65", { role: "client", names: [uri] });
    const stranger = await strangers.issue("stranger", "ecdsa-p256", { role: "client", names: [uri] });
    await using world = await echo("hybrid", { clientCaFile: made.caFile });
    const as = ({ certFile, keyFile }: CertificateFiles): ConnectionOptions => ({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    });
    await roundTrip(world.port, as(device));
    expect(await world.next()).toMatchObject({ identities: [uri] });
    await roundTrip(world.port, as(stranger));
    expect(await world.next()).toMatchObject({ identities: [] });
    await roundTrip(world.port);
    expect(await world.next()).toMatchObject({ identities: [] });
    await using strict = await echo("hybrid", { clientCaFile: made.caFile, requireClientCertificate: true });
    await roundTrip(strict.port, as(device));
    expect(await strict.next()).toMatchObject({ identities: [uri] });
    for (const more of [{}, as(stranger)]) {
      await expect(roundTrip(strict.port, more)).rejects.toThrow();
      expect(await strict.next()).toMatchObject({ reason: "client_certificate" });
    }
  });

  test("names that could be taken for several are not split", () => {
    expect(identitiesOf("DNS:a, URI:spiffe://lab/x, URI:urn:y")).toEqual(["spiffe://lab/x", "urn:y"]);
    expect(identitiesOf('URI:"spiffe://lab/x, URI:urn:owner"')).toEqual([]);
  });
});

describe("certificates", () => {
  test("renewed ones are served without a restart; broken ones are told of and not taken", async () => {
    using own = await testCertificates();
    const files = [await own.issue("a", "ecdsa-p256", { names: ["first.example"] })];
    await using world = await echo("classical", { certificates: files });
    const shown = (): Promise<string> =>
      new Promise((done) => {
        const socket = connect({ ...options(world.port), rejectUnauthorized: false }, () => {
          done(socket.getPeerX509Certificate()?.subjectAltName ?? "");
          socket.destroy();
        });
      });
    const time = new ManualTime();
    const told: string[] = [];
    const stop = world.certificates.watch(time, 1_000, (line) => told.push(line));
    expect(await shown()).toBe("DNS:first.example");
    await own.issue("a", "ecdsa-p256", { names: ["second.example"] });
    time.advance(1_000);
    expect(await shown()).toBe("DNS:second.example");
    writeFileSync(files[0]?.keyFile ?? "", "nonsense");
    time.advance(1_000);
    time.advance(1_000);
    expect(await shown()).toBe("DNS:second.example");
    expect(told).toEqual([expect.stringContaining("renewed"), expect.stringContaining("[TLS_CERTIFICATE]")]);
    stop();
  });

  test("what cannot work is refused at start, with the file's name", async () => {
    const [ec, ml] = both as [CertificateFiles, CertificateFiles];
    const old = { notBeforeUs: 1e15, notAfterUs: 1.1e15 };
    const future = { notBeforeUs: 4e15, notAfterUs: 4.1e15 };
    const make = (mode: CryptoMode, certificates: CertificateFiles[]) => () =>
      new Certificates({ mode, certificates }, systemClock, systemEntropy);
    const cases: [() => Certificates, RegExp][] = [
      [make("pqc-required", [ec]), /none of 1 certificates fits mode pqc-required/],
      [make("classical", [ml]), /none of 1 certificates fits mode classical/],
      [make("hybrid", [{ certFile: ec.certFile, keyFile: ml.keyFile }]), /is not the private key of/],
      [make("hybrid", [{ certFile: "/nowhere.pem", keyFile: ec.keyFile }]), /\/nowhere\.pem cannot be read/],
      [make("hybrid", [await made.issue("old", "ecdsa-p256", { validity: old })]), /expired at 2004/],
      [
        make("hybrid", [await made.issue("new", "ecdsa-p256", { validity: future })]),
        /not valid before 2096/,
      ],
    ];
    for (const [call, message] of cases) {
      expect(call).toThrow(expect.objectContaining({ code: "TLS_CERTIFICATE" }));
      expect(call).toThrow(message);
    }
  });
});

describe("loopback", () => {
  test("plain TCP is for loopback alone", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.7", "lab.example", "127.0.0.1.example", "", "1270.0.0.1"]) {
      expect(isLoopback(host)).toBe(false);
      await expect(nodeNet.listen(host, 0, () => {})).rejects.toMatchObject({ code: "TLS_REQUIRED" });
    }
    for (const host of ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST"])
      expect(isLoopback(host)).toBe(true);
  });
});

test("no bytes make the reader of sessions fail or loop", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const group = groupOf(Uint8Array.of(0x30, ...bytes));
      expect(group === undefined || typeof group === "number").toBe(true);
      groupOf(bytes);
    }),
  );
});

describe("memory of ours", () => {
  test("accepted connections decrypt into it: many read whole, apart and in order, with pauses between", async () => {
    const certificates = new Certificates({ mode: "hybrid", certificates: both }, systemClock, systemEntropy);
    const into = Buffer.alloc(5_000);
    let strange = 0;
    const observer = { secured: () => {}, refused: () => {} };
    const listener = await tlsNet({ certificates, observer }).listen(
      "127.0.0.1",
      0,
      (stream) => {
        let chunks = 0;
        stream.handler = {
          data: (chunk) => {
            if (chunk.buffer !== into.buffer) strange++;
            stream.write([Buffer.from(chunk)]);
            if (++chunks % 5 > 0) return;
            stream.pause();
            setImmediate(() => stream.resume());
          },
          drain: () => {},
          closed: () => {},
        };
      },
      into,
    );
    const echoed = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const sent = Buffer.alloc(100_000, i + 1);
        return (await roundTrip(listener.port, {}, sent)).equals(sent);
      }),
    );
    expect(echoed).toEqual(echoed.map(() => true));
    expect(strange).toBe(0);
    await listener.close();
  });
});
