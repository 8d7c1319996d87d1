/** Distance between a recording and its replay over time, and how fast it grows. */

/** A distance at a time. */
export interface DistancePoint {
  /** UTC microseconds of the message that was handled, in the recording. */
  readonly timeUs: number;
  /** Which of the operator's outputs. */
  readonly index: number;
  readonly distance: number;
}

/** A finite-time Lyapunov exponent: `ln(d1 / d0) / (t1 - t0)`. */
export interface Lyapunov {
  /** Absent when the recording's clock stood still. */
  readonly perSecond?: number;
  readonly perOutput: number;
  readonly from: DistancePoint;
  readonly to: DistancePoint;
}

/** Most points of a series. */
const MAX_POINTS = 1_000;
/** Growth below this factor is no new high. */
const HIGHER = 1.05;

/** Collects distances in bounded memory. */
export class Growth {
  #points: DistancePoint[] = [];
  #stride = 1;
  #seen = 0;
  /** First distance above 0, then each that is clearly larger than all before. */
  readonly #highs: DistancePoint[] = [];

  add(point: DistancePoint): void {
    if (this.#seen++ % this.#stride === 0) {
      this.#points.push(point);
      if (this.#points.length === MAX_POINTS) {
        this.#points = this.#points.filter((_, i) => i % 2 === 0);
        this.#stride *= 2;
      }
    }
    const last = this.#highs.at(-1);
    if (point.distance > (last ? last.distance * HIGHER : 0)) this.#highs.push(point);
  }

  /** At most 1,000 of the points, evenly taken. */
  get series(): readonly DistancePoint[] {
    return this.#points;
  }

  get largest(): number {
    return this.#highs.at(-1)?.distance ?? 0;
  }

  /**
   * The estimate over the time of growth: from the first distance above 0 to the first that reaches half the largest.
   * `undefined` when the distance does not grow.
   */
  lyapunov(): Lyapunov | undefined {
    const [from] = this.#highs;
    const to = this.#highs.find(({ distance }) => distance >= this.largest / 2);
    if (!from || !to || to.index <= from.index) return undefined;
    const growth = Math.log(to.distance / from.distance);
    const seconds = (to.timeUs - from.timeUs) / 1e6;
    return {
      ...(seconds > 0 && { perSecond: growth / seconds }),
      perOutput: growth / (to.index - from.index),
      from,
      to,
    };
  }
}
