/** Durations: literals, arithmetic, and what delays and boxes ask for. */
import type { ParserRuleContext } from "antlr4ng";
import { type Duration, durationText, parseDuration } from "../duration.ts";
import { evaluate } from "./expression.ts";
import type { DesignatorContext } from "./gen/qasm3Parser.ts";
import { type Frame, shown } from "./machine.ts";
import { binary, isBits, real } from "./operate.ts";
import { BitArray, type Constant, outcomesIn, Timing, type Value } from "./value.ts";

/** `100ns`, `3dt`. */
export function timeLiteral(frame: Frame, text: string, place: ParserRuleContext): Timing {
  const duration = parseDuration(text);
  if (duration) return new Timing(duration);
  throw frame.machine.fail("QASM_SEMANTIC", `the time ${shown(place)} is too large`, place);
}

/** `-d`. */
export function negatedTime(
  frame: Frame,
  operator: string,
  { duration }: Timing,
  place: ParserRuleContext,
): Timing {
  if (operator !== "-") throw wrong(frame, place);
  return new Timing(typeof duration === "string" ? duration : { ...duration, value: -duration.value });
}

/**
 * `a operator b`, one of which is a time: sums and differences of times, multiples and parts of one by a number, how many times
 * one is another, and comparisons.
 */
export function timeOf(
  frame: Frame,
  operator: string,
  a: Value,
  b: Value,
  place: ParserRuleContext,
): Timing | number | boolean {
  const { machine } = frame;
  if (a instanceof Timing && b instanceof Timing) {
    const keeps = operator === "+" || operator === "-";
    if (!keeps && operator !== "/" && !COMPARISONS.has(operator)) throw wrong(frame, place);
    for (const { duration } of [a, b]) {
      if (typeof duration !== "string") continue;
      if (keeps) return new Timing(duration);
      throw machine.unsupported(duration, place);
    }
    const [x, y] = inOneUnit(frame, a.duration as Duration, b.duration as Duration, place);
    const value = machine.attempt(place, () => binary(operator, x.value, y.value)) as number | boolean;
    return keeps ? new Timing({ value: value as number, unit: x.unit }) : value;
  }
  const [time, factor] = (a instanceof Timing ? [a, b] : [b, a]) as [Timing, Value];
  if (operator !== "*" && !(operator === "/" && time === a)) throw wrong(frame, place);
  const { duration } = time;
  if (typeof duration === "string") return time;
  if (outcomesIn(factor).length > 0)
    throw machine.unsupported("a duration that depends on a measurement", place);
  if (factor instanceof BitArray || isBits(factor as Constant)) throw wrong(frame, place);
  const value = machine.attempt(place, () => binary(operator, duration.value, real(factor as Constant)));
  return new Timing({ value: value as number, unit: duration.unit });
}

const COMPARISONS = new Set(["==", "!=", "<", ">", "<=", ">="]);

/** Nothing is nothing in any unit. */
function inOneUnit(
  frame: Frame,
  a: Duration,
  b: Duration,
  place: ParserRuleContext,
): readonly [Duration, Duration] {
  if (a.unit === b.unit) return [a, b];
  if (a.value === 0) return [{ ...b, value: 0 }, b];
  if (b.value === 0) return [a, { ...a, value: 0 }];
  throw frame.machine.unsupported(
    "a value of both seconds and dt, whose length only a machine knows,",
    place,
  );
}

function wrong(frame: Frame, place: ParserRuleContext): Error {
  return frame.machine.fail("QASM_SEMANTIC", `'${shown(place)}' is no operation on a time`, place);
}

/** The time of a delay or box: known, and not below 0. */
export function knownTime(frame: Frame, designator: DesignatorContext): Duration {
  const { machine } = frame;
  const expression = designator.expression();
  const value = evaluate(frame, expression);
  if (!(value instanceof Timing))
    throw machine.fail("QASM_SEMANTIC", `'${shown(expression)}' is not a time`, expression);
  const { duration } = value;
  if (typeof duration === "string") throw machine.unsupported(duration, expression);
  if (duration.value < 0)
    throw machine.fail("QASM_SEMANTIC", `a time of ${durationText(duration)}; the least is 0`, expression);
  return duration;
}
