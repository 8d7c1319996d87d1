/** What a server must be able to do before anything is entrusted to it. */
import { ArqonError, type Entropy, equalBytes, fromUtf8, toHex, utf8 } from "@arqon/core/base";
import { elements, type S3Client } from "./s3-client.ts";
import { abortUpload, pendingUploads, uploadInParts } from "./s3-multipart.ts";

const OWNER_KEY = "owner";

/**
 * Tries what the store needs, on keys of its own that it removes again: bytes come back as they were sent, a conditional
 * write does not overwrite, ranges, listing, parts, deletion.
 * @throws ArqonError `STORE_UNFIT` naming what the server does wrong.
 */
export async function probeS3(client: S3Client, entropy: Entropy): Promise<void> {
  const key = `probe/${toHex(entropy(12))}`;
  const unfit = (what: string): never => {
    throw new ArqonError("STORE_UNFIT", `the S3 server at ${new URL(client.place.address).host} ${what}`);
  };
  const get = async (headers: Record<string, string> = {}): Promise<Uint8Array> => {
    const response = await client.send({ method: "GET", key, headers, expect: [200, 206] });
    return new Uint8Array(await response.arrayBuffer());
  };
  const first = entropy(40_001);
  const other = entropy(40_001);
  try {
    if ((await putOnce(client, key, first)) !== "created")
      unfit("refuses a conditional write where nothing is");
    const again = await putOnce(client, key, other);
    const kept = await get();
    if (equalBytes(kept, other))
      unfit("overwrites in spite of If-None-Match: conditional writes are not kept");
    if (!equalBytes(kept, first)) unfit("gives back other bytes than it was sent");
    if (again === "created")
      unfit("says that it overwrote in spite of If-None-Match: its conditional writes cannot be believed");
    if (!equalBytes(await get({ range: "bytes=32760-32770" }), first.subarray(32_760, 32_771)))
      unfit("does not give ranges");
    const xml = await client.text({
      method: "GET",
      key: "",
      query: { "list-type": "2", prefix: `${client.place.prefix}${key}` },
      expect: [200],
    });
    if (elements(xml, "Key").join() !== `${client.place.prefix}${key}`) unfit("does not list what it holds");
    await uploadInParts(client, key, pieces(other), other.length);
    if (!equalBytes(await get(), other)) unfit("does not put parts together as they were sent");
    if ((await pendingUploads(client, key)).length > 0) unfit("keeps an upload open that was completed");
    await client.send({ method: "DELETE", key, expect: [200, 204] });
    const { status } = await client.send({ method: "HEAD", key, expect: [200, 404] });
    if (status !== 404) unfit("still has what was deleted");
  } finally {
    await client.send({ method: "DELETE", key, expect: [200, 204, 404] }).catch(() => {});
    for (const upload of await pendingUploads(client, key).catch(() => []))
      await abortUpload(client, upload).catch(() => {});
  }
}

/**
 * Makes the prefix this vault's own, or finds that it is: whoever collects garbage must know of every reference.
 * @throws ArqonError `STORE_CLAIMED` when it is another's.
 */
export async function claimS3(client: S3Client, owner: string, write: boolean): Promise<void> {
  if (write && (await putOnce(client, OWNER_KEY, utf8(owner))) === "created") return;
  const response = await client.send({ method: "GET", key: OWNER_KEY, expect: [200, 404] });
  const found = fromUtf8(new Uint8Array(await response.arrayBuffer()));
  const { bucket, prefix } = client.place;
  if (response.status === 404 && !write) return;
  if (found !== owner)
    throw new ArqonError(
      "STORE_CLAIMED",
      `s3://${bucket}/${prefix} holds the objects of ${found.slice(0, 80)}, not of ${owner}`,
    );
}

async function putOnce(client: S3Client, key: string, body: Uint8Array): Promise<"created" | "there"> {
  const headers = { "if-none-match": "*" };
  const response = await client.send({ method: "PUT", key, headers, body, expect: [200, 409, 412] });
  await response.arrayBuffer();
  return response.status === 200 ? "created" : "there";
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 9_999) yield bytes.subarray(at, at + 9_999);
}
