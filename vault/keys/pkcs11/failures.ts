/** What a token's codes mean to whoever asked. */
import { ArqonError } from "@arqon/core/base";
import { CKR_AWAY } from "./codes.ts";

/** The number a token answered with; NaN when it is no answer of a token. */
export const codeOf = (cause: unknown): number => Number((cause as { code?: unknown } | undefined)?.code);

/** Does what can only fail because the token, or its library, is not as it should be. */
export function guarded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ArqonError) throw cause;
    throw new ArqonError("KEYSTORE_UNAVAILABLE", `${what}: ${(cause as Error).message}`, { cause });
  }
}

/** What does not open is broken, unless it is the token that is not there. */
export function opened<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (CKR_AWAY.has(codeOf(cause)))
      throw new ArqonError("KEYSTORE_UNAVAILABLE", `the token went away: ${(cause as Error).message}`, {
        cause,
      });
    throw new ArqonError("SEAL_BROKEN", what, { cause });
  }
}
