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

/** Asks again whom a key or a certificate speaks for; nobody, once it was taken away. */
export type Proof = () => Principal | undefined;

interface Known {
  readonly principal: Principal;
  readonly hashes: readonly Uint8Array[];
  readonly identities: readonly string[];
}

/** Verbs of capabilities. */
export type Verb = "can_publish" | "can_subscribe" | "can_execute";

/** The form in which an API key is kept. */
export function hashApiKey(apiKey: string): string {
  return sha256Hex(utf8(apiKey));
}

const KEY_HASH = /^[0-9a-f]{64}$/;
const CAPABILITY = /^(can_publish|can_subscribe|can_execute):(.+)$/;

/** The principals of a server. Changes take effect at once, also for connections that are open. */
export class AccessTable {
  readonly #entries = new Map<string, Known>();
  readonly #listeners = new Set<() => void>();

  constructor(entries: readonly AccessEntry[] = []) {
    for (const entry of entries) this.put(entry);
  }

  /**
   * Adds or replaces a principal.
   * @throws ArqonError `TOPIC_INVALID` for a bad id or filter, `USAGE` for a capability that is not one.
   */
  put(entry: AccessEntry): void {
    this.replace([], [entry]);
  }

  /**
   * Puts entries in the place of the principals `before`, in one step.
   * @throws ArqonError as {@link AccessTable.put}; nothing has changed then.
   */
  replace(before: readonly string[], entries: readonly AccessEntry[]): void {
    const known = entries.map(checked);
    for (const id of before) this.#entries.delete(id);
    for (const each of known) this.#entries.set(each.principal.id, each);
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
    return this.#ofHash(sha256(utf8(apiKey)));
  }

  /** What a connection shows of itself: its key, or without one the URIs of its certificate. */
  proofOf(apiKey: string, uris: readonly string[]): Proof {
    if (apiKey === "") return () => this.identified(uris);
    const hash = sha256(utf8(apiKey));
    return () => this.#ofHash(hash);
  }

  #ofHash(hash: Uint8Array): Principal | undefined {
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

/** @throws ArqonError `TOPIC_INVALID`, `USAGE` */
function checked({ principal, keyHashes, identities = [] }: AccessEntry): Known {
  requireToken(principal.id, principal.id);
  for (const capability of principal.capabilities) {
    const filter = CAPABILITY.exec(capability)?.[2];
    if (filter === undefined)
      throw new ArqonError("USAGE", `"${capability}" of "${principal.id}" is not a capability`);
    requireFilter(filter);
  }
  if (keyHashes.some((hash) => !KEY_HASH.test(hash)))
    throw new ArqonError("USAGE", `a key hash of "${principal.id}" is not a SHA-256 digest`);
  return { principal, hashes: keyHashes.map((hash) => fromHex(hash)), identities };
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
