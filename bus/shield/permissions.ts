/** What one connection may do, remembered per topic until its principal changes. */
import { ArqonError } from "@arqon/core/base";
import { MessageType, requireFilter, requireTopic } from "@arqon/core/wire";
import { type Principal, SEAL_TOPIC } from "../spine/index.ts";
import { mayCover, mayExpressly, mayUse, type Proof } from "./access.ts";

/** Requests to the bus itself that need only the capability to publish them. */
const OPEN_SYSTEM_TOPICS = new Set([
  "sys.registry.list",
  "sys.doctor.get",
  "sys.reality.list",
  "sys.reality.get",
]);
/** A request that a capability for everything does not allow: its filter must begin with "sys.". */
const MAKE_REALITY = "sys.reality.create";
/** Topics whose answer is remembered. */
const KEPT_TOPICS = 1_024;

const denied = (principal: Principal, capability: string): ArqonError =>
  new ArqonError("PERMISSION_DENIED", `"${principal.id}" lacks ${capability}`);

/** Permissions of one connection. */
export class Permissions {
  principal: Principal;
  /** Who its key or certificate speaks for now. */
  readonly proof: Proof;
  readonly #inbox: string;
  /** Made with the first publication: most connections only read. */
  #publishable: Map<string, number> | undefined;

  constructor(principal: Principal, connectionId: string, proof: Proof = () => principal) {
    this.principal = principal;
    this.proof = proof;
    this.#inbox = `inbox.${connectionId}.`;
  }

  /** The principal's capabilities are others now. */
  replace(principal: Principal): void {
    this.principal = principal;
    this.#publishable = undefined;
  }

  /**
   * Whether a topic is known to be publishable with a message type, without asking again.
   * @cost one map lookup.
   */
  known(topic: string, type: MessageType): boolean {
    return this.#publishable?.get(topic) === type;
  }

  /** @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`. */
  requirePublish(topic: string, type: MessageType): void {
    requireTopic(topic);
    const { principal } = this;
    if ((type === MessageType.JOB) !== topic.endsWith(".jobs"))
      throw new ArqonError(
        "TOPIC_INVALID",
        `"${topic}": jobs, and only jobs, are published on topics ending in .jobs`,
      );
    const system = topic.startsWith("sys.") || topic === SEAL_TOPIC;
    if (topic === MAKE_REALITY) {
      if (!this.mayMakeRealities) throw denied(principal, `can_publish:${topic}`);
    } else if (system && !principal.trusted && !OPEN_SYSTEM_TOPICS.has(topic))
      throw denied(principal, `the trust needed to publish on "${topic}"`);
    if (!topic.startsWith("inbox.") && !mayUse(principal, "can_publish", topic))
      throw denied(principal, `can_publish:${topic}`);
    if (type === MessageType.JOB && !mayUse(principal, "can_execute", topic))
      throw denied(principal, `can_execute:${topic}`);
    this.#publishable ??= new Map();
    if (this.#publishable.size >= KEPT_TOPICS) this.#publishable.clear();
    this.#publishable.set(topic, type);
  }

  /** @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`. */
  requireSubscribe(filter: string): void {
    requireFilter(filter);
    const { principal } = this;
    if (filter.startsWith(this.#inbox)) return;
    if (filter === SEAL_TOPIC && !principal.trusted)
      throw denied(principal, `the trust needed to serve "${SEAL_TOPIC}"`);
    // Replies to others are nobody else's business, whatever the capabilities say.
    if (filter === "inbox" || filter.startsWith("inbox."))
      throw denied(principal, `can_subscribe:${filter}; an inbox belongs to its connection`);
    if (!mayCover(principal, "can_subscribe", filter)) throw denied(principal, `can_subscribe:${filter}`);
  }

  /** Whether a subscription with this filter is allowed now. */
  allowsSubscription(filter: string): boolean {
    try {
      this.requireSubscribe(filter);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the principal may make Realities: this has to be said, everything does not include it. */
  get mayMakeRealities(): boolean {
    const { principal } = this;
    return principal.trusted || mayExpressly(principal, "can_publish", MAKE_REALITY);
  }

  /** Whether the principal may see everything on a topic. */
  maySee(topic: string): boolean {
    return mayUse(this.principal, "can_subscribe", topic);
  }
}
