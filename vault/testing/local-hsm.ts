/**
 * A local server that speaks the shapes which the REST documentation of Azure Key Vault keys gives for a Managed HSM
 * (api-version 7.4): create, get, list with pages, update, sign, encrypt, decrypt. It is as strict as the documentation.
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface HeldKey {
  readonly kid: string;
  readonly kty: string;
  readonly operations: readonly string[];
  readonly privateKey?: KeyObject;
  readonly secret?: Buffer;
  attributes: Record<string, unknown>;
  tags: Record<string, string>;
}

type Json = Record<string, never>;
type Answer = readonly [status: number, body: object];

/** What a test may make it do. */
export interface LocalHsm {
  readonly url: string;
  /** The token it lets in. */
  readonly token: string;
  /** Every path it was asked for. */
  readonly asked: string[];
  /** Answers this instead, once for each; `undefined`: as it should. */
  readonly instead: (Answer | "hang" | "cut" | undefined)[];
  readonly keys: ReadonlyMap<string, HeldKey>;
  stop(): Promise<void>;
}

const refused = (status: number, code: string): Answer => [status, { error: { code, message: "no" } }];

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytesOf = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, "0"), "hex");

function inverse(value: bigint): bigint {
  let result = 1n;
  for (let power = value % ORDER, rest = ORDER - 2n; rest > 0n; rest >>= 1n, power = (power * power) % ORDER)
    if (rest & 1n) result = (result * power) % ORDER;
  return result;
}

/** ECDSA over a digest, as r and s: node:crypto would hash it once more. */
function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const secret = numberOf(Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url"));
  const once = createECDH("prime256v1");
  const point = once.generateKeys();
  const r = numberOf(point.subarray(1, 33)) % ORDER;
  const s = (inverse(numberOf(once.getPrivateKey())) * (numberOf(digest) + r * secret)) % ORDER;
  return Buffer.concat([bytesOf(r), bytesOf(s)]);
}

/** Starts it on loopback, with no keys. */
export async function startLocalHsm(): Promise<LocalHsm> {
  const keys = new Map<string, HeldKey>();
  const token = randomBytes(16).toString("hex");
  const asked: string[] = [];
  const instead: LocalHsm["instead"] = [];
  let url = "";

  const bundle = ({ kid, kty, operations, privateKey, attributes, tags }: HeldKey): object => {
    const { crv, x, y } = privateKey ? privateKey.export({ format: "jwk" }) : {};
    return { key: { kid, kty, key_ops: operations, ...(crv && { crv, x, y }) }, attributes, tags };
  };

  const create = (name: string, body: Json): Answer => {
    const { kty, crv, key_size, key_ops, attributes, tags } = body as Record<string, unknown>;
    const isEc = kty === "EC-HSM" && crv === "P-256";
    if (!isEc && !(kty === "oct-HSM" && key_size === 256)) return refused(400, "BadParameter");
    const version = randomBytes(16).toString("hex");
    const key: HeldKey = {
      kid: `${url}/keys/${name}/${version}`,
      kty: String(kty),
      operations: key_ops as string[],
      ...(isEc
        ? { privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey }
        : { secret: randomBytes(32) }),
      attributes: attributes as HeldKey["attributes"],
      tags: tags as HeldKey["tags"],
    };
    keys.set(name, key);
    return [200, bundle(key)];
  };

  const use = (key: HeldKey, operation: string, body: Json): Answer => {
    const { alg, value, iv, aad, tag } = body as Record<string, string>;
    const { attributes, secret, privateKey, kid } = key;
    const bytes = (one: string | undefined) => Buffer.from(one ?? "", "base64url");
    if (attributes["enabled"] !== true) return refused(403, "Forbidden");
    if (!key.operations.includes(operation)) return refused(403, "Forbidden");
    const isLate = Date.now() / 1000 > Number(attributes["exp"]);
    if (isLate && operation !== "decrypt") return refused(403, "Forbidden");
    if (operation === "sign" && privateKey) {
      if (alg !== "ES256" || bytes(value).length !== 32) return refused(400, "BadParameter");
      return [200, { kid, value: signDigest(privateKey, bytes(value)).toString("base64url") }];
    }
    if (alg !== "A256GCM" || !secret) return refused(400, "BadParameter");
    if (operation === "encrypt") {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(bytes(aad));
      const sealed = Buffer.concat([cipher.update(bytes(value)), cipher.final()]);
      const [sent, mark] = [sealed, cipher.getAuthTag()].map((one) => one.toString("base64url"));
      return [200, { kid, value: sent, iv: nonce.toString("base64url"), tag: mark, aad }];
    }
    try {
      const cipher = createDecipheriv("aes-256-gcm", secret, bytes(iv)).setAAD(bytes(aad));
      cipher.setAuthTag(bytes(tag));
      const plain = Buffer.concat([cipher.update(bytes(value)), cipher.final()]);
      return [200, { kid, value: plain.toString("base64url") }];
    } catch {
      return refused(400, "BadParameter");
    }
  };

  const answer = (method: string, address: URL, body: Json): Answer => {
    if (address.searchParams.get("api-version") !== "7.4") return refused(400, "BadParameter");
    const [, room, name = "", last = "", operation = ""] = address.pathname.split("/");
    if (room !== "keys") return refused(404, "NotFound");
    if (method === "GET" && name === "") {
      // Two a page, so that links are followed.
      const from = Number(address.searchParams.get("$skiptoken") ?? 0);
      const all = [...keys].map(([one, { attributes, tags }]) => ({
        kid: `${url}/keys/${one}`,
        attributes,
        tags,
      }));
      const next = `${url}/keys?api-version=7.4&$skiptoken=${from + 2}`;
      return [200, { value: all.slice(from, from + 2), nextLink: from + 2 < all.length ? next : null }];
    }
    if (method === "POST" && last === "create") return create(name, body);
    const key = keys.get(name);
    if (!key || (last !== "" && !key.kid.endsWith(`/${last}`))) return refused(404, "KeyNotFound");
    if (method === "GET") return [200, bundle(key)];
    if (method === "PATCH") {
      const { attributes, tags } = body as { attributes?: object; tags?: HeldKey["tags"] };
      Object.assign(key.attributes, attributes);
      if (tags) key.tags = tags;
      return [200, bundle(key)];
    }
    return use(key, operation, body);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const address = new URL(request.url ?? "", url);
    asked.push(`${request.method} ${address.pathname}`);
    const planned = instead.shift();
    if (planned === "hang") return;
    if (planned === "cut") return void request.destroy();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const sent = Buffer.concat(parts).toString();
    const isKnown = request.headers.authorization === `Bearer ${token}`;
    const [status, body] =
      planned ??
      (isKnown
        ? answer(request.method ?? "", address, JSON.parse(sent || "{}") as Json)
        : refused(401, "Unauthorized"));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, token, asked, instead, keys, stop };
}
