/** Verification of single signatures by whatever cryptography the runtime has. */
import { type NodeCrypto, nodeCrypto, type SubtleCrypto, webCrypto } from "./runtime-crypto.ts";
import { rawPublicKey, type SignatureAlgorithm, SUITES } from "./suite.ts";

/** "unavailable": this runtime cannot check the algorithm. That is never the same as valid. */
export type SignatureVerdict = "valid" | "invalid" | "unavailable";

/** Verifies one signature. Never throws. */
export interface SignatureVerifier {
  verify(
    algorithm: SignatureAlgorithm,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<SignatureVerdict>;
}

function byNode(
  node: NodeCrypto,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): SignatureVerdict {
  let key: ReturnType<NodeCrypto["createPublicKey"]>;
  try {
    key = node.createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return "unavailable"; // The caller has checked the DER, so it is the algorithm that is missing.
  }
  try {
    return node.verify(null, message, key, signature) ? "valid" : "invalid";
  } catch {
    return "unavailable";
  }
}

async function byWeb(
  subtle: SubtleCrypto,
  name: string,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<SignatureVerdict> {
  let key: object;
  try {
    key = await subtle.importKey("spki", spki, { name }, false, ["verify"]);
  } catch (thrown) {
    return (thrown as Error | undefined)?.name === "DataError" ? "invalid" : "unavailable";
  }
  try {
    return (await subtle.verify({ name }, key, signature, message)) ? "valid" : "invalid";
  } catch {
    return "unavailable";
  }
}

/** A verifier over given cryptography: Node's first, then WebCrypto, else every answer is "unavailable". */
export function createVerifier(
  runtime: { readonly node?: NodeCrypto | undefined; readonly subtle?: SubtleCrypto | undefined } = {},
): SignatureVerifier {
  return {
    async verify(algorithm, spki, message, signature) {
      const suite = SUITES[algorithm];
      if (!rawPublicKey(algorithm, spki) || signature.length !== suite.signatureBytes) return "invalid";
      if (runtime.node) {
        const verdict = byNode(runtime.node, spki, message, signature);
        if (verdict !== "unavailable") return verdict;
      }
      if (runtime.subtle) return byWeb(runtime.subtle, suite.webName, spki, message, signature);
      return "unavailable";
    },
  };
}

/** The verifier of this runtime. */
export function systemVerifier(): SignatureVerifier {
  return createVerifier({ node: nodeCrypto(), subtle: webCrypto() });
}
