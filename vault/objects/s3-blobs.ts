/** Blobs in a bucket, under `sha256/ab/cdef...` below the prefix. */
import { type Blobs, STILL_US } from "./blobs.ts";
import { elements, type S3Client } from "./s3-client.ts";
import { abortUpload, partBytesOf, pendingUploads, uploadInParts } from "./s3-multipart.ts";
import type { UploadJournal } from "./upload-journal.ts";

/** Blobs of more bytes go up in parts. */
const WHOLE_BYTES = 8 * 2 ** 20;
/** Requests under way at once. */
const SIDE_BY_SIDE = 8;
/** Unfinished uploads are kept for a week, to be taken up. */
const UNFINISHED_US = 7 * 24 * STILL_US;

/**
 * Blobs behind `client`. What is acknowledged is as durable as the server makes it.
 * @param journal  where uploads of encrypted blobs are noted, so that they can be taken up; left out: they begin anew.
 */
export function s3Blobs(client: S3Client, journal?: UploadJournal): Blobs {
  const keyOf = (name: string): string => `sha256/${name.slice(0, 2)}/${name.slice(2)}`;
  const put = async (name: string, body: Uint8Array): Promise<void> => {
    const response = await client.send({ method: "PUT", key: keyOf(name), body, expect: [200] });
    await response.arrayBuffer();
  };
  const get = async (name: string): Promise<Response | undefined> => {
    const response = await client.send({ method: "GET", key: keyOf(name), expect: [200, 404] });
    if (response.status === 200) return response;
    await response.arrayBuffer();
    return undefined;
  };
  const head = async (name: string): Promise<Headers | undefined> => {
    const { status, headers } = await client.send({ method: "HEAD", key: keyOf(name), expect: [200, 404] });
    return status === 200 ? headers : undefined;
  };
  return {
    async write(blobs) {
      const waiting = [...blobs];
      const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift())
          if (next.bytes.length <= WHOLE_BYTES) await put(next.name, next.bytes);
          else await uploadInParts(client, keyOf(next.name), once(next.bytes), next.bytes.length);
      };
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    },
    async writeLong(name, bytes, size, head) {
      const notes = head && journal?.begin(name, head, partBytesOf(size));
      try {
        await uploadInParts(client, keyOf(name), bytes, size, notes);
      } finally {
        notes?.rest();
      }
    },
    headOf: (name, size) => journal?.headOf(name, partBytesOf(size)),
    async read(name) {
      const response = await get(name);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    async readLong(name) {
      return (await get(name))?.body as AsyncIterable<Uint8Array> | undefined;
    },
    async stat(name) {
      const headers = await head(name);
      return (
        headers && {
          storedBytes: Number(headers.get("content-length")),
          writtenUs: Date.parse(headers.get("last-modified") ?? "") * 1000,
        }
      );
    },
    async list(prefix) {
      const start = `${client.place.prefix}sha256/`;
      const wanted = `${start}${prefix.length > 2 ? `${prefix.slice(0, 2)}/${prefix.slice(2)}` : prefix}`;
      const found: string[] = [];
      for (let token: string | undefined = ""; token !== undefined; ) {
        const more: Record<string, string> = token === "" ? {} : { "continuation-token": token };
        const query = { "list-type": "2", prefix: wanted, ...more };
        const xml = await client.text({ method: "GET", key: "", query, expect: [200] });
        for (const key of elements(xml, "Key")) {
          const name = key.slice(start.length).replace("/", "");
          if (/^[0-9a-f]{64}$/.test(name)) found.push(name);
        }
        token = elements(xml, "NextContinuationToken")[0];
      }
      return found.sort();
    },
    async remove(name) {
      await client.send({ method: "DELETE", key: keyOf(name), expect: [200, 204, 404] });
    },
    async touch(name) {
      const { bucket, prefix } = client.place;
      const headers = {
        "x-amz-copy-source": `/${bucket}/${prefix}${keyOf(name)}`,
        "x-amz-metadata-directive": "REPLACE",
      };
      await client.text({ method: "PUT", key: keyOf(name), headers, expect: [200] });
    },
    async sweep(nowUs) {
      const pending = await pendingUploads(client, "sha256/");
      for (const upload of pending)
        if (upload.begunUs < nowUs - UNFINISHED_US) await abortUpload(client, upload);
      journal?.keepOnly((name) => pending.some(({ key }) => key === keyOf(name)));
    },
    where: (name) => `s3://${client.place.bucket}/${client.place.prefix}${keyOf(name)}`,
  };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
