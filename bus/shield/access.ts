/** Who may do what: principals by the hash of their API key, and the topic filters of their capabilities. */
import { timingSafeEqual } from "node:crypto";
import { ArqonError, fromHex, sha256, sha256Hex, utf8 } from "@arqon/core/base";
import { filterCovers, filterMatches, requireFilter, requireToken } from "@arqon/core/wire";
import type { Principal } from "../spine/index.ts";

/** A principal and the SHA-256 digests of its API keys, in hexadecimal. */
export interface AccessEntry {
  readonly principal: Principal;
  readonly keyHashes: readonly string[];
  /** URIs of client certificates that are as good as a key, e.g. "spiffe://lab/device-7". */
  readonly identities?: readonly string[];
}

/** Verbs of capabilities. */
export type Verb = "can_publish" | "can_subscribe" | "can_execute";

/** The form in which an API key is kept. */
export function hashApiKey(apiKey: string): string {
  return sha256Hex(utf8(apiKey));
}

const CAPABILITY = /^(can_publish|can_subscribe|can_execute):(.+)$/;

/** The principals of a server. Changes take effect at once, also for connections that are open. */
export class AccessTable {
  readonly #entries = new Map<
    string,
    { principal: Principal; hashes: Uint8Array[]; identities: readonly string[] }
  >();
  readonly #listeners = new Set<() => void>();

  constructor(entries: readonly AccessEntry[] = []) {
    for (const entry of entries) this.put(entry);
  }

  /**
   * Adds or replaces a principal.
   * @throws ArqonError `TOPIC_INVALID` for a bad id or filter, `USAGE` for a capability that is not one.
   */
  put(entry: AccessEntry): void {
    const { principal } = entry;
    requireToken(principal.id, principal.id);
    for (const capability of principal.capabilities) {
      const filter = CAPABILITY.exec(capability)?.[2];
      if (filter === undefined)
        throw new ArqonError("USAGE", `"${capability}" of "${principal.id}" is not a capability`);
      requireFilter(filter);
    }
    const hashes = entry.keyHashes.map((hash) => fromHex(hash));
    if (hashes.some((hash) => hash.length !== 32))
      throw new ArqonError("USAGE", `a key hash of "${principal.id}" is not a SHA-256 digest`);
    this.#entries.set(principal.id, { principal, hashes, identities: entry.identities ?? [] });
    this.#changed();
  }

  /** Removes a principal; its connections are closed. */
  remove(id: string): void {
    if (this.#entries.delete(id)) this.#changed();
  }

  /** The principal of an id. */
  principal(id: string): Principal | undefined {
    return this.#entries.get(id)?.principal;
  }

  /** The principal of an API key. @cost constant in where, and whether, the key is found. */
  authenticate(apiKey: string): Principal | undefined {
    const hash = sha256(utf8(apiKey));
    let found: Principal | undefined;
    for (const { principal, hashes } of this.#entries.values())
      for (const known of hashes) if (timingSafeEqual(known, hash)) found = principal;
    return found;
  }

  /** The principal of a client certificate's URIs; none when they are of several. */
  identified(uris: readonly string[]): Principal | undefined {
    const found = [...this.#entries.values()].filter(({ identities }) =>
      identities.some((uri) => uris.includes(uri)),
    );
    return found.length === 1 ? found[0]?.principal : undefined;
  }

  /** Calls after every change. Returns the way to stop. */
  onChange(call: () => void): () => void {
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  #changed(): void {
    for (const call of this.#listeners) call();
  }
}

function filters(principal: Principal, verb: Verb): string[] {
  const prefix = `${verb}:`;
  return principal.capabilities
    .filter((capability) => capability.startsWith(prefix))
    .map((capability) => capability.slice(prefix.length));
}

/** Whether a principal may use a verb on a topic. */
export function mayUse(principal: Principal, verb: Verb, topic: string): boolean {
  return filters(principal, verb).some((filter) => filterMatches(filter, topic));
}

/** Whether a capability names the first token of the topic and allows a verb on it. */
export function mayExpressly(principal: Principal, verb: Verb, topic: string): boolean {
  const first = topic.slice(0, topic.indexOf(".") + 1);
  return filters(principal, verb).some((filter) => filter.startsWith(first) && filterMatches(filter, topic));
}

/** Whether a principal may use a verb on everything a filter matches. */
export function mayCover(principal: Principal, verb: Verb, filter: string): boolean {
  return filters(principal, verb).some((outer) => filterCovers(outer, filter));
}
