/** Judges a calibration before it is used: what is missing, a placeholder, implausible or impossible, and what is done about it. */
import { ArqonError } from "@arqon/core/base";
import type { Calibration, GateCalibration, QubitCalibration } from "./calibration.ts";

/** Kinds of finding: a value that is absent; a placeholder (gate error 1); one hard to believe; one physics forbids; an old snapshot. */
export type FindingKind = "missing" | "sentinel" | "implausible" | "impossible" | "stale";

/** "warn" uses the value as it is, "repair" changes or excludes it, "refuse" stops. All three are recorded. */
export type HygieneAction = "warn" | "repair" | "refuse";

/** What to do about each kind. */
export interface HygienePolicy {
  readonly missing: HygieneAction;
  readonly sentinel: HygieneAction;
  readonly implausible: HygieneAction;
  readonly impossible: HygieneAction;
  readonly stale: HygieneAction;
  /** Readout errors (mean of both wrong answers) from this on are implausible. */
  readonly readoutFrom: number;
  /** The snapshot is refused when a larger part of its qubits or couplings cannot be used. */
  readonly unusablePart: number;
  /** With `nowUs`: snapshots older than this are stale. */
  readonly maxAgeMs: number;
}

/** Placeholders and impossible values are repaired; the rest is reported. */
export const DEFAULT_HYGIENE: HygienePolicy = {
  missing: "warn",
  sentinel: "repair",
  implausible: "warn",
  impossible: "repair",
  stale: "warn",
  readoutFrom: 0.3,
  unusablePart: 0.5,
  maxAgeMs: 7 * 86_400_000,
};

/** Policies by name: values are used as they are, repaired (the default), or refused where no machine has them. */
export const HYGIENE_POLICIES: Readonly<Record<HygieneAction, Partial<HygienePolicy>>> = {
  warn: { sentinel: "warn", impossible: "warn", unusablePart: 1 },
  repair: {},
  refuse: { sentinel: "refuse", implausible: "refuse", impossible: "refuse", unusablePart: 1 },
};

/** One thing found. */
export interface Finding {
  readonly kind: FindingKind;
  /** Such as "qubit 3 T2" or "ecr 1 0". */
  readonly where: string;
  readonly what: string;
  /** What was done. */
  readonly done: string;
}

/** A calibration that was judged. */
export interface ExaminedCalibration {
  /** With repairs made; gates that were excluded are gone. */
  readonly calibration: Calibration;
  readonly findings: readonly Finding[];
  readonly excluded: readonly GateCalibration[];
}

/**
 * Applies a policy to a calibration.
 *
 * @param nowUs  microseconds since 1970, to judge age; left out, age is not judged.
 * @throws ArqonError `CALIBRATION_REFUSED`, with the findings counted, when the policy says so for one of them or when most
 *   qubits or couplings cannot be used.
 */
export function examineCalibration(
  calibration: Calibration,
  policy: Partial<HygienePolicy> = {},
  nowUs?: number,
): ExaminedCalibration {
  return new Examination(calibration, { ...DEFAULT_HYGIENE, ...policy }).run(nowUs);
}

/** Eleven days: no machine has relaxed, or worked, more slowly. */
const LONGEST_NS = 1e15;

class Examination {
  readonly #calibration: Calibration;
  readonly #policy: HygienePolicy;
  readonly #findings: Finding[] = [];
  readonly #excluded: GateCalibration[] = [];

  constructor(calibration: Calibration, policy: HygienePolicy) {
    this.#calibration = calibration;
    this.#policy = policy;
  }

  run(nowUs: number | undefined): ExaminedCalibration {
    const { device } = this.#calibration;
    if (nowUs !== undefined) this.#age(nowUs);
    const qubits = this.#calibration.qubits.map((qubit, q) => this.#qubit(qubit, q));
    const gates = this.#once(this.#calibration.gates)
      .map((gate) => this.#gate(gate))
      .filter((gate) => gate !== undefined);
    this.#usable();
    const refused = this.#findings.filter((finding) => this.#policy[finding.kind] === "refuse");
    if (refused.length > 0) {
      const [first] = refused as [Finding];
      throw refusal(
        device,
        `${refused.length} values the policy refuses, first ${first.where}: ${first.what}; --calibration-policy warn or repair (noise.policy) takes them`,
      );
    }
    return {
      calibration: { ...this.#calibration, qubits, gates },
      findings: this.#findings,
      excluded: this.#excluded,
    };
  }

  /** Records a finding and says whether to repair it; one that cannot be used at all is repaired when it is only to be told. */
  #find(kind: FindingKind, where: string, what: string, repair?: string, unusable = false): boolean {
    const action = this.#policy[kind];
    const repaired = (action === "repair" || (unusable && action === "warn")) && repair !== undefined;
    const done = action === "refuse" ? "refused" : repaired ? repair : "used as it is";
    this.#findings.push({ kind, where, what, done });
    return repaired;
  }

  #age(nowUs: number): void {
    const { calibratedAt, device } = this.#calibration;
    const atMs = Date.parse(calibratedAt ?? "");
    if (Number.isNaN(atMs)) this.#find("missing", `${device} date`, "no date of calibration", undefined);
    else if (nowUs / 1000 - atMs > this.#policy.maxAgeMs)
      this.#find(
        "stale",
        `${device} date`,
        `calibrated ${calibratedAt}, ${Math.floor((nowUs / 1000 - atMs) / 86_400_000)} days before use`,
        undefined,
      );
  }

  #qubit(qubit: QubitCalibration, q: number): QubitCalibration {
    const out: { -readonly [K in keyof QubitCalibration]: QubitCalibration[K] } = { ...qubit };
    for (const [key, name] of [
      ["t1Ns", "T1"],
      ["t2Ns", "T2"],
    ] as const) {
      const value = qubit[key];
      if (value === undefined) this.#find("missing", `qubit ${q} ${name}`, `no ${name}`, undefined);
      else if (!(value > 0)) {
        // No positive time can be used at all: it is dropped whatever the policy, unless that refuses.
        this.#find("impossible", `qubit ${q} ${name}`, `${name} is ${value} ns`, "dropped", true);
        delete out[key];
      } else if (value > LONGEST_NS)
        this.#find(
          "implausible",
          `qubit ${q} ${name}`,
          `${name} is ${value} ns, above ${LONGEST_NS}`,
          undefined,
        );
    }
    if (out.t1Ns !== undefined && out.t2Ns !== undefined && out.t2Ns > 2 * out.t1Ns) {
      const what = `T2 ${out.t2Ns} ns over 2 T1 = ${2 * out.t1Ns} ns`;
      if (this.#find("impossible", `qubit ${q} T2`, what, "taken as 2 T1")) out.t2Ns = 2 * out.t1Ns;
    }
    for (const key of ["p1Given0", "p0Given1"] as const) {
      const value = qubit[key];
      const where = `qubit ${q} ${key}`;
      if (value === undefined) this.#find("missing", where, "no readout error", undefined);
      else if (!(value >= 0 && value <= 1)) {
        this.#find("impossible", where, `probability ${value}`, "dropped", true);
        delete out[key];
      }
    }
    const readout = readoutError(out);
    if (readout !== undefined && readout >= this.#policy.readoutFrom)
      this.#find(
        "implausible",
        `qubit ${q} readout`,
        `readout error ${readout} at or above ${this.#policy.readoutFrom}`,
        undefined,
      );
    if (qubit.frequencyHz === undefined)
      this.#find("missing", `qubit ${q} frequency`, "no frequency", undefined);
    return out;
  }

  /** Of a gate that is given more than once, the last. */
  #once(gates: readonly GateCalibration[]): readonly GateCalibration[] {
    const last = new Map<string, number>();
    const nameOf = ({ gate, qubits }: GateCalibration): string => `${gate} ${qubits.join(" ")}`;
    for (const [k, gate] of gates.entries()) {
      const name = nameOf(gate);
      if (last.has(name)) this.#find("impossible", name, "given more than once", "the last is used", true);
      last.set(name, k);
    }
    return last.size === gates.length ? gates : gates.filter((gate, k) => last.get(nameOf(gate)) === k);
  }

  #gate(gate: GateCalibration): GateCalibration | undefined {
    const where = `${gate.gate} ${gate.qubits.join(" ")}`;
    const { error, durationNs } = gate;
    let kept: GateCalibration | undefined = gate;
    if (error === undefined && gate.gate !== "reset")
      this.#find("missing", where, "no gate error", undefined);
    else if (error === 1) {
      if (this.#find("sentinel", where, "gate error 1, a placeholder", "excluded")) kept = undefined;
    } else if (error !== undefined && !(error >= 0 && error < 1)) {
      this.#find("impossible", where, `gate error ${error}`, "excluded", true);
      kept = undefined;
    } else if (error !== undefined && error >= bound(gate.qubits.length))
      this.#find("implausible", where, `gate error ${error}: no better than a random gate`, undefined);
    if (durationNs !== undefined && durationNs > LONGEST_NS)
      this.#find("implausible", where, `duration ${durationNs} ns, above ${LONGEST_NS}`, undefined);
    if (durationNs !== undefined && !(durationNs >= 0)) {
      this.#find("impossible", where, `duration ${durationNs} ns`, "excluded", true);
      kept = undefined;
    }
    if (kept === undefined) this.#excluded.push(gate);
    return kept;
  }

  /** Refuses a snapshot most of which is of no use: what is known and bad counts, not what is missing. */
  #usable(): void {
    const { device, qubits, gates } = this.#calibration;
    const { unusablePart, readoutFrom } = this.#policy;
    const basis = this.#calibration.basis;
    const good = ({ error = 0, qubits: on }: GateCalibration): boolean =>
      error >= 0 && error < bound(on.length);
    const pairs = (wanted: (gate: GateCalibration) => boolean): Set<string> =>
      new Set(
        gates
          .filter((gate) => gate.qubits.length === 2 && wanted(gate))
          .map((gate) =>
            gate.qubits
              .slice()
              .sort((a, b) => a - b)
              .join(" "),
          ),
      );
    const oneQubit = (wanted: (gate: GateCalibration) => boolean): Set<number> =>
      new Set(
        gates
          .filter((gate) => gate.qubits.length === 1 && gate.gate !== "reset" && wanted(gate))
          .map((gate) => gate.qubits[0] as number),
      );
    const native = (gate: GateCalibration): boolean => basis === undefined || basis.includes(gate.gate);
    const families: readonly (readonly [string, number, number])[] = [
      ["readout", qubits.filter((qubit) => (readoutError(qubit) ?? 0) < readoutFrom).length, qubits.length],
      [
        "relaxation times",
        qubits.filter(({ t1Ns = 1, t2Ns = 1 }) => t1Ns > 0 && t2Ns > 0).length,
        qubits.length,
      ],
      ["one-qubit gates", oneQubit((gate) => native(gate) && good(gate)).size, oneQubit(() => true).size],
      ["couplings", pairs((gate) => native(gate) && good(gate)).size, pairs(() => true).size],
    ];
    for (const [family, usable, all] of families)
      if (all - usable > unusablePart * all)
        throw refusal(
          device,
          `${all - usable} of ${all} ${family} cannot be used; --calibration-policy warn (noise.policy) takes it all the same`,
        );
  }
}

/** Mean of both wrong answers. */
function readoutError({ p1Given0, p0Given1 }: QubitCalibration): number | undefined {
  return p1Given0 === undefined || p0Given1 === undefined ? undefined : (p1Given0 + p0Given1) / 2;
}

/** The error of a gate that leaves nothing but noise: dim / (dim + 1). */
function bound(qubits: number): number {
  const dim = 1 << qubits;
  return dim / (dim + 1);
}

function refusal(device: string, why: string): ArqonError {
  return new ArqonError("CALIBRATION_REFUSED", `the calibration of ${device} is refused: ${why}`, {
    details: { device },
  });
}
