/** Real PKCS#11 tokens for the tests: each is made anew, in a directory of the test's own. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenPlace } from "../token.ts";
import { findKoffi, findPkcs11, loadPkcs11 } from "./binding.ts";
import { CKA, CKF, CKO, CKU_USER } from "./codes.ts";

/** The user PIN of every token made here. */
export const TOKEN_PIN = "31415926ab";
const OFFICER_PIN = "2718281828";
const NSS_LABEL = "NSS Certificate DB";

/** A token implementation that is installed here. */
export interface TokenMaker {
  readonly name: string;
  /** A new token whose files are in `directory`. */
  make(directory: string, label: string): TokenPlace;
}

function plugin(find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

/** pkcs11js; `undefined` where it is not installed. */
export const tokenPlugin = (): string | undefined => plugin(findPkcs11);

const first = (paths: readonly (string | undefined)[]): string | undefined =>
  tokenPlugin() && paths.find((path) => path && existsSync(path));

/** The library of SoftHSM; `undefined` where it, or the plug-in, is not installed. */
export const softhsmLibrary = (): string | undefined =>
  first([
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
  ]);

/** NSS softoken with ML-DSA and ML-KEM, 3.116 or newer; `undefined` where it, or one of both plug-ins, is not installed. */
export const nssLibrary = (): string | undefined =>
  findKoffi() && first([process.env["ARQON_NSS_SOFTOKEN"], service("nss/libsoftokn3.so")]);

/** Kryoptic, a token that locks its PIN; `undefined` where it, or the plug-in, is not installed. */
export const kryopticLibrary = (): string | undefined =>
  first([process.env["ARQON_KRYOPTIC"], service("kryoptic/libkryoptic_pkcs11.so")]);

function service(name: string): string {
  return join(process.cwd(), ".services", name);
}

interface Officer {
  C_InitToken(slot: Uint8Array, pin: string, label: string): void;
  C_InitPIN(session: Uint8Array, pin: string): void;
}

/** Does something with a token in this process, and leaves it. `user` is 0 for the officer, 1 for the user. */
export function withToken<T>(
  { module, label, parameters }: TokenPlace,
  user: number,
  pin: string,
  work: (pkcs11: ReturnType<typeof loadPkcs11> & Officer, session: Uint8Array) => T,
): T {
  const pkcs11 = loadPkcs11(findPkcs11(), module) as ReturnType<typeof loadPkcs11> & Officer;
  pkcs11.C_Initialize({
    flags: CKF.LIBRARY_OS_LOCKING,
    ...(parameters !== undefined && { libraryParameters: parameters }),
  });
  try {
    const slots = pkcs11.C_GetSlotList(true);
    const slot = slots.find((one) => pkcs11.C_GetTokenInfo(one).label.trim() === label);
    if (!slot) throw new Error(`no token "${label}"`);
    const session = pkcs11.C_OpenSession(slot, CKF.RW_SERIAL_SESSION);
    pkcs11.C_Login(session, user, pin);
    return work(pkcs11, session);
  } finally {
    pkcs11.C_Finalize();
  }
}

/** How many keys and halves of keys a token holds. */
export function countKeys(place: TokenPlace): number {
  return withToken(place, CKU_USER, TOKEN_PIN, (pkcs11, session) =>
    Object.values(CKO)
      .map((value) => {
        pkcs11.C_FindObjectsInit(session, [{ type: CKA.CLASS, value }]);
        const { length } = pkcs11.C_FindObjects(session, 100);
        pkcs11.C_FindObjectsFinal(session);
        return length;
      })
      .reduce((sum, count) => sum + count, 0),
  );
}

export const SOFTHSM: TokenMaker = {
  name: "SoftHSM",
  make(directory, label) {
    const tokens = join(directory, "tokens");
    mkdirSync(tokens, { recursive: true });
    const configuration = join(directory, "softhsm2.conf");
    writeFileSync(configuration, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
    process.env["SOFTHSM2_CONF"] = configuration;
    const pins = ["--pin", TOKEN_PIN, "--so-pin", OFFICER_PIN];
    execFileSync("softhsm2-util", ["--init-token", "--free", "--label", label, ...pins]);
    return { module: softhsmLibrary() ?? "", label };
  },
};

/** Where NSS keeps a token, as its library wants to be told. Its label is fixed. */
export function nssPlace(directory: string): TokenPlace {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const parameters = `configdir='sql:${directory}' certPrefix='' keyPrefix='' secmod='secmod.db' flags= `;
  return { module: nssLibrary() ?? "", label: NSS_LABEL, parameters };
}

export const NSS: TokenMaker = {
  name: "NSS softoken",
  make(directory) {
    const place = nssPlace(join(directory, "nss"));
    // Its first PIN is set with an officer's empty one.
    withToken(place, 0, "", (pkcs11, session) => pkcs11.C_InitPIN(session, TOKEN_PIN));
    return place;
  },
};

export const KRYOPTIC: TokenMaker = {
  name: "Kryoptic",
  make(directory, label) {
    mkdirSync(directory, { recursive: true });
    process.env["KRYOPTIC_CONF"] = join(directory, "kryoptic.sql");
    const place = { module: kryopticLibrary() ?? "", label };
    const pkcs11 = loadPkcs11(findPkcs11(), place.module) as ReturnType<typeof loadPkcs11> & Officer;
    pkcs11.C_Initialize({ flags: CKF.LIBRARY_OS_LOCKING });
    const [slot] = pkcs11.C_GetSlotList(false);
    pkcs11.C_InitToken(slot as Uint8Array, OFFICER_PIN, label.padEnd(32));
    pkcs11.C_Finalize();
    withToken(place, 0, OFFICER_PIN, (token, session) => token.C_InitPIN(session, TOKEN_PIN));
    return place;
  },
};
