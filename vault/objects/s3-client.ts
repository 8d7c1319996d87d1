/** Signed requests to an S3 server. */
import { ArqonError, type Clock, sha256Hex, type Timer } from "@arqon/core/base";
import { AwsV4Signer } from "aws4fetch";
import type { S3Credentials, S3Place } from "./s3-place.ts";

/** What a client works with. */
export interface S3Options {
  readonly place: S3Place;
  readonly credentials: S3Credentials;
  readonly clock: Clock;
  readonly timer: Timer;
}

/** One request: a key below the prefix, or "" for the bucket. */
export interface S3Request {
  readonly method: "GET" | "PUT" | "POST" | "HEAD" | "DELETE";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses that are answers, not errors. */
  readonly expect: readonly number[];
}

/** Sends requests; tries again what a busy server or a lost connection left undone. */
export interface S3Client {
  readonly place: S3Place;
  /** @throws ArqonError `STORE_UNREACHABLE` with the server's own code, never with a header or key of ours. */
  send(request: S3Request): Promise<Response>;
  /** As `send`, with the answer's text. */
  text(request: S3Request): Promise<string>;
}

const TRIES = 4;
const PAUSE_MS = 200;

/** A client for one bucket. */
export function s3Client({ place, credentials, clock, timer }: S3Options): S3Client {
  const attempt = async ({ method, key, query = {}, headers = {}, body }: S3Request): Promise<Response> => {
    const url = new URL(`${place.address}/${key === "" ? "" : `${place.prefix}${key}`}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, "x-amz-content-sha256": sha256Hex(body ?? new Uint8Array()) },
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
      ...credentials,
      service: "s3",
      region: place.region,
      datetime: new Date(clock.nowUs() / 1000).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    }).sign();
    return fetch(signed.url, {
      method,
      headers: signed.headers,
      redirect: "error",
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
  };
  const send = async (request: S3Request): Promise<Response> => {
    for (let tries = 1; ; tries++) {
      let why: string;
      try {
        const response = await attempt(request);
        if (request.expect.includes(response.status)) return response;
        const code = codeOf(await response.text());
        why = `${response.status}${code === "" ? "" : ` ${code}`}`;
        if (response.status < 500 && response.status !== 429) tries = TRIES;
      } catch (thrown) {
        const { cause, message } = thrown as Error;
        why = ((cause as NodeJS.ErrnoException | undefined)?.code ?? message).slice(0, 200);
      }
      if (tries >= TRIES)
        throw new ArqonError(
          "STORE_UNREACHABLE",
          `${request.method} on bucket ${place.bucket} at ${new URL(place.address).host}: ${why}`,
        );
      await new Promise<void>((resolve) => void timer.after(PAUSE_MS * 4 ** (tries - 1), resolve));
    }
  };
  return { place, send, text: async (request) => (await send(request)).text() };
}

/** The code of an error document; empty when there is none. */
function codeOf(text: string): string {
  return /<Code>([A-Za-z0-9.]{1,80})<\/Code>/.exec(text)?.[1] ?? "";
}

/** Every value of an element in an S3 answer, which nests but repeats no name within itself. */
export function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map((match) =>
    plainText(match[1] as string),
  );
}

/** The inside of every element that holds others. */
export function blocks(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map((match) => match[1] as string);
}

function plainText(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g,
    (_, decimal, hex, name) =>
      name
        ? (named[name] as string)
        : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}
