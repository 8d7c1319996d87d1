/** The short way of plain messages through a Reality: the kernel stamps and frames them, and here they are handed out. */
import type { MessageType } from "@arqon/core/wire";
import type { Kernel, Press, Run } from "../kernel/index.ts";
import type { Meter } from "../metrics/index.ts";
import type { Port, Principal } from "./port.ts";
import type { Route } from "./routes.ts";

/** What the lane needs of its Reality. */
export interface LaneHost {
  /** Sequence of the next message, and how many may be numbered now without asking anyone. */
  nextSequence(): number;
  numbersLeft(): number;
  nowUs(): number;
  /** `messages` were published and handed to `receivers` each; their numbers are used. */
  tookPlain(messages: number, receivers: number): void;
}

/** What a connection may send just now. */
export interface Allowance {
  readonly messages: number;
  readonly bytes: number;
}

interface Context {
  readonly number: number;
  readonly routes: Route[];
  /** Places in `routes`, by receivers. */
  readonly places: Map<string, number>;
}

/** Principals and routes that are remembered. */
const KEPT_CONTEXTS = 256;
const KEPT_ROUTES = 4_096;

/** The plain lane of one Reality. */
export class Lane {
  readonly #host: LaneHost;
  readonly #kernel: Kernel;
  readonly #press: Press;
  readonly #meter: Meter;
  readonly #contexts = new Map<Principal, Context>();
  /** What was taken in the last call. */
  readonly took: { messages: number; bytes: number } = { messages: 0, bytes: 0 };

  constructor(host: LaneHost, kernel: Kernel, press: Press, meter: Meter) {
    this.#host = host;
    this.#kernel = kernel;
    this.#press = press;
    this.#meter = meter;
  }

  /** Subscriptions have changed: nothing that was learnt holds any more. */
  forget(): void {
    this.#contexts.clear();
  }

  /** A message of this type on this topic, by whoever has this principal, needs no more than this route. */
  learn(principal: Principal, topic: string, type: MessageType, route: Route): void {
    if (route.groups.length > 0) return;
    const context = this.#contextOf(principal);
    // Topics that go to the same receivers are one route, so that their messages stay together.
    const receivers = `${route.topicClass} ${route.ports.map(({ id }) => id).join(" ")}`;
    let place = context.places.get(receivers);
    if (place === undefined) {
      if (context.routes.length === KEPT_ROUTES) {
        this.#contexts.delete(principal);
        return;
      }
      place = context.routes.push(route) - 1;
      context.places.set(receivers, place);
    }
    this.#kernel.learn(context.number, topic, type, place);
  }

  /**
   * Lets the kernel take what a connection sent, and hands out what it made. Returns where it stopped.
   * @param mostBytes  of one message.
   */
  take(
    port: Port,
    form: "frames" | "records",
    at: number,
    end: number,
    mostBytes: number,
    { messages, bytes }: Allowance,
  ): number {
    const kernel = this.#kernel;
    this.took.messages = 0;
    this.took.bytes = 0;
    const numbers = Math.min(messages, this.#host.numbersLeft());
    const sheet = numbers > 0 ? this.#press.sharedSheet() : undefined;
    if (sheet === undefined) return kernel[form](at, end, mostBytes, false);
    const context = this.#contextOf(port.principal);
    const origin = sheet.bytes.byteOffset;
    kernel.setSuffix(port.stamp, this.#press.timestamp(this.#host.nowUs()));
    kernel.begin({
      out: origin + sheet.filled,
      outEnd: origin + sheet.bytes.length,
      context: context.number,
      sequence: this.#host.nextSequence(),
      messages: numbers,
      bytes,
    });
    const stop = kernel[form](at, end, mostBytes, true);
    if (kernel.messages > 0) {
      sheet.filled = kernel.out - origin;
      for (let i = 0; i < kernel.runs; i++) this.#handOut(context, kernel.run(i), origin);
    }
    if (kernel.isFull) this.#press.turnOver();
    return stop;
  }

  #handOut(context: Context, run: Run, origin: number): void {
    const { ports, topicClass } = context.routes[run.route] as Route;
    this.#press.show(run.start - origin, run.end - origin, run.messages);
    for (let i = 0; i < ports.length; i++) (ports[i] as Port).deliver(this.#press, true);
    this.took.messages += run.messages;
    this.took.bytes += run.bytesIn;
    this.#host.tookPlain(run.messages, ports.length);
    this.#meter.in.add(topicClass, run.messages, run.bytesIn);
    this.#meter.out.add(topicClass, run.messages * ports.length, run.bytesOut * ports.length);
  }

  #contextOf(principal: Principal): Context {
    const known = this.#contexts.get(principal);
    if (known !== undefined) return known;
    if (this.#contexts.size >= KEPT_CONTEXTS) this.#contexts.clear();
    const context: Context = { number: this.#kernel.newContext(), routes: [], places: new Map() };
    this.#contexts.set(principal, context);
    return context;
  }
}
