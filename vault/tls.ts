/** Opens what `tls/` in ARQON_HOME is locked with. */
import { openTlsPassphrase } from "./certificates/index.ts";
import { type OpenKeysOptions, openKeys } from "./open-keys.ts";
import { readPolicy } from "./policy.ts";

/** The passphrase of the private keys in `tls/`. @throws ArqonError `TLS_CERTIFICATE`, `KEYSTORE_LOCKED`, `SEAL_BROKEN` */
export async function unlockTls(options: Omit<OpenKeysOptions, "keys" | "residentOnly">): Promise<string> {
  const { keyStore, residentOnly } = readPolicy(options.home);
  const keystore = await openKeys({ ...options, keys: keyStore, residentOnly }, []);
  try {
    return await openTlsPassphrase(options.home, keystore);
  } finally {
    await keystore.close();
  }
}
