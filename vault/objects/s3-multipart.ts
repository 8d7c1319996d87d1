/** Uploads in parts: taken up where they stopped, finished only when every byte is proved. */
import { createHash } from "node:crypto";
import { ArqonError, utf8 } from "@arqon/core/base";
import { blocks, elements, type S3Client } from "./s3-client.ts";
import type { UploadNotes } from "./upload-journal.ts";

const MIN_PART_BYTES = 8 * 2 ** 20;
/** S3 takes 10,000 parts. */
const MAX_PARTS = 9_000;

/** An upload that was begun. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  /** UTC, microseconds since 1970. */
  readonly begunUs: number;
}

/** Uploads under a prefix that were begun and neither finished nor given up; at most 1000. */
export async function pendingUploads(client: S3Client, prefix: string): Promise<PendingUpload[]> {
  const xml = await client.text({
    method: "GET",
    key: "",
    query: { uploads: "", prefix: client.place.prefix + prefix },
    expect: [200],
  });
  return blocks(xml, "Upload").flatMap((block) => {
    const [key] = elements(block, "Key");
    const [uploadId] = elements(block, "UploadId");
    const [begun] = elements(block, "Initiated");
    return key !== undefined && uploadId !== undefined
      ? [{ key: key.slice(client.place.prefix.length), uploadId, begunUs: Date.parse(begun ?? "") * 1000 }]
      : [];
  });
}

/** Gives an upload up. */
export async function abortUpload(client: S3Client, { key, uploadId }: PendingUpload): Promise<void> {
  await client.send({ method: "DELETE", key, query: { uploadId }, expect: [200, 204, 404] });
}

/** How long the parts of an upload of `size` bytes are. */
export function partBytesOf(size: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS / 65_536) * 65_536);
}

/**
 * Uploads `bytes` under `key`. An error of `bytes` gives the upload up; an error of the server leaves it, so that the next
 * one finds the parts that arrived.
 * @param notes  of encrypted bytes: every part is noted before it is sent, and one that is not as it was noted is not sent.
 * @throws ArqonError `BUNDLE_TAMPERED` then, with the upload given up.
 */
export async function uploadInParts(
  client: S3Client,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  size: number,
  notes?: UploadNotes,
): Promise<void> {
  const old = (await pendingUploads(client, key)).filter((upload) => upload.key === key).at(-1);
  const arrived = old ? await partsOf(client, key, old.uploadId) : new Map<number, Part>();
  const uploadId = old?.uploadId ?? (await begin(client, key));
  const upload = { key, uploadId, begunUs: 0 };
  const etags: string[] = [];
  let total = 0;
  const parts = inParts(bytes, partBytesOf(size));
  const giveUp = async (error: unknown): Promise<never> => {
    notes?.drop(); // First: nothing is encrypted under this head again.
    await abortUpload(client, upload);
    throw error;
  };
  try {
    for (;;) {
      const next = await parts.next().catch(giveUp);
      if (next.done) break;
      const part = next.value;
      const number = etags.length + 1;
      if (notes && !notes.agrees(number, part))
        await giveUp(
          new ArqonError(
            "BUNDLE_TAMPERED",
            `${key}: part ${number} is not what was sent before the upload was cut off`,
          ),
        );
      const known = arrived.get(number);
      total += part.length;
      etags.push(
        known?.size === part.length && known.etag === md5(part)
          ? known.etag
          : await putPart(client, key, uploadId, number, part),
      );
    }
  } finally {
    await parts.return(undefined); // What is read is let go of.
  }
  await complete(client, key, uploadId, etags);
  notes?.drop();
  const head = await client.send({ method: "HEAD", key, expect: [200] });
  if (Number(head.headers.get("content-length")) !== total)
    throw new ArqonError(
      "STORE_UNFIT",
      `${key} has ${head.headers.get("content-length")} bytes after an upload of ${total}`,
    );
}

interface Part {
  readonly size: number;
  readonly etag: string;
}

async function begin(client: S3Client, key: string): Promise<string> {
  const xml = await client.text({ method: "POST", key, query: { uploads: "" }, expect: [200] });
  const [uploadId] = elements(xml, "UploadId");
  if (uploadId === undefined)
    throw new ArqonError("STORE_UNFIT", "the server began an upload without naming it");
  return uploadId;
}

async function partsOf(client: S3Client, key: string, uploadId: string): Promise<Map<number, Part>> {
  const parts = new Map<number, Part>();
  for (let marker = "0"; ; ) {
    const xml = await client.text({
      method: "GET",
      key,
      query: { uploadId, "part-number-marker": marker },
      expect: [200],
    });
    for (const block of blocks(xml, "Part")) {
      const [number = "", size = "", etag = ""] = ["PartNumber", "Size", "ETag"].map(
        (name) => elements(block, name)[0],
      );
      parts.set(Number(number), { size: Number(size), etag: etag.replaceAll('"', "") });
    }
    const next = elements(xml, "NextPartNumberMarker")[0];
    if (elements(xml, "IsTruncated")[0] !== "true" || next === undefined || next === marker) return parts;
    marker = next;
  }
}

async function putPart(
  client: S3Client,
  key: string,
  uploadId: string,
  number: number,
  body: Uint8Array,
): Promise<string> {
  const query = { partNumber: String(number), uploadId };
  const response = await client.send({ method: "PUT", key, query, body, expect: [200] });
  await response.arrayBuffer();
  const etag = response.headers.get("etag")?.replaceAll('"', "");
  if (!etag) throw new ArqonError("STORE_UNFIT", `the server took part ${number} without an ETag`);
  return etag;
}

async function complete(
  client: S3Client,
  key: string,
  uploadId: string,
  etags: readonly string[],
): Promise<void> {
  const parts = etags.map(
    (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  );
  const body = utf8(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
  const xml = await client.text({ method: "POST", key, query: { uploadId }, body, expect: [200] });
  // S3 answers 200 before it knows, and puts what went wrong into the body.
  if (xml.includes("<Error>"))
    throw new ArqonError(
      "STORE_UNREACHABLE",
      `the upload of ${key} was not completed: ${elements(xml, "Code")[0]}`,
    );
}

/** The same bytes in parts of one size, the last one shorter; at least one. */
async function* inParts(bytes: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(partBytes);
  let filled = 0;
  let any = false;
  for await (const piece of bytes)
    for (let at = 0; at < piece.length; ) {
      const take = Math.min(piece.length - at, partBytes - filled);
      part.set(piece.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < partBytes) continue;
      yield part;
      any = true;
      part = new Uint8Array(partBytes);
      filled = 0;
    }
  if (filled > 0 || !any) yield part.subarray(0, filled);
}

/** What most servers give a part as its ETag; where they do not, a part is sent again. */
function md5(bytes: Uint8Array): string {
  try {
    return createHash("md5").update(bytes).digest("hex");
  } catch {
    return ""; // A FIPS provider has no MD5.
  }
}
