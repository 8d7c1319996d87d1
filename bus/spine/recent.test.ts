import fc from "fast-check";
import { expect, test } from "vitest";
import { AnyIds } from "./any-ids.ts";
import { DuplicateWindows } from "./duplicate-windows.ts";
import { RecentIds } from "./recent.ts";
import { readId } from "./uuid-words.ts";

const words = (id: number): Uint32Array => Uint32Array.of(0, 0, 0, id);

test("an id is known while its append is under way, and its repetition hears the outcome", () => {
  const recent = new RecentIds();
  const heard: number[] = [];
  const hear = (sequence: number) => void heard.push(sequence);
  expect(recent.find(words(1), 1)).toBe(-1);
  const place = recent.add(words(1), 1);
  expect(recent.find(words(1), 1)).toBe(place);
  recent.tell(place, hear);
  expect(heard).toEqual([]);
  recent.settle(place, 7);
  recent.tell(recent.find(words(1), 1), hear);
  expect(heard).toEqual([7, 7]);
});

test("an id whose append failed may be used again", () => {
  const recent = new RecentIds();
  const place = recent.add(words(1), 1);
  const heard: number[] = [];
  recent.tell(place, (sequence) => heard.push(sequence));
  recent.settle(place, 0);
  expect(heard).toEqual([0]);
  expect(recent.find(words(1), 1)).toBe(-1);
});

test("the oldest ids are forgotten by number and by age", () => {
  const recent = new RecentIds(3, 100);
  for (let i = 1; i <= 5; i++) recent.add(words(i), i, i);
  expect(recent.find(words(1), 5)).toBe(-1);
  expect(recent.size).toBe(3);
  expect(recent.find(words(5), 5)).toBeGreaterThanOrEqual(0);
  expect(recent.find(words(5), 500)).toBe(-1);
  expect(recent.size).toBe(0);
});

test("what is under way is never forgotten, and refused ids do not pile up", () => {
  const recent = new RecentIds(10);
  for (let i = 0; i < 100; i++) recent.settle(recent.add(words(i), 1), 0);
  recent.add(words(1000), 1, 5);
  expect(recent.size).toBe(1);
  for (let i = 2000; i < 2500; i++) recent.add(words(i), 1);
  expect(recent.find(words(2000), 1)).toBeGreaterThanOrEqual(0);
});

test("the table finds, adds, settles and forgets as a map does", () => {
  const step = fc.record({
    id: fc.nat(40),
    atUs: fc.nat(30),
    outcome: fc.constantFrom("later", "kept", "failed"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const recent = new AnyIds(24, 100);
      let oracle: { id: number; atUs: number; sequence: number }[] = [];
      let nowUs = 0;
      let sequence = 0;
      for (const { id, atUs, outcome } of steps) {
        nowUs += atUs;
        for (;;) {
          const [first] = oracle;
          const isOld = first !== undefined && (nowUs - first.atUs > 100 || oracle.length > 24);
          if (!isOld || first.sequence === 0) break;
          oracle = oracle.slice(1);
        }
        const known = oracle.find((one) => one.id === id);
        const place = recent.find(words(id), nowUs);
        expect(place >= 0).toBe(known !== undefined);
        expect(recent.size).toBe(oracle.length);
        if (known) {
          if (known.sequence > 0) recent.tell(place, (found) => expect(found).toBe(known.sequence));
          continue;
        }
        const added = recent.add(words(id), nowUs);
        const entry = { id, atUs: nowUs, sequence: 0 };
        oracle.push(entry);
        if (outcome === "later") continue;
        if (outcome === "kept") entry.sequence = ++sequence;
        else oracle.pop();
        recent.settle(added, entry.sequence);
      }
      expect([...recent.entries()].map((one) => one.sequence)).toEqual(
        oracle.map((one) => one.sequence).filter((each) => each > 0),
      );
    }),
    { numRuns: 300 },
  );
});

test("ids that rise and ids that do not are told from new ones as a map tells them", () => {
  const step = fc.record({ id: fc.nat(60), leap: fc.boolean(), fails: fc.nat(4).map((one) => one === 0) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const recent = new RecentIds();
      const oracle = new Map<number, number>();
      let largest = 0;
      for (const [i, { id, leap, fails }] of steps.entries()) {
        const used = leap ? ++largest + 60 : id;
        const place = recent.find(words(used), i);
        expect(place >= 0).toBe(oracle.has(used));
        if (place >= 0) {
          recent.tell(place, (sequence) => expect(sequence).toBe(oracle.get(used)));
          continue;
        }
        recent.settle(recent.add(words(used), i), fails ? 0 : i + 1);
        if (!fails) oracle.set(used, i + 1);
      }
      expect(recent.size).toBe(oracle.size);
    }),
    { numRuns: 300 },
  );
});

test("a UUID is read as its sixteen bytes, and nothing else is", () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const into = new Uint32Array(4);
      expect(readId(id, into)).toBe(true);
      expect([...into].map((word) => word.toString(16).padStart(8, "0")).join("")).toBe(
        id.replaceAll("-", ""),
      );
      expect(readId(id.toUpperCase(), into)).toBe(true);
      expect(readId(id.replaceAll("-", "+"), into)).toBe(false);
      expect(readId(`${id.slice(1)}g`, into)).toBe(false);
      expect(readId(id.slice(1), into)).toBe(false);
    }),
  );
});

test("nobody sees what another principal has published", () => {
  const windows = new DuplicateWindows();
  const id = "01980000-7a3b-7c11-9f00-0123456789ab";
  windows.add("ada", id, 1, 7);
  expect(windows.of("bob").find(windows.read(id), 1)).toBe(-1);
  expect(windows.of("ada").find(windows.read(id), 1)).toBeGreaterThanOrEqual(0);
});
