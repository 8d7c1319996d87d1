// The topics a connection may publish on without being asked again, and the number of their receivers.
// A slot: u32 context (0: empty), u32 route, u32 type, u32 length, then the topic.
// Forgetting is done by never using the number of a context again.
import { KEPT_TOPIC_BYTES, TOPIC_SET_SHIFT, TOPIC_SLOT_BYTES, TOPIC_WAYS, TOPICS } from "./layout";

/** Odd constants of MurmurHash3's finalizer. */
const MIX: u64 = ((<u64>0xff51afd7) << 32) | 0xed558ccd;
const SPREAD: u64 = ((<u64>0xc4ceb9fe) << 32) | 0x1a85ec53;

/** Nobody outside knows it, so nobody can choose topics that share a set. */
let seed: u64 = 0;

export function setSeed(value: f64): void {
  seed = reinterpret<u64>(value) * SPREAD;
}

function mix(hash: u64, word: u64): u64 {
  const mixed = (hash ^ word) * MIX;
  return mixed ^ (mixed >> 32);
}

function setOf(topic: usize, length: u32, context: u32): usize {
  let hash = mix(seed, ((<u64>context) << 32) | length);
  if (length >= 8) {
    const last = topic + length - 8;
    for (let at = topic; at < last; at += 8) hash = mix(hash, load<u64>(at));
    hash = mix(hash, load<u64>(last));
  } else for (let i: u32 = 0; i < length; i++) hash = mix(hash, load<u8>(topic + i));
  return TOPICS + <usize>((hash * SPREAD) >> TOPIC_SET_SHIFT) * (<usize>TOPIC_WAYS * TOPIC_SLOT_BYTES);
}

function same(a: usize, b: usize, length: u32): bool {
  if (length >= 8) {
    const last = length - 8;
    for (let i: u32 = 0; i < last; i += 8) if (load<u64>(a + i) !== load<u64>(b + i)) return false;
    return load<u64>(a + last) === load<u64>(b + last);
  }
  for (let i: u32 = 0; i < length; i++) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}

/** The route of a topic for messages of a type, or -1. */
export function find(topic: usize, length: u32, context: u32, type: u32): i32 {
  let slot = setOf(topic, length, context);
  for (let way: u32 = 0; way < TOPIC_WAYS; way++) {
    if (holds(slot, topic, length, context, type)) return load<i32>(slot, 4);
    slot += TOPIC_SLOT_BYTES;
  }
  return -1;
}

function holds(slot: usize, topic: usize, length: u32, context: u32, type: u32): bool {
  if (load<u32>(slot) !== context || load<u32>(slot, 8) !== type || load<u32>(slot, 12) !== length)
    return false;
  return same(slot + 16, topic, length);
}

/** Of which place in a set the next topic is that finds none of its own. */
let turn: u32 = 0;

/** Its own place, else a free one, else that of one of another context, else any: each in turn. */
function placeOf(set: usize, topic: usize, length: u32, context: u32, type: u32): usize {
  let other: usize = 0;
  for (let way: u32 = 0; way < TOPIC_WAYS; way++) {
    const slot = set + <usize>way * TOPIC_SLOT_BYTES;
    if (load<u32>(slot) === 0 || holds(slot, topic, length, context, type)) return slot;
    if (load<u32>(slot) !== context) other = slot;
  }
  return other !== 0 ? other : set + <usize>(turn++ % TOPIC_WAYS) * TOPIC_SLOT_BYTES;
}

/** Keeps a route. The topic lies anywhere in this memory. */
export function learn(topic: usize, length: u32, context: u32, type: u32, route: u32): void {
  if (length > KEPT_TOPIC_BYTES) return;
  const slot = placeOf(setOf(topic, length, context), topic, length, context, type);
  store<u32>(slot, context);
  store<u32>(slot, route, 4);
  store<u32>(slot, type, 8);
  store<u32>(slot, length, 12);
  memory.copy(slot + 16, topic, length);
}
