import { expect, test } from "vitest";
import { Queue } from "./queue.ts";

test("items come out in order, and the end after them", async () => {
  const queue = new Queue<number>(3);
  expect([queue.push(1), queue.push(2)]).toEqual([true, true]);
  queue.end();
  expect(queue.push(3)).toBe(false);
  expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([1, 2, undefined]);
});

test("the error comes after what was still held", async () => {
  const queue = new Queue<number>(1);
  queue.push(1);
  queue.end(new Error("over"));
  expect(await queue.next()).toBe(1);
  await expect(queue.next()).rejects.toThrow("over");
});

test("a full queue takes nothing until there is room", async () => {
  const queue = new Queue<number>(1);
  queue.push(1);
  expect(queue.push(2)).toBe(false);
  let woken = false;
  const room = queue.room().then(() => {
    woken = true;
  });
  await Promise.resolve();
  expect(woken).toBe(false);
  queue.take();
  await room;
  expect(queue.push(2)).toBe(true);
});

test("a long run of pushes and takes keeps order", () => {
  const queue = new Queue<number>(5000);
  let expected = 0;
  for (let i = 0; i < 20_000; i++) {
    queue.push(i);
    if (i % 2 === 1) {
      expect(queue.take()).toBe(expected++);
      expect(queue.take()).toBe(expected++);
    }
  }
  expect(queue.size).toBe(0);
});

test("a wait that is given up leaves nothing behind", () => {
  const queue = new Queue<number>(1);
  let calls = 0;
  const stop = queue.whenFilled(() => calls++);
  stop();
  queue.whenFilled(() => calls++);
  queue.push(1);
  expect(calls).toBe(1);
  queue.whenFilled(() => calls++);
  expect(calls).toBe(2);
});
