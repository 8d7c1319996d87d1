/** Topics by kind: few enough to be a label, whatever clients publish on. */

/** Names of the classes; a class is counted under its place in this list. */
export const TOPIC_CLASSES = ["sys", "inbox", "jobs", "results", "other"] as const;

const [SYS, INBOX, JOBS, RESULTS, OTHER] = [0, 1, 2, 3, 4] as const;
const S = 0x73;

/**
 * Place of a topic's class in {@link TOPIC_CLASSES}.
 * @cost two characters are looked at, unless those fit.
 */
export function classOf(topic: string): number {
  const first = topic.charCodeAt(0);
  if (first === S && topic.startsWith("sys.")) return SYS;
  if (first === 0x69 && topic.startsWith("inbox.")) return INBOX;
  if (topic.charCodeAt(topic.length - 1) !== S) return OTHER;
  if (topic.endsWith(".jobs")) return JOBS;
  return topic.endsWith(".results") ? RESULTS : OTHER;
}
