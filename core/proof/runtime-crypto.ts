/** The runtime's own cryptography, found without importing it, so that the room also loads in a browser. */

/** A public key object of Node's crypto. */
export interface NodeKey {
  readonly asymmetricKeyType?: string;
}

/** The two calls of Node's crypto that verification needs. */
export interface NodeCrypto {
  createPublicKey(key: { key: Uint8Array; format: "der"; type: "spki" }): NodeKey;
  verify(digest: null, message: Uint8Array, key: NodeKey, signature: Uint8Array): boolean;
}

/** The two calls of WebCrypto that verification needs. */
export interface SubtleCrypto {
  importKey(
    format: "spki",
    der: Uint8Array,
    algorithm: { name: string },
    extractable: boolean,
    usages: string[],
  ): Promise<object>;
  verify(
    algorithm: { name: string },
    key: object,
    signature: Uint8Array,
    message: Uint8Array,
  ): Promise<boolean>;
}

interface Runtime {
  process?: { getBuiltinModule?: (name: string) => unknown };
  crypto?: { subtle?: unknown };
}

/** Node's crypto, or `undefined` elsewhere. */
export function nodeCrypto(): NodeCrypto | undefined {
  return (globalThis as Runtime).process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;
}

/** WebCrypto, or `undefined` where a page was not loaded securely. */
export function webCrypto(): SubtleCrypto | undefined {
  return (globalThis as Runtime).crypto?.subtle as SubtleCrypto | undefined;
}
