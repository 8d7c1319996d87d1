/** Where a vault keeps its objects and its index: beside its ledgers, or on servers that are named to it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  ArqonError,
  type Clock,
  canonicalJson,
  type Entropy,
  fromUtf8,
  jsonObject,
  parseJson,
  systemTimer,
  utf8,
} from "@arqon/core/base";
import type { OwnFileKeys } from "./at-rest-files.ts";
import { createFile, readRegularFile, writePrivateFile } from "./files/index.ts";
import { coverWith, type IndexPlace, openIndex, type RunIndex, settleCover } from "./index/index.ts";
import {
  claimS3,
  localBlobs,
  type ObjectCodec,
  type ObjectStore,
  objectStore,
  parseS3Place,
  probeS3,
  type S3Client,
  type S3Credentials,
  s3Blobs,
  s3Client,
  uploadJournal,
} from "./objects/index.ts";
import { IN_MEMORY } from "./sqlite/index.ts";

/** Stores that are not in the vault's own directory. They may hold passwords and are never shown. */
export interface StorePlaces {
  /** A postgres:// address of the index. */
  readonly index?: string;
  /** An s3:// address of the objects. */
  readonly objects?: string;
  readonly s3?: S3Credentials;
}

/** The places that ARQON_INDEX, ARQON_OBJECTS and the usual AWS_* variables name. */
export function storesFrom(env: Readonly<Record<string, string | undefined>>): StorePlaces {
  const { ARQON_INDEX: index, ARQON_OBJECTS: objects } = env;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  return {
    ...(index && { index }),
    ...(objects && { objects }),
    ...(accessKeyId &&
      secretAccessKey && { s3: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
  };
}

/** What in the places must never be seen, e.g. in a bundle. */
export function secretsIn({ index, s3 }: StorePlaces): string[] {
  const password =
    index !== undefined && URL.canParse(index) ? decodeURIComponent(new URL(index).password) : "";
  return [password, s3?.secretAccessKey ?? "", s3?.sessionToken ?? ""].filter((secret) => secret !== "");
}

/** What opening a store needs. */
export interface StoreOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly places: StorePlaces;
  /** Name of the vault, which stores are claimed for. */
  readonly owner: string;
  readonly readOnly: boolean;
  readonly encrypted: boolean;
  /** Where something here is encrypted. */
  readonly fileKeys?: OwnFileKeys | undefined;
}

/** The index. @throws ArqonError `STORE_CLAIMED`, `STORE_UNREACHABLE`, `STORE_UNFIT`. */
export async function openRunIndex(options: StoreOptions): Promise<RunIndex> {
  const { clock, owner, encrypted, places } = options;
  const secret = encrypted && places.index !== undefined ? await indexSecret(options) : undefined;
  // Without its key a covered index is of no use: what is asked for is read from ledgers and objects.
  const isLost = encrypted && !secret;
  const index = await openIndex({ place: isLost ? { path: IN_MEMORY } : indexPlace(options), clock });
  if (places.index === undefined || isLost) return index;
  try {
    if (!owner.endsWith("/new")) await index.claim(owner);
    return await settleCover(index, secret && coverWith(secret));
  } catch (error) {
    await index.close();
    throw error;
  } finally {
    secret?.fill(0);
  }
}

/** Where the index is. On PostgreSQL its texts are covered where the vault encrypts. */
export function indexPlace({
  home,
  places,
  encrypted,
}: Pick<StoreOptions, "home" | "places" | "encrypted">): IndexPlace {
  if (places.index === undefined) return { path: encrypted ? IN_MEMORY : join(home, "index.sqlite") };
  return { postgres: places.index };
}

const INDEX_KEY_FILE = "index-key";

/** The key a covered index is read with: made when it is first needed, kept in `home`, wrapped by the newest key. */
async function indexSecret({
  home,
  owner,
  readOnly,
  fileKeys,
}: StoreOptions): Promise<Uint8Array | undefined> {
  const path = join(home, INDEX_KEY_FILE);
  const context = `index of ${owner}`;
  const kept = (): Uint8Array | undefined => readRegularFile(path, { limitBytes: 65_536 });
  if (!fileKeys) return undefined;
  if (!kept()) {
    if (readOnly) return undefined;
    const { key, wrapped } = await fileKeys.create(context);
    key.fill(0);
    createFile(path, wrapped); // another process may have been faster
  }
  const wrapped = kept() as Uint8Array;
  if (!readOnly && !(await fileKeys.isNewest(wrapped)))
    writePrivateFile(path, await fileKeys.renew(wrapped, context));
  return fileKeys.open(wrapped, context);
}

const PLACES_FILE = "stores.json";

/**
 * A new vault can have the stores that are named to it: asked before anything of it is made.
 * @throws ArqonError `STORE_CLAIMED`, `STORE_UNREACHABLE`, `STORE_UNFIT`, `USAGE`.
 */
export async function requireFreeStores(
  options: Pick<StoreOptions, "home" | "clock" | "entropy" | "places">,
): Promise<void> {
  const { clock, entropy, places } = options;
  if (places.objects !== undefined) {
    const client = clientOf(places.objects, options);
    await probeS3(client, entropy);
    await claimS3(client, "a new vault", false);
  }
  if (places.index !== undefined)
    await (await openIndex({ place: { postgres: places.index }, clock })).close();
}

function clientOf(wanted: string, { places, clock }: Pick<StoreOptions, "places" | "clock">): S3Client {
  const place = parseS3Place(wanted);
  if (!places.s3)
    throw new ArqonError("STORE_UNREACHABLE", `${wanted} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  return s3Client({ place, credentials: places.s3, clock, timer: systemTimer({ hold: true }) });
}

/** The objects. @throws ArqonError `STORE_CLAIMED`, `STORE_UNREACHABLE`, `STORE_UNFIT`, `USAGE`. */
export async function openObjects(
  options: StoreOptions,
  codec: ObjectCodec | undefined,
): Promise<ObjectStore> {
  const { home, clock, entropy, owner, places, readOnly } = options;
  const path = join(home, PLACES_FILE);
  const kept = readPlace(path);
  const wanted = places.objects ?? kept;
  if (wanted === undefined) return objectStore(await localBlobs(join(home, "objects"), clock), { codec });
  if (kept !== undefined && kept !== wanted)
    throw new ArqonError("STORE_CLAIMED", `${home} keeps its objects in ${kept}, not in ${wanted}`);
  if (kept === undefined && (await hasObjects(home, clock)))
    throw new ArqonError(
      "STORE_CLAIMED",
      `${home} keeps its objects in ${join(home, "objects")}, not in ${wanted}`,
    );
  const client = clientOf(wanted, options);
  if (!readOnly) await probeS3(client, entropy);
  await claimS3(client, owner, !readOnly);
  if (kept === undefined && !readOnly)
    createFile(path, utf8(`${canonicalJson({ schema: "arqon.stores.v1", objects: wanted })}\n`));
  return objectStore(s3Blobs(client, uploadJournal(join(home, "uploads"), entropy)), { codec });
}

function readPlace(path: string): string | undefined {
  const bytes = readRegularFile(path, { limitBytes: 65_536 });
  const objects = bytes && jsonObject(parseJson(fromUtf8(bytes), path), path)["objects"];
  if (objects !== undefined && typeof objects !== "string")
    throw new ArqonError("JSON_INVALID", `${path}: "objects" is not a text`);
  return objects;
}

async function hasObjects(home: string, clock: Clock): Promise<boolean> {
  const directory = join(home, "objects");
  if (!existsSync(directory)) return false;
  const blobs = await localBlobs(directory, clock);
  try {
    return (await blobs.list("")).length > 0;
  } finally {
    blobs.close?.();
  }
}
