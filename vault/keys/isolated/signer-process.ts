/**
 * The isolated signer: a process that alone opens the keystore. It runs under `node --permission`: it reads the program and
 * its home, writes its home, and has no network, no children, no threads and, unless the keys are in a token, no add-ons. It
 * ends with its parent.
 */
import { ArqonError, systemClock, systemEntropy } from "@arqon/core/base";
import { openFileKeystore } from "../file-keystore.ts";
import type { Keystore } from "../keystore.ts";
import { SIGNER_METHODS, type SignerAnswer, type SignerCall, type SignerStart } from "./protocol.ts";

let keystore: Keystore | undefined;

function answer(reply: SignerAnswer): void {
  process.send?.(reply);
}

function refuse(id: number, thrown: unknown): void {
  const { code, message, remedy } = ArqonError.from(thrown);
  answer({ id, failure: { code, message, remedy } });
}

async function open({ token, passphrase, ...start }: SignerStart): Promise<void> {
  try {
    const common = { ...start, clock: systemClock, entropy: systemEntropy };
    if (token) {
      const { openToken } = await import("../pkcs11/open-token.ts");
      keystore = openFileKeystore({
        ...common,
        token: openToken(token.plugin, token.place, passphrase ?? "", token.koffi),
      });
    } else keystore = openFileKeystore({ ...common, ...(passphrase !== undefined && { passphrase }) });
    answer({ id: 0 });
  } catch (thrown) {
    refuse(0, thrown);
  }
}

async function call(store: Keystore, { id, method, args }: SignerCall): Promise<void> {
  try {
    if (!SIGNER_METHODS.includes(method)) throw new TypeError(`the signer has no method "${String(method)}"`);
    store.list(); // What another process changed is taken in, and a file that was altered refused.
    const run = store[method] as (...given: unknown[]) => Promise<unknown>;
    answer({ id, value: await run.apply(store, [...args]) });
  } catch (thrown) {
    refuse(id, thrown);
  }
}

process.on("message", (message: SignerStart | SignerCall) => {
  if (keystore) void call(keystore, message as SignerCall);
  else void open(message as SignerStart);
});
process.on("disconnect", () => process.exit());
