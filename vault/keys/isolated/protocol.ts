/** What the parent and the signer process say to each other. There is no message that asks for a private key. */
import type { ArqonError } from "@arqon/core/base";
import type { KeyRequest } from "../keystore.ts";
import type { TokenPlace } from "../token.ts";

/** Methods of a keystore that run in the signer process; everything else is refused there. */
export const SIGNER_METHODS = [
  "generate",
  "prepare",
  "activate",
  "disable",
  "sign",
  "wrap",
  "unwrap",
  "decapsulate",
] as const;

export type SignerMethod = (typeof SIGNER_METHODS)[number];

/** The first message: where the keystore is, and what opens it. */
export interface SignerStart {
  readonly home: string;
  /** Of the file, or the PIN of the token. */
  readonly passphrase?: string;
  readonly token?: { readonly plugin: string; readonly place: TokenPlace; readonly koffi?: string };
  readonly residentOnly?: boolean;
  readonly initial: readonly KeyRequest[];
}

/** One call. */
export interface SignerCall {
  readonly id: number;
  readonly method: SignerMethod;
  readonly args: readonly unknown[];
}

/** One answer; id 0 answers the start. */
export interface SignerAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Pick<ArqonError, "code" | "message" | "remedy">;
}
