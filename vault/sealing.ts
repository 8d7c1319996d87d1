/** Seals what comes together under one checkpoint: every run is signed by itself, the ledger once for all of them. */
import type { BundleDraft } from "@arqon/core/bundle";
import { againAfterRotation } from "./keys/index.ts";
import type { VaultParts } from "./parts.ts";
import { keepSigned, type Signed, type SignersAtHand, signDraft } from "./seal.ts";
import type { SealedRun } from "./vault.ts";

/** Most runs under one checkpoint. */
const MOST = 64;

/** Seals a draft; see `Vault.seal`. */
export type Seal = (draft: BundleDraft, title: string) => Promise<SealedRun>;

interface Waiting {
  readonly signed: Signed;
  resolve(sealed: SealedRun): void;
  reject(error: unknown): void;
}

/** A way to seal, which waits for nobody: what comes while others are written is written next, together. */
export function sealer(parts: VaultParts): Seal {
  let waiting: Waiting[] = [];
  let writing = false;
  const atHand = askedOnceATurn();

  const write = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      // One turn of the event loop gathers what was signed in the same one.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = firstOfEach(waiting, MOST);
      waiting = waiting.filter((one) => !batch.includes(one));
      await settle(batch);
    }
    writing = false;
  };

  const settle = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const sealed = await againAfterRotation(() =>
        keepSigned(
          parts,
          batch.map(({ signed }) => signed),
        ),
      );
      for (const [i, one] of batch.entries()) one.resolve(sealed[i] as SealedRun);
    } catch (error) {
      // Nothing was appended. Each by itself, so that the fault of one is not that of the others.
      if (batch.length > 1) for (const one of batch) await settle([one]);
      else batch[0]?.reject(error);
    }
  };

  let inFlight = 0;
  /** Once nothing is in flight the index is written; who asks it before that has it written first. */
  const landed = (): void => {
    if (--inFlight > 0) return;
    setImmediate(() => {
      // What cannot be written still waits: whoever asks next is told why.
      if (inFlight === 0) parts.index.settle().catch(() => undefined);
    });
  };

  return async (draft, title) => {
    inFlight++;
    try {
      const signed = await signDraft(parts, draft, title, atHand);
      return await new Promise<SealedRun>((resolve, reject) => {
        waiting.push({ signed, resolve, reject });
        if (!writing) void write();
      });
    } finally {
      landed();
    }
  };
}

/** The keystore is asked once for all drafts that come in one turn of the event loop; one that is rotated then is asked again. */
function askedOnceATurn(): SignersAtHand {
  const asked = new Map<string, ReturnType<SignersAtHand>>();
  return (name, ask) => {
    const found = asked.get(name) ?? ask();
    if (asked.size === 0) setImmediate(() => asked.clear());
    asked.set(name, found);
    return found;
  };
}

/** The first `most` that are of different records. */
function firstOfEach(waiting: readonly Waiting[], most: number): Waiting[] {
  const records = new Map<string, Waiting>();
  for (const one of waiting) {
    const { recordId } = one.signed.prepared.ids;
    if (records.size < most && !records.has(recordId)) records.set(recordId, one);
  }
  return [...records.values()];
}
