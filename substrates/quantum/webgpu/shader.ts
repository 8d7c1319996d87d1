/** The shader: one operation of the circuit compiler on every amplitude it concerns. */
import { KIND } from "../fast/operation.ts";

/** Invocations of a workgroup. */
export const WORKGROUP = 256;
/** Words of 4 bytes that describe an operation; uniform offsets are multiples of 256 bytes. */
export const RECORD_WORDS = 64;
/** Where the coefficients of a record begin. */
export const COEFFICIENTS_AT = 16;

/**
 * Amplitudes are interleaved real and imaginary parts. A record: kind, number of positions looped around, bits fixed to 1,
 * bits of the first and second target, those positions in ascending order (at most 8); then coefficients.
 */
export const SHADER: string = `
struct Record { head: array<vec4<u32>, 4>, coefficients: array<vec4<f32>, 12> }

@group(0) @binding(0) var<storage, read_write> state: array<vec2<f32>>;
@group(0) @binding(1) var<uniform> record: Record;

fn head(at: u32) -> u32 { return record.head[at / 4u][at % 4u]; }
fn number(at: u32) -> f32 { return record.coefficients[at / 4u][at % 4u]; }
fn complex(at: u32) -> vec2<f32> { return vec2<f32>(number(2u * at), number(2u * at + 1u)); }
fn times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> { return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn row(r: u32, a: vec2<f32>, b: vec2<f32>, c: vec2<f32>, d: vec2<f32>) -> vec2<f32> {
  let at = 4u * r;
  return times(complex(at), a) + times(complex(at + 1u), b) + times(complex(at + 2u), c) + times(complex(at + 3u), d);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let item = id.x + id.y * groups.x * ${WORKGROUP}u;
  let around = head(1u);
  if (item >= arrayLength(&state) >> around) { return; }
  var base = item;
  for (var k = 0u; k < around; k++) {
    let position = head(5u + k);
    let low = (1u << position) - 1u;
    base = ((base & ~low) << 1u) | (base & low);
  }
  base |= head(2u);
  let first = head(3u);
  let second = head(4u);
  switch head(0u) {
    case ${KIND.oneComplex}u: {
      let a = state[base]; let b = state[base | first];
      state[base] = times(complex(0u), a) + times(complex(1u), b);
      state[base | first] = times(complex(2u), a) + times(complex(3u), b);
    }
    case ${KIND.oneReal}u: {
      let a = state[base]; let b = state[base | first];
      state[base] = number(0u) * a + number(1u) * b;
      state[base | first] = number(2u) * a + number(3u) * b;
    }
    case ${KIND.exchange}u: {
      let a = state[base];
      state[base] = state[base | first];
      state[base | first] = a;
    }
    case ${KIND.scaleComplex}u: { state[base] = times(complex(0u), state[base]); }
    case ${KIND.scaleReal}u: { state[base] = number(0u) * state[base]; }
    case ${KIND.two}u: {
      let a = state[base]; let b = state[base | first]; let c = state[base | second]; let d = state[base | first | second];
      state[base] = row(0u, a, b, c, d);
      state[base | first] = row(1u, a, b, c, d);
      state[base | second] = row(2u, a, b, c, d);
      state[base | first | second] = row(3u, a, b, c, d);
    }
    default: {}
  }
}`;
