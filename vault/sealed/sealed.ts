/** Sealing and opening, of bytes at hand and of streams. */
import { Transform, type TransformCallback } from "node:stream";
import { ArqonError, concatBytes, type Entropy } from "@arqon/core/base";
import {
  broken,
  headerLength,
  makeHeader,
  PREFIX_BYTES,
  parseHeader,
  SALT_BYTES,
  type SealedHeader,
} from "./header.ts";
import { Opener, Sealer } from "./segments.ts";

/** Wraps and unwraps data keys, wherever the wrapping key is. */
export interface DataKeys {
  /** The key that wraps, and what it made of `dataKey`. */
  wrap(
    dataKey: Uint8Array,
    context: string,
  ): Promise<{ readonly keyId: string; readonly wrapped: Uint8Array }>;
  unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** Whether it is the key that wraps now. */
  isNewest(keyId: string): boolean;
}

async function begin(
  keys: DataKeys,
  context: string,
  entropy: Entropy,
): Promise<{ readonly sealer: Sealer; readonly head: Uint8Array }> {
  const dataKey = entropy(32);
  try {
    const wrapped = await keys.wrap(dataKey, context);
    const header = makeHeader({
      ...wrapped,
      context,
      salt: entropy(SALT_BYTES),
      prefix: entropy(PREFIX_BYTES),
    });
    return { sealer: new Sealer(dataKey, header), head: header.bytes };
  } finally {
    dataKey.fill(0);
  }
}

async function opened(
  keys: DataKeys,
  head: Uint8Array,
  context: string,
): Promise<{ readonly header: SealedHeader; readonly dataKey: Uint8Array }> {
  const header = parseHeader(head);
  if (header.context !== context)
    broken(`it is sealed as "${header.context.slice(0, 80)}", not as "${context.slice(0, 80)}"`);
  try {
    return { header, dataKey: await keys.unwrap(header.keyId, header.wrapped, context) };
  } catch (thrown) {
    // A header that was altered may name a key there is not.
    if (ArqonError.from(thrown).code !== "KEY_UNKNOWN") throw thrown;
    return broken(`the key ${header.keyId.slice(0, 80)} that wrapped it is not in the keystore`, thrown);
  }
}

async function openerOf(keys: DataKeys, head: Uint8Array, context: string): Promise<Opener> {
  const { header, dataKey } = await opened(keys, head, context);
  const opener = new Opener(dataKey, header);
  dataKey.fill(0);
  return opener;
}

/** Seals bytes under a fresh data key. `context` says what they are and must be given again to open them. */
export async function sealWhole(
  bytes: Uint8Array,
  keys: DataKeys,
  context: string,
  entropy: Entropy,
): Promise<Uint8Array> {
  const { sealer, head } = await begin(keys, context, entropy);
  return concatBytes(head, ...sealer.push(bytes), sealer.end());
}

/** Opens what {@link sealWhole} or a sealing stream made. @throws ArqonError `SEAL_BROKEN` when any byte differs. */
export async function openWhole(sealed: Uint8Array, keys: DataKeys, context: string): Promise<Uint8Array> {
  const length = headerLength(sealed);
  if (length === undefined || sealed.length < length) broken("its header is cut");
  const opener = await openerOf(keys, sealed.subarray(0, length), context);
  return concatBytes(...opener.push(sealed.subarray(length)), opener.end());
}

/** A stream that seals what is written to it. @cost 64 KiB of memory, whatever the length. */
export async function sealingStream(keys: DataKeys, context: string, entropy: Entropy): Promise<Transform> {
  const { sealer, head } = await begin(keys, context, entropy);
  return sealing(sealer, head);
}

/** The head of a file that is sealed later, and maybe more than once, with {@link sealingAgain}. */
export async function sealedHead(keys: DataKeys, context: string, entropy: Entropy): Promise<Uint8Array> {
  return (await begin(keys, context, entropy)).head;
}

/**
 * A stream that seals under a head that was made before: the same bytes come out the same. Other bytes must never be
 * sealed under it, for each segment has the nonce it had before: whoever uses this holds them against what came out.
 * @throws ArqonError `SEAL_BROKEN` or that of the key, when the head cannot be used.
 */
export async function sealingAgain(keys: DataKeys, context: string, head: Uint8Array): Promise<Transform> {
  const { header, dataKey } = await opened(keys, head, context);
  const sealer = new Sealer(dataKey, header);
  dataKey.fill(0);
  return sealing(sealer, head);
}

function sealing(sealer: Sealer, head: Uint8Array): Transform {
  let started = false;
  const start = (stream: Transform): void => {
    if (!started) stream.push(head);
    started = true;
  };
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      start(this);
      attempt(done, () => {
        for (const segment of sealer.push(chunk)) this.push(segment);
      });
    },
    flush(done) {
      start(this);
      attempt(done, () => void this.push(sealer.end()));
    },
  });
}

/**
 * A stream that opens what is written to it. It gives out segments as they are proved genuine, but only its end proves
 * the file whole: write to a temporary file and rename it once the stream has ended.
 */
export function openingStream(keys: DataKeys, context: string): Transform {
  let head: Uint8Array = new Uint8Array();
  let opener: Opener | undefined;
  const take = async (stream: Transform, chunk: Uint8Array): Promise<void> => {
    let rest = chunk;
    if (!opener) {
      head = concatBytes(head, chunk);
      const length = headerLength(head);
      if (length === undefined || head.length < length) return;
      rest = head.subarray(length);
      opener = await openerOf(keys, head.subarray(0, length), context);
    }
    for (const segment of opener.push(rest)) stream.push(segment);
  };
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      take(this, chunk).then(
        () => done(),
        (error: Error) => done(error),
      );
    },
    flush(done) {
      attempt(done, () => {
        if (!opener) broken("its header is cut");
        this.push(opener.end());
      });
    },
  });
}

function attempt(done: TransformCallback, work: () => void): void {
  try {
    work();
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
}
