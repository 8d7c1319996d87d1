/** Asks the OpenSSL in this process which FIPS provider it works with; node:crypto says only whether there is one. */
import { getFips } from "node:crypto";
import { createRequire } from "node:module";

/** A provider as it names itself. That it does so certifies nothing. */
export interface FipsProvider {
  readonly name: string;
  /** Left out where it could not be asked. */
  readonly version?: string;
}

const require = createRequire(import.meta.url);
/** An OSSL_PARAM: key, type (padded to 8 bytes), where the answer goes, two sizes. */
const PARAM_BYTES = 40;
const UTF8_POINTER = 6;

/** The FIPS provider of this process; `undefined` when it runs without one. */
export function fipsProvider(): FipsProvider | undefined {
  if (getFips() !== 1) return undefined;
  try {
    return askProvider();
  } catch {
    return { name: "OpenSSL FIPS provider" }; // A Node without node:ffi.
  }
}

function askProvider(): FipsProvider | undefined {
  // Required here: it is experimental and warns when it is loaded.
  const ffi = require("node:ffi") as typeof import("node:ffi");
  const openssl = new ffi.DynamicLibrary(null);
  const functions = openssl.getFunctions({
    OSSL_PROVIDER_available: { arguments: ["pointer", "string"], return: "int32" },
    OSSL_PROVIDER_load: { arguments: ["pointer", "string"], return: "pointer" },
    OSSL_PROVIDER_get_params: { arguments: ["pointer", "buffer"], return: "int32" },
  });
  const context = 0n; // OpenSSL's default one, which node:crypto works in.
  if (functions.OSSL_PROVIDER_available(context, "fips") !== 1) return undefined;
  const asked = ["name", "version"].map((key) => ({ key: Buffer.from(`${key}\0`), answer: Buffer.alloc(8) }));
  const params = Buffer.alloc(PARAM_BYTES * (asked.length + 1)); // The last one, all zeros, ends the list.
  for (const [i, { key, answer }] of asked.entries()) {
    params.writeBigUInt64LE(ffi.getRawPointer(key), i * PARAM_BYTES);
    params.writeUInt32LE(UTF8_POINTER, i * PARAM_BYTES + 8);
    params.writeBigUInt64LE(ffi.getRawPointer(answer), i * PARAM_BYTES + 16);
  }
  if (functions.OSSL_PROVIDER_get_params(functions.OSSL_PROVIDER_load(context, "fips"), params) !== 1)
    throw new Error("the provider does not say what it is");
  const [name, version] = asked.map(({ answer }) => ffi.toString(answer.readBigUInt64LE()));
  if (!name || !version) throw new Error("the provider has no name or version");
  return { name, version };
}
