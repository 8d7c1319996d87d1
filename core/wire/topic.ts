/** The grammar of topics and filters, and what a filter matches. */
import { ArqonError } from "../base/index.ts";
import { LIMITS } from "./limits.ts";

/** Last tokens with which a topic may have only two tokens, such as "nvm.jobs"; all others have at least three. */
const SHORT_TOPIC_ENDINGS: readonly string[] = [
  "jobs",
  "results",
  "streams",
  "features",
  "metrics",
  "audio",
  "dlq",
];

const TOKEN = /^[A-Za-z0-9_-]+$/;

function invalid(text: string, why: string): ArqonError {
  return new ArqonError("TOPIC_INVALID", `"${text.slice(0, 80)}": ${why}`);
}

/**
 * Checks a concrete topic: 3 to 16 tokens of letters, digits, "-" and "_", separated by dots; two tokens where the
 * last is one of {@link SHORT_TOPIC_ENDINGS}.
 * @throws ArqonError `TOPIC_INVALID`
 */
export function requireTopic(topic: string): string {
  const tokens = splitTokens(topic);
  for (const token of tokens) {
    if (token === "*" || token === ">") throw invalid(topic, "wildcards belong in filters, not in topics");
    requireToken(topic, token);
  }
  if (tokens.length < 2) throw invalid(topic, "a topic has at least two tokens, e.g. lab.sensor.read");
  if (tokens.length === 2 && !SHORT_TOPIC_ENDINGS.includes(tokens[1] as string))
    throw invalid(
      topic,
      `a topic of two tokens ends in ${SHORT_TOPIC_ENDINGS.join(", ")}; name it domain.subdomain.verb`,
    );
  return topic;
}

/**
 * Checks a filter: tokens as in a topic, or "*" for exactly one token, or a final ">" for one or more.
 * @throws ArqonError `TOPIC_INVALID`
 */
export function requireFilter(filter: string): string {
  const tokens = splitTokens(filter);
  tokens.forEach((token, i) => {
    if (token === ">") {
      if (i !== tokens.length - 1) throw invalid(filter, '">" is allowed only at the end');
    } else if (token !== "*") requireToken(filter, token);
  });
  return filter;
}

/** @throws ArqonError `TOPIC_INVALID` unless `token` can stand between two dots; for names of Realities and backends. */
export function requireToken(where: string, token: string): string {
  if (token.length === 0) throw invalid(where, "a token is empty");
  if (token.length > LIMITS.tokenChars)
    throw invalid(where, `a token is longer than ${LIMITS.tokenChars} characters`);
  if (!TOKEN.test(token))
    throw invalid(where, `"${token}" has characters other than letters, digits, "-" and "_"`);
  return token;
}

/** What the name of a Reality begins with in which a recording is played again. */
export const REPLAY_PREFIX = "replay.";

/**
 * The name of a Reality: one token, or {@link REPLAY_PREFIX} and one token.
 * @throws ArqonError `TOPIC_INVALID`
 */
export function requireReality(name: string): string {
  requireToken(`reality ${name}`, name.startsWith(REPLAY_PREFIX) ? name.slice(REPLAY_PREFIX.length) : name);
  return name;
}

function splitTokens(text: string): string[] {
  if (text.length === 0) throw invalid(text, "it is empty");
  if (text.length > LIMITS.topicBytes) throw invalid(text, `it is longer than ${LIMITS.topicBytes} bytes`);
  const tokens = text.split(".");
  if (tokens.length > LIMITS.topicTokens)
    throw invalid(text, `it has more than ${LIMITS.topicTokens} tokens`);
  return tokens;
}

/** Whether a valid filter matches a valid topic. The slow, obvious statement of what {@link TopicTrie} does. */
export function filterMatches(filter: string, topic: string): boolean {
  const pattern = filter.split(".");
  const tokens = topic.split(".");
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === ">") return tokens.length > i;
    if (i >= tokens.length || (pattern[i] !== "*" && pattern[i] !== tokens[i])) return false;
  }
  return pattern.length === tokens.length;
}

/** Whether every topic that `inner` matches is matched by `outer` as well; how a capability covers a subscription. */
export function filterCovers(outer: string, inner: string): boolean {
  const a = outer.split(".");
  const b = inner.split(".");
  for (let i = 0; i < a.length; i++) {
    if (a[i] === ">") return b.length > i;
    if (i >= b.length || b[i] === ">") return false;
    if (a[i] !== "*" && a[i] !== b[i]) return false;
  }
  return a.length === b.length;
}
