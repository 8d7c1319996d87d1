import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "@arqon/core/base";
import { hellingerDistance, hellingerFidelity, totalVariation } from "@arqon/core/math";
import {
  averageGateFidelity,
  type Calibration,
  choi,
  deviceNoise,
  eigenHermitian,
  examineCalibration,
  excitedPopulation,
  gateNoise,
  ibmCalibration,
  readDistribution,
  thermalRelaxation,
} from "@arqon/substrates/quantum";
import { describe, expect, test } from "vitest";

const data = process.env["ARQON_DATA"] ?? new URL("../../../shared/data", import.meta.url).pathname;
const vectors = join(data, "..", "vectors");
const folder = join(data, "calibration");
const golden = join(vectors, "quantum", "em_vectors.json");
const found = existsSync(folder);
const foundGolden = existsSync(golden);
if (!found || !foundGolden)
  console.warn("skipped: research data not found, set ARQON_DATA, beside which vectors must lie");

const json = (path: string): Json => JSON.parse(readFileSync(path, "utf8")) as Json;
const devices = found ? readdirSync(folder).filter((name) => !name.startsWith("_")) : [];
const history = found
  ? readdirSync(join(folder, "_history")).flatMap((device) =>
      readdirSync(join(folder, "_history", device)).map((file) => [device, file] as const),
    )
  : [];
const calibrationOf = (device: string, file = join(device, `props_${device}.json`)): Calibration =>
  ibmCalibration(json(join(folder, file)), json(join(folder, device, `conf_${device}.json`)));

function expectFiniteGates({ gates, qubits }: Calibration): void {
  for (const gate of gates)
    for (const temperatureMk of [0, 50]) {
      const { relaxFidelity, depolarizing, placed } = gateNoise(gate, qubits, temperatureMk);
      expect([relaxFidelity, depolarizing].every(Number.isFinite)).toBe(true);
      expect(placed.every(({ channel }) => channel.kraus.every((k) => k.every(Number.isFinite)))).toBe(true);
    }
}

function expectFinite(calibration: Calibration): number {
  let channels = 0;
  for (const sentinel of ["warn", "repair"] as const) {
    const model = deviceNoise(calibration, { hygiene: { sentinel }, temperatureMk: 50, idle: true });
    for (const placed of model.gates.values())
      for (const { channel } of placed) {
        channels++;
        for (const k of channel.kraus) if (!k.every(Number.isFinite)) throw new Error("not finite");
      }
    for (const gate of calibration.gates) {
      const { relaxFidelity, depolarizing } = gateNoise(gate, calibration.qubits);
      expect(relaxFidelity).toBeGreaterThan(0);
      expect(relaxFidelity).toBeLessThanOrEqual(1 + 1e-12);
      expect(depolarizing).toBeGreaterThanOrEqual(0);
      expect(depolarizing).toBeLessThanOrEqual(16 / 15 + 1 / 3);
    }
  }
  return channels;
}

describe.skipIf(!found)(
  "calibrations of the research data (skipped: research data not found, set ARQON_DATA)",
  () => {
    test("there are eleven devices and fourteen dated snapshots", () => {
      expect([devices.length, history.length]).toEqual([11, 14]);
    });

    test.each(devices)("%s: every channel is finite", (device) => {
      expect(expectFinite(calibrationOf(device))).toBeGreaterThan(0);
    });

    test.each(history)("%s %s: judged, and finite unless refused", (device, file) => {
      const calibration = calibrationOf(device, join("_history", device, file));
      if (file.startsWith("props_2025-01-22")) {
        expect(() => examineCalibration(calibration)).toThrow("132 of 156 readout cannot be used");
        expectFiniteGates(calibration);
      } else expect(expectFinite(calibration)).toBeGreaterThan(0);
    });

    test("what is wrong with each is found", () => {
      const count = (device: string, file?: string): Record<string, number> => {
        const out: Record<string, number> = {};
        for (const { kind, where } of examineCalibration(calibrationOf(device, file)).findings) {
          const key = `${kind} ${where.split(" ")[kind === "sentinel" ? 0 : 2]}`;
          out[key] = (out[key] ?? 0) + 1;
        }
        return out;
      };
      for (const clean of ["armonk", "manila", "lima", "guadalupe", "prague", "yorktown", "johannesburg"])
        expect(count(clean), clean).toEqual({});
      expect(count("fez")).toMatchObject({
        "sentinel rzz": 98,
        "sentinel cz": 14,
        "impossible T2": 1,
        "missing frequency": 156,
      });
      expect(count("torino")).toMatchObject({
        "sentinel rzz": 300,
        "sentinel cz": 22,
        "impossible T2": 5,
        "missing frequency": 133,
      });
      expect(count("hanoi")).toMatchObject({ "sentinel cx": 2, "impossible T2": 5 });
      expect(count("fez", "_history/fez/props_2025-01-23T113551.json")).toMatchObject({
        "sentinel rzz": 352,
        "sentinel cz": 2,
      });
      expect(count("torino", "_history/torino/props_2024-02-28T084851.json")).toMatchObject({
        "impossible T2": 2,
      });
    });
  },
);

interface GoldenGate {
  gate: string;
  qubits: number[];
  relax_avg_fidelity: number;
  depol_param: number | null;
  combined_avg_gate_fidelity: number;
}
interface Golden {
  thermal_relaxation: {
    t1: number;
    t2: number;
    time: number;
    excited_population: number;
    avg_gate_fidelity: number;
    choi_row_major: number[][];
  }[];
  excited_population: { freq_hz: number; temp_mK: number; p: number }[];
  aer_device_noise: { device: string; gates: GoldenGate[]; readout_p1given0_p0given1: [number, number][] }[];
  distribution_metrics: {
    p: Record<string, number>;
    q: Record<string, number>;
    hellinger_fidelity: number;
    hellinger_distance: number;
    tvd: number;
  }[];
  readout_tensored: { A_q0: number[][]; A_q1: number[][]; ideal: number[]; noisy: number[] };
}

describe.skipIf(!found || !foundGolden)(
  "Aer's noise parameters (skipped: set ARQON_DATA, beside which vectors must lie)",
  () => {
    const vector = foundGolden ? (json(golden) as unknown as Golden) : undefined;
    const all = <K extends keyof Golden>(key: K): Golden[K] => (vector as Golden)[key];

    test("relaxation: Choi matrices and fidelities to 1e-12", () => {
      for (const row of all("thermal_relaxation")) {
        const channel = thermalRelaxation(
          { t1: row.t1, t2: row.t2, excited: row.excited_population },
          row.time,
        );
        expect(Math.abs(averageGateFidelity(channel) - row.avg_gate_fidelity)).toBeLessThan(1e-12);
        const matrix = choi(channel);
        for (const [k, wanted] of row.choi_row_major.flat().entries()) {
          expect(Math.abs((matrix[2 * k] as number) - wanted)).toBeLessThan(1e-12);
          expect(Math.abs(matrix[2 * k + 1] as number)).toBeLessThan(1e-12);
        }
        expect(eigenHermitian(matrix, 4).values[0]).toBeGreaterThan(-1e-13);
      }
    });

    test("excited populations to 1e-14", () => {
      for (const { freq_hz, temp_mK, p } of all("excited_population"))
        expect(Math.abs(excitedPopulation(freq_hz, temp_mK) - p)).toBeLessThan(1e-14);
    });

    test("readout", () => {
      const { A_q0, A_q1, ideal, noisy } = all("readout_tensored");
      const wrong = [A_q0, A_q1].map((a) => ({
        p1Given0: a[1]?.[0] as number,
        p0Given1: a[0]?.[1] as number,
      }));
      const read = readDistribution(Float64Array.from(ideal), wrong);
      for (const [k, wanted] of noisy.entries())
        expect(Math.abs((read[k] as number) - wanted)).toBeLessThan(1e-14);
    });

    test("distances of distributions to 1e-14", () => {
      for (const { p, q, hellinger_fidelity, hellinger_distance, tvd } of all("distribution_metrics")) {
        const [ours, theirs] = [new Map(Object.entries(p)), new Map(Object.entries(q))];
        expect(Math.abs(hellingerFidelity(ours, theirs) - hellinger_fidelity)).toBeLessThan(1e-14);
        expect(Math.abs(hellingerDistance(ours, theirs) - hellinger_distance)).toBeLessThan(1e-14);
        expect(Math.abs(totalVariation(ours, theirs) - tvd)).toBeLessThan(1e-14);
      }
    });

    test("every part of the file is compared here, or is of error mitigation and drift, which are not built yet", () => {
      const later = [
        "drift_lima_first60_vs_last60",
        "extrapolation_cases",
        "folded_gate_counts",
        "lre",
        "page_hinkley",
        "polynomial_lsq_coefficients",
        "richardson_coefficients",
      ];
      const here = [
        "aer_device_noise",
        "distribution_metrics",
        "excited_population",
        "readout_tensored",
        "thermal_relaxation",
      ];
      expect(Object.keys(vector ?? {}).sort()).toEqual([...here, ...later].sort());
    });

    test("gates of seven devices to 1e-10, readout exactly", () => {
      let [compared, worst] = [0, 0];
      for (const { device, gates, readout_p1given0_p0given1 } of all("aer_device_noise")) {
        const { qubits, gates: ours } = calibrationOf(device);
        for (const wanted of gates) {
          const gate = ours.find(
            (one) => one.gate === wanted.gate && one.qubits.join() === wanted.qubits.join(),
          );
          const { relaxFidelity, depolarizing, placed } = gateNoise(gate as (typeof ours)[number], qubits);
          expect(placed.length).toBeLessThanOrEqual(3);
          const dim = 1 << wanted.qubits.length;
          const combined = relaxFidelity - (depolarizing * (dim * relaxFidelity - 1)) / dim;
          worst = Math.max(
            worst,
            Math.abs(relaxFidelity - wanted.relax_avg_fidelity),
            Math.abs(depolarizing - (wanted.depol_param ?? 0)),
            Math.abs(combined - wanted.combined_avg_gate_fidelity),
          );
          compared++;
        }
        for (const [q, [p1Given0, p0Given1]] of readout_p1given0_p0given1.entries())
          expect(qubits[q]).toMatchObject({ p1Given0, p0Given1 });
      }
      console.info(
        `Aer's device parameters: ${compared} gates, largest difference ${worst.toExponential(2)}`,
      );
      expect(compared).toBe(144);
      expect(worst).toBeLessThan(1e-10);
    });
  },
);
