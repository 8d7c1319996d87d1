/** Opens a PKCS#11 token. */
import { ArqonError } from "@arqon/core/base";
import type { KeyToken, TokenPlace } from "../token.ts";
import { type Handle, loadPkcs11, type Pkcs11 } from "./binding.ts";
import { CKF, CKR, CKR_AWAY, CKU_USER } from "./codes.ts";
import { findDecapsulate } from "./decapsulate.ts";
import { codeOf, guarded } from "./failures.ts";
import { Token } from "./token-keys.ts";

/**
 * Opens the token with this label and logs in. With the plug-in `koffi`, ML-KEM works in tokens of PKCS#11 3.2.
 * @throws ArqonError `KEYSTORE_UNAVAILABLE` without plug-in, library or token, `KEYSTORE_LOCKED` for a wrong PIN,
 *   `TOKEN_LOCKED` for a locked one.
 */
export function openToken(plugin: string, place: TokenPlace, pin: string, koffi?: string): KeyToken {
  const pkcs11 = loadPkcs11(plugin, place.module);
  const { parameters } = place;
  guarded("the token's library does not start", () =>
    pkcs11.C_Initialize({
      flags: CKF.LIBRARY_OS_LOCKING,
      ...(parameters !== undefined && { libraryParameters: parameters }),
    }),
  );
  try {
    const slot = guarded("the token's library does not list its tokens", () => slotOf(pkcs11, place));
    return guarded(`the token "${place.label}" does not open`, () => {
      const mechanisms = new Set(pkcs11.C_GetMechanismList(slot));
      const session = pkcs11.C_OpenSession(slot, CKF.RW_SERIAL_SESSION);
      login(pkcs11, session, slot, place, pin);
      const decapsulate = koffi === undefined ? undefined : findDecapsulate(koffi, place.module);
      return new Token(pkcs11, session, mechanisms, decapsulate);
    });
  } catch (error) {
    pkcs11.C_Finalize();
    throw error;
  }
}

function slotOf(pkcs11: Pkcs11, { module, label }: TokenPlace): Handle {
  const labelOf = (one: Handle): string => pkcs11.C_GetTokenInfo(one).label.replaceAll("\0", "").trim();
  const [slot, another] = pkcs11.C_GetSlotList(true).filter((one) => labelOf(one) === label);
  if (slot && !another) return slot;
  const found = slot ? "several tokens" : "no token";
  throw new ArqonError("KEYSTORE_UNAVAILABLE", `${module} has ${found} with the label "${label}"`);
}

function login(pkcs11: Pkcs11, session: Handle, slot: Handle, { label }: TokenPlace, pin: string): void {
  const flags = (): number => pkcs11.C_GetTokenInfo(slot).flags;
  if ((flags() & CKF.LOGIN_REQUIRED) === 0)
    throw new ArqonError("KEYSTORE_LOCKED", `the token "${label}" has no PIN: its keys would be anyone's`, {
      remedy: "Set the token's user PIN with its own tool.",
    });
  // Before it is tried: a token counts what is wrong.
  if (pin === "")
    throw new ArqonError("KEYSTORE_LOCKED", `the token "${label}" does not open: no PIN was given`, {
      remedy: "Set ARQON_KEY_PASSPHRASE to the token's user PIN.",
    });
  try {
    pkcs11.C_Login(session, CKU_USER, pin);
  } catch (cause) {
    const code = codeOf(cause);
    if (CKR_AWAY.has(code)) throw cause;
    if (code === CKR.PIN_LOCKED)
      throw new ArqonError("TOKEN_LOCKED", `the token "${label}" does not open: its PIN is locked`, {
        cause,
      });
    const last = (flags() & CKF.USER_PIN_FINAL_TRY) !== 0 ? ", and the next wrong one locks the token" : "";
    const why = code === CKR.PIN_INCORRECT ? `the PIN is wrong${last}` : String(cause);
    throw new ArqonError("KEYSTORE_LOCKED", `the token "${label}" does not open: ${why}`, {
      cause,
      remedy: "Set ARQON_KEY_PASSPHRASE to the token's user PIN.",
    });
  }
}
