/** Builders of gate matrices. Index bit k of a matrix is the gate's k-th qubit; all entries by the stable functions. */
import { cos, identity, type Matrix, sin } from "@arqon/core/math";

/** U(theta, phi, lambda) = [[cos, -e^{i lambda} sin], [e^{i phi} sin, e^{i(phi+lambda)} cos]] of theta/2. */
export function u(theta: number, phi: number, lambda: number): Matrix {
  const c = cos(theta / 2);
  const s = sin(theta / 2);
  const [cp, sp, cl, sl] = [cos(phi), sin(phi), cos(lambda), sin(lambda)];
  // The last phase is a product, not that of a sum: a sum of large angles rounds, and the matrix would not be unitary.
  return Float64Array.of(
    c,
    0,
    -cl * s,
    -sl * s,
    cp * s,
    sp * s,
    (cp * cl - sp * sl) * c,
    (sp * cl + cp * sl) * c,
  );
}

/** A diagonal matrix of unit phases e^{i angle}; exact where the angle is 0. */
export function phases(...angles: number[]): Matrix {
  const n = angles.length;
  const out = new Float64Array(2 * n * n);
  angles.forEach((angle, i) => {
    out[2 * (i * n + i)] = cos(angle);
    out[2 * (i * n + i) + 1] = sin(angle);
  });
  return out;
}

/** A matrix of real numbers and, in `imaginary`, of imaginary ones; row-major. */
export function entries(real: readonly number[], imaginary: readonly number[] = []): Matrix {
  const out = new Float64Array(2 * real.length);
  for (let i = 0; i < real.length; i++) {
    out[2 * i] = real[i] as number;
    out[2 * i + 1] = imaginary[i] ?? 0;
  }
  return out;
}

/** `gate` on the last qubits, under `controls` control qubits that come first. */
export function controlled(gate: Matrix, controls: number): Matrix {
  const small = Math.sqrt(gate.length / 2);
  const n = small << controls;
  const out = identity(n);
  const on = (1 << controls) - 1;
  for (let r = 0; r < small; r++) {
    for (let c = 0; c < small; c++) {
      const to = 2 * (((r << controls) | on) * n + ((c << controls) | on));
      out[to] = gate[2 * (r * small + c)] as number;
      out[to + 1] = gate[2 * (r * small + c) + 1] as number;
    }
  }
  return out;
}

/** A permutation of basis states with unit factors: column c goes to row `to[c]` times i^`turns[c]`. */
export function permutation(to: readonly number[], turns: readonly number[] = []): Matrix {
  const n = to.length;
  const out = new Float64Array(2 * n * n);
  to.forEach((row, column) => {
    const turn = (turns[column] ?? 0) & 3;
    out[2 * (row * n + column)] = [1, 0, -1, 0][turn] as number;
    out[2 * (row * n + column) + 1] = [0, 1, 0, -1][turn] as number;
  });
  return out;
}
