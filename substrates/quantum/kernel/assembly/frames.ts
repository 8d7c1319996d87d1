// A batch of Pauli frames: what `PlainSampler` in stabilizer/frame-sampler.ts does, with the same random numbers, 1,024 shots a row.
// Operations, channels and generator are laid out there.
const ROW: usize = 128;
const H: i32 = 0, S: i32 = 1, X: i32 = 2, Y: i32 = 3, Z: i32 = 4, CX: i32 = 5, CZ: i32 = 6, SWAP: i32 = 7;
const MEASURE: i32 = 16, RESET: i32 = 17, NOISE: i32 = 18, WHEN: i32 = 32;

// The generator: 0 four words of the block   16 used of them   20 counter, two words   28 stream, two words   36 key, two words.
// A channel: 0 gap   8 log(1 - total)   16 total   24 errors   28 ends   32 x   36 z.
const CHANNEL: usize = 40;

let generator: usize = 0;
let xRows: usize = 0;
let zRows: usize = 0;

// Philox4x32-10.
function refill(): void {
  let c0: u64 = load<u32>(generator, 20),
    c1: u64 = load<u32>(generator, 24),
    c2: u64 = load<u32>(generator, 28),
    c3: u64 = load<u32>(generator, 32),
    k0 = load<u32>(generator, 36),
    k1 = load<u32>(generator, 40);
  store<u64>(generator, load<u64>(generator, 20) + 1, 20);
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53,
      p1 = c2 * 0xcd9e8d57;
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c1 = p1 & 0xffffffff;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c3 = p0 & 0xffffffff;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  store<u32>(generator, <u32>c0);
  store<u32>(generator, <u32>c1, 4);
  store<u32>(generator, <u32>c2, 8);
  store<u32>(generator, <u32>c3, 12);
}

function next(): u32 {
  let used = load<u32>(generator, 16);
  if (used == 4) {
    refill();
    used = 0;
  }
  store<u32>(generator, used + 1, 16);
  return load<u32>(generator + (<usize>used << 2));
}

function uniform(): f64 {
  const low = next() >> 5,
    top = next() >> 6;
  return (<f64>low * 67108864.0 + <f64>top) / 9007199254740992.0;
}

// The logarithm of core/math/exponential.ts, operation for operation, for values in (0, 1].
function log(x: f64): f64 {
  const bits = reinterpret<u64>(x),
    word = <i32>(bits >> 32),
    mantissa = word & 0xfffff,
    up = (mantissa + 0x95f64) & 0x100000,
    k = <f64>((word >>> 20) - 1023 + (up >> 20)),
    f = reinterpret<f64>((bits & 0xffffffff) | (<u64>(mantissa | (up ^ 0x3ff00000)) << 32)) - 1.0;
  if (f == 0) return k * 0.6931471803691238 + k * 1.9082149292705877e-10;
  const s = f / (2.0 + f),
    z = s * s,
    w = z * z,
    t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373)),
    t2 = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586))),
    half = 0.5 * f * f;
  return k * 0.6931471803691238 - (half - (s * (half + t1 + t2) + k * 1.9082149292705877e-10) - f);
}

function gapOf(channel: usize): f64 {
  const total = load<f64>(channel, 16);
  if (total == 0) return Infinity;
  return total == 1 ? 0 : Math.floor(log(1.0 - uniform()) / load<f64>(channel, 8));
}

function flip(row: usize, shot: u32): void {
  const at = row + ((<usize>shot >> 5) << 2);
  store<u32>(at, load<u32>(at) ^ (1 << (shot & 31)));
}

function errors(channel: usize, first: usize, second: usize): void {
  let gap = load<f64>(channel);
  while (gap < 1024) {
    const shot = <u32>gap,
      count = load<i32>(channel, 24),
      ends: usize = load<u32>(channel, 28);
    let kind = 0;
    if (count > 1) {
      const u = uniform() * load<f64>(channel, 16);
      while (kind + 1 < count && u >= load<f64>(ends + (<usize>kind << 3))) kind++;
    }
    const xs = load<u8>(<usize>load<u32>(channel, 32) + kind),
      zs = load<u8>(<usize>load<u32>(channel, 36) + kind);
    if (xs & 1) flip(xRows + first, shot);
    if (zs & 1) flip(zRows + first, shot);
    if (xs & 2) flip(xRows + second, shot);
    if (zs & 2) flip(zRows + second, shot);
    gap += 1.0 + gapOf(channel);
  }
  store<f64>(channel, gap - 1024.0);
}

function xor(to: usize, from: usize): void {
  for (let w: usize = 0; w < ROW; w += 16) v128.store(to + w, v128.xor(v128.load(to + w), v128.load(from + w)));
}

function swap(a: usize, b: usize): void {
  for (let w: usize = 0; w < ROW; w += 16) {
    const kept = v128.load(a + w);
    v128.store(a + w, v128.load(b + w));
    v128.store(b + w, kept);
  }
}

/** One batch: rows `x` and `z` of `qubits`, `flips` of the measurements; `count` operations of four words each. */
export function batch(
  code: usize,
  count: u32,
  x: usize,
  z: usize,
  qubits: u32,
  flips: usize,
  channels: usize,
  channelCount: u32,
  random: usize,
): void {
  generator = random;
  xRows = x;
  zRows = z;
  const rows = <usize>qubits * ROW;
  memory.fill(x, 0, rows);
  for (let w: usize = 0; w < rows; w += 4) store<u32>(z + w, next());
  for (let c: u32 = 0; c < channelCount; c++) {
    const channel = channels + <usize>c * CHANNEL;
    store<f64>(channel, gapOf(channel));
  }
  for (let end = code + (<usize>count << 4); code < end; code += 16) {
    const kind = load<i32>(code),
      a = <usize>load<u32>(code, 4) * ROW,
      b = <usize>load<u32>(code, 8) * ROW;
    if (kind >= WHEN) {
      if (kind != WHEN + Z) xor(x + a, flips + b);
      if (kind != WHEN + X) xor(z + a, flips + b);
      continue;
    }
    switch (kind) {
      case H:
        swap(x + a, z + a);
        break;
      case S:
        xor(z + a, x + a);
        break;
      case CX:
        xor(x + b, x + a);
        xor(z + a, z + b);
        break;
      case CZ:
        xor(z + a, x + b);
        xor(z + b, x + a);
        break;
      case SWAP:
        swap(x + a, x + b);
        swap(z + a, z + b);
        break;
      case MEASURE:
        memory.copy(flips + b, x + a, ROW);
        for (let w: usize = 0; w < ROW; w += 4) store<u32>(z + a + w, load<u32>(z + a + w) ^ next());
        break;
      case RESET:
        memory.fill(x + a, 0, ROW);
        if (b != 0) for (let w: usize = 0; w < ROW; w += 4) store<u32>(z + a + w, next());
        break;
      case NOISE:
        errors(channels + <usize>load<u32>(code, 4) * CHANNEL, b, <usize>load<u32>(code, 12) * ROW);
        break;
    }
  }
}
