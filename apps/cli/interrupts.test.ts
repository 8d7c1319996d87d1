import { afterEach, expect, test, vi } from "vitest";
import { onInterrupt } from "./interrupts.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
const ours = (): number =>
  SIGNALS.reduce((sum, signal) => sum + process.listenerCount(signal) - (before.get(signal)?.length ?? 0), 0);

afterEach(() => {
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal).slice(before.get(signal)?.length))
      process.off(signal, listener);
});

test("a command that was not interrupted leaves no listener", () => {
  onInterrupt(() => {})();
  expect(ours()).toBe(0);
});

test("one that was interrupted is told once, and is not killed by the same signal while it tidies up", () => {
  const told = vi.fn();
  const stop = onInterrupt(told);
  process.emit("SIGINT", "SIGINT");
  stop();
  process.emit("SIGINT", "SIGINT");
  process.emit("SIGTERM", "SIGTERM");
  expect(told.mock.calls).toEqual([["SIGINT"]]);
  expect(ours()).toBe(SIGNALS.length);
});
