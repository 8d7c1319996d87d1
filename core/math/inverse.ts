/** The inverse tangent that gives the same bits on every machine. */

const HIGH = [0.4636476090008061, 0.7853981633974483, 0.982793723247329, 1.5707963267948966];
const LOW = [2.2698777452961687e-17, 3.061616997868383e-17, 1.3903311031230998e-17, 6.123233995736766e-17];

/**
 * Inverse tangent in radians, in [-pi/2, pi/2]. Error below 1 ulp.
 * @source fdlibm s_atan.c
 */
export function atan(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 ? -1 : 1;
  if (Number.isNaN(value) || size < 7.450580596923828e-9) return value;
  if (size >= 73786976294838210000) return sign * ((HIGH[3] as number) + (LOW[3] as number));
  let part = -1;
  let x = size;
  if (size >= 0.4375) {
    if (size < 0.6875) [part, x] = [0, (2 * size - 1) / (2 + size)];
    else if (size < 1.1875) [part, x] = [1, (size - 1) / (size + 1)];
    else if (size < 2.4375) [part, x] = [2, (size - 1.5) / (1 + 1.5 * size)];
    else [part, x] = [3, -1 / size];
  }
  const z = x * x;
  const w = z * z;
  const s1 =
    z *
    (0.3333333333333293 +
      w *
        (0.14285714272503466 +
          w *
            (9.090887133436507e-2 +
              w * (6.661073137387531e-2 + w * (4.9768779946159324e-2 + w * 1.6285820115365782e-2)))));
  const s2 =
    w *
    (-0.19999999999876483 +
      w *
        (-0.11111110405462356 +
          w * (-7.69187620504483e-2 + w * (-5.8335701337905735e-2 + w * -3.6531572744216916e-2))));
  if (part < 0) return sign * (x - x * (s1 + s2));
  return sign * ((HIGH[part] as number) - (x * (s1 + s2) - (LOW[part] as number) - x));
}

const PI = Math.PI;
const PI_LOW = 1.2246467991473532e-16;

/**
 * Angle of the point (x, y) in radians, in [-pi, pi]. Error below 2 ulp.
 * @source fdlibm e_atan2.c
 */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const left = x < 0 || Object.is(x, -0);
  const sign = y < 0 || Object.is(y, -0) ? -1 : 1;
  if (y === 0) return left ? sign * PI : y;
  if (x === 0) return (sign * PI) / 2;
  if (!Number.isFinite(x)) {
    if (!Number.isFinite(y)) return sign * (left ? 3 : 1) * (PI / 4);
    return left ? sign * PI : sign * 0;
  }
  if (!Number.isFinite(y)) return (sign * PI) / 2;
  const ratio = Math.abs(y / x);
  if (ratio > 1152921504606847000) return sign * (PI / 2 + 0.5 * PI_LOW);
  const angle = left && ratio < 8.673617379884035e-19 ? 0 : atan(ratio);
  return left ? sign * (PI - (angle - PI_LOW)) : sign * angle;
}
