/** Requests to an Azure Managed HSM, in the shapes its REST documentation gives for api-version 7.4. */
import { ArqonError, type JsonObject, jsonObject, parseJson, type Timer } from "@arqon/core/base";

/** Where the HSM is and how it is reached. */
export interface HsmPlace {
  /** Its address, e.g. "https://lab.managedhsm.azure.net". Plain HTTP is for loopback alone. */
  readonly url: string;
  /** A bearer token for the resource `https://managedhsm.azure.net`; asked for every request, so it may keep one. */
  readonly accessToken: () => Promise<string>;
  readonly fetch: typeof fetch;
  readonly timer: Timer;
}

/** Sends requests. Nothing is tried again: a key made twice is worse than an error. */
export interface HsmClient {
  /** @throws ArqonError `KEYSTORE_LOCKED` without leave, `KEY_UNKNOWN`, `SEAL_BROKEN` where it does not open, else `KEYSTORE_UNAVAILABLE`. */
  send(method: "GET" | "POST" | "PATCH", path: string, body?: JsonObject): Promise<JsonObject>;
  /** Follows the service's own links, to this address alone. */
  list(path: string, most: number): Promise<readonly JsonObject[]>;
}

const VERSION = "api-version=7.4";
const TIMEOUT_MS = 15_000;
const LIMIT_BYTES = 1 << 20;

/** @throws TypeError for an address that no token may be sent to. */
export function hsmClient({ url, accessToken, fetch, timer }: HsmPlace): HsmClient {
  const base = baseOf(url);
  const request = async (method: string, address: URL, body?: JsonObject): Promise<JsonObject> => {
    const ending = new AbortController();
    const cancel = timer.after(TIMEOUT_MS, () => ending.abort(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    try {
      const response = await fetch(address, {
        method,
        redirect: "error",
        signal: ending.signal,
        headers: { authorization: `Bearer ${await accessToken()}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      const answer = await read(response, address.pathname);
      if (response.ok) return answer;
      throw refusal(response.status, answer, address.pathname);
    } catch (cause) {
      if (cause instanceof ArqonError) throw cause;
      const { cause: inner, message } = cause as Error;
      const why = String((inner as NodeJS.ErrnoException | undefined)?.code ?? message).slice(0, 200);
      throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM at ${base.host} does not answer: ${why}`, {
        cause,
      });
    } finally {
      cancel();
    }
  };
  return {
    send: (method, path, body) => request(method, new URL(`${path}?${VERSION}`, base), body),
    async list(path, most) {
      const found: JsonObject[] = [];
      let pages = 0;
      for (let next: URL | undefined = new URL(`${path}?${VERSION}`, base); next; ) {
        // Pages may be empty, so they are counted too.
        if (++pages > most)
          throw new ArqonError("LIMIT_EXCEEDED", `the HSM at ${base.host} lists more than ${most} pages`);
        if (next.origin !== base.origin)
          throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM at ${base.host} links to another address`);
        const page: JsonObject = await request("GET", next);
        const { value, nextLink } = page;
        for (const one of Array.isArray(value) ? value : []) found.push(jsonObject(one, "a key of the HSM"));
        if (found.length > most)
          throw new ArqonError("LIMIT_EXCEEDED", `the HSM at ${base.host} lists more than ${most} keys`);
        next = typeof nextLink === "string" && nextLink !== "" ? linkOf(nextLink, base) : undefined;
      }
      return found;
    },
  };
}

function linkOf(text: string, base: URL): URL {
  const link = URL.parse(text);
  if (link) return link;
  throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM at ${base.host} links to what is no address`);
}

function baseOf(url: string): URL {
  const base = URL.parse(url);
  const isLoopback = base?.protocol === "http:" && ["127.0.0.1", "[::1]"].includes(base.hostname);
  if (!base || (base.protocol !== "https:" && !isLoopback) || base.username !== "")
    throw new TypeError(`"${url.slice(0, 80)}" is not an https address of a Managed HSM`);
  return new URL("/", base);
}

async function read(response: Response, path: string): Promise<JsonObject> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > LIMIT_BYTES)
      throw new ArqonError("LIMIT_EXCEEDED", `an answer to ${path} of over ${LIMIT_BYTES} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString("utf8");
  try {
    return jsonObject(parseJson(text, path), path);
  } catch (cause) {
    if (!response.ok) return {};
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `the HSM's answer to ${path} is no JSON object`, { cause });
  }
}

/** The service's own code is told, never what was sent. */
function refusal(status: number, answer: JsonObject, path: string): ArqonError {
  const error = answer["error"];
  const named = typeof error === "object" && error !== null && !Array.isArray(error) ? error : undefined;
  const code = String((named as JsonObject | undefined)?.["code"] ?? "").slice(0, 60);
  const what = `the HSM answers ${status} ${code} to ${path}`;
  if (status === 401 || status === 403)
    return new ArqonError("KEYSTORE_LOCKED", what, {
      remedy: "Give this identity the role Managed HSM Crypto User, for keys of this HSM.",
    });
  if (status === 404) return new ArqonError("KEY_UNKNOWN", what);
  // The only request of ours that its contents make a bad one is to open what does not open.
  return new ArqonError(
    status === 400 && path.endsWith("/decrypt") ? "SEAL_BROKEN" : "KEYSTORE_UNAVAILABLE",
    what,
  );
}
