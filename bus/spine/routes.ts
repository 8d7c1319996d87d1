/** Who receives what: subscriptions in a trie, and per topic the answer found last time. */
import { TopicTrie } from "@arqon/core/wire";
import { classOf } from "../metrics/index.ts";
import type { Port } from "./port.ts";

/** One subscription of one connection. */
export interface Subscription {
  readonly port: Port;
  /** Number the client chose; 0 inside the bus. */
  readonly number: number;
  readonly filter: string;
  /** Number of the last message before it began. */
  readonly since: number;
  /** Empty: every message; otherwise the messages are shared among the group's members. */
  readonly group: string;
}

/** Members of one queue group on one topic, in turn. */
export interface GroupRoute {
  readonly name: string;
  readonly members: readonly Subscription[];
  next: number;
}

/** Receivers of one topic. */
export interface Route {
  readonly ports: readonly Port[];
  readonly groups: readonly GroupRoute[];
  /** Of the topic; see `classOf`. */
  readonly topicClass: number;
}

/**
 * Whether a filter that matches a topic is given its messages: replies are for whoever owns the inbox, so a wildcard in
 * the first place does not reach them.
 */
export function reaches(filter: string, topic: string): boolean {
  return !topic.startsWith("inbox.") || filter.startsWith("inbox.");
}

/** Topics whose route is kept. */
const KEPT_ROUTES = 16_384;

/** The subscriptions of a Reality, without those that lease jobs. */
export class Routes {
  readonly #trie = new TopicTrie<Subscription>();
  readonly #kept = new Map<string, Route>();
  /** Called whenever answers given before may not hold any more. */
  onChange: () => void = () => {};

  get size(): number {
    return this.#trie.size;
  }

  add(subscription: Subscription): void {
    this.#trie.add(subscription.filter, subscription);
    this.#changed();
  }

  delete(subscription: Subscription): void {
    this.#trie.delete(subscription.filter, subscription);
    this.#changed();
  }

  #changed(): void {
    this.#kept.clear();
    this.onChange();
  }

  /** Receivers of a topic. @cost one map lookup when nothing changed since the last message on it. */
  of(topic: string): Route {
    const kept = this.#kept.get(topic);
    if (kept !== undefined) return kept;
    const ports = new Set<Port>();
    const groups = new Map<string, Subscription[]>();
    for (const subscription of this.#trie.match(topic)) {
      if (!reaches(subscription.filter, topic)) continue;
      if (subscription.group === "") ports.add(subscription.port);
      else {
        const members = groups.get(subscription.group);
        if (members) members.push(subscription);
        else groups.set(subscription.group, [subscription]);
      }
    }
    const route: Route = {
      ports: [...ports],
      groups: Array.from(groups, ([name, members]) => ({ name, members, next: 0 })),
      topicClass: classOf(topic),
    };
    if (this.#kept.size >= KEPT_ROUTES) this.#kept.clear();
    this.#kept.set(topic, route);
    return route;
  }
}

/** The member whose turn it is among those that keep up; the one whose turn it is when none does. */
export function nextMember(route: GroupRoute): Subscription {
  const { members } = route;
  for (let i = 0; i < members.length; i++) {
    const at = (route.next + i) % members.length;
    const member = members[at] as Subscription;
    if (!member.port.hasRoom()) continue;
    route.next = at + 1;
    return member;
  }
  route.next = (route.next + 1) % members.length;
  return members[route.next] as Subscription;
}
