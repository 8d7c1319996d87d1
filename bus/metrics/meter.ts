/** The counters of one server: plain numbers, added to where things happen and read when someone asks. */
import { Histogram } from "./histogram.ts";
import { TlsCounts } from "./tls-counts.ts";
import { TOPIC_CLASSES } from "./topic-class.ts";

/** Messages and bytes of each topic class in one direction. */
export class Traffic {
  readonly messages: Float64Array = new Float64Array(TOPIC_CLASSES.length);
  readonly bytes: Float64Array = new Float64Array(TOPIC_CLASSES.length);

  /** Counts `messages` messages of `bytes` bytes altogether. */
  add(topicClass: number, messages: number, bytes: number): void {
    this.messages[topicClass] = (this.messages[topicClass] as number) + messages;
    this.bytes[topicClass] = (this.bytes[topicClass] as number) + bytes;
  }
}

const SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const RECORDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/** What is counted beside what connections and Realities know of themselves. An engine may be given it as its observer. */
export class Meter {
  readonly in: Traffic = new Traffic();
  readonly out: Traffic = new Traffic();
  /** Refusals and lost connections by error code. */
  readonly refusals: Map<string, number> = new Map();
  /** Messages left out for readers that were too slow and are gone. */
  dropped = 0;
  /** Jobs handed out again after an attempt without a result. */
  redeliveries = 0;
  deadLetters = 0;
  readonly tls: TlsCounts = new TlsCounts();
  readonly batchRecords: Histogram = new Histogram(RECORDS);
  readonly syncSeconds: Histogram = new Histogram(SECONDS);
  readonly lagSeconds: Histogram = new Histogram(SECONDS);

  refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  /** A log wrote one batch. */
  committed(records: number): void {
    this.batchRecords.observe(records);
  }

  /** A log made what it wrote durable. */
  synced(elapsedMs: number): void {
    this.syncSeconds.observe(elapsedMs / 1000);
  }
}
