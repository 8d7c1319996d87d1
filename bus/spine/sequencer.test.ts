import { systemTimer } from "@arqon/core/base";
import { describe, expect, test } from "vitest";
import { faultEngine } from "../engine/index.ts";
import { BLOCK, Sequencer } from "./sequencer.ts";

const keys = () => faultEngine(1, systemTimer(), { maxDelayMs: 0 }).keys;

describe("the sequencer", () => {
  test("counts on after a clean close, and from the reserved mark after a crash", async () => {
    const store = keys();
    const first = await Sequencer.open(store, "r", 0);
    expect([first.take(), first.take()]).toEqual([1, 2]);
    await first.close();
    const second = await Sequencer.open(store, "r", 0);
    expect(second.take()).toBe(3);
    const third = await Sequencer.open(store, "r", 0);
    expect(third.take()).toBe(3 + BLOCK);
  });

  test("never goes below what the log holds", async () => {
    expect((await Sequencer.open(keys(), "r", 500)).take()).toBe(501);
  });

  test("gives nothing out that is not reserved, and goes on when it is", async () => {
    const sequencer = await Sequencer.open(keys(), "r", 0);
    let last = 0;
    let waits = 0;
    while (last < 3 * BLOCK) {
      const number = sequencer.take();
      if (number === 0) {
        waits++;
        await new Promise<void>((done) => {
          sequencer.onReady = done;
        });
      } else expect(number).toBe(++last);
    }
    expect(waits).toBeGreaterThan(0);
  });

  test("stops for good when another owner has reserved", async () => {
    const store = keys();
    const old = await Sequencer.open(store, "r", 0);
    await Sequencer.open(store, "r", 0);
    const ready = new Promise<void>((done) => {
      old.onReady = done;
    });
    let taken = 0;
    while (old.take() !== 0) taken++;
    await ready;
    while (old.take() !== 0) taken++;
    expect(taken).toBeLessThanOrEqual(BLOCK);
    expect(old.failure?.code).toBe("SEQUENCE_MISMATCH");
  });
});
