/** Appends what a one-to-one delivery is stamped with: the last value of a protobuf field wins, so nothing is re-encoded. */

/** What the Spine puts on a one-to-one delivery. */
export interface DeliveryStamp {
  readonly subscription: number;
  readonly attempt?: number;
  readonly leaseUntilUnixUs?: number;
}

function putVarint(out: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}

function putField(out: number[], field: number, value: number): void {
  putVarint(out, field * 8);
  putVarint(out, value);
}

/** The bytes of a one-to-one delivery of a stamped message. */
export function stampDelivery(stamped: Uint8Array, stamp: DeliveryStamp): Uint8Array<ArrayBuffer> {
  const suffix: number[] = [];
  if (stamp.attempt !== undefined) putField(suffix, 13, stamp.attempt);
  if (stamp.leaseUntilUnixUs !== undefined) putField(suffix, 17, stamp.leaseUntilUnixUs);
  putField(suffix, 18, stamp.subscription);
  const delivery = new Uint8Array(stamped.length + suffix.length);
  delivery.set(stamped);
  delivery.set(suffix, stamped.length);
  return delivery;
}
