// Mutations that know how a RADIUS packet is built, from a seed, so that a finding can be made again.

/** Whole numbers from 0 up to, but without, `below`. */
export type Numbers = (below: number) => number;

/** Mulberry32: small, seeded, good enough to mutate with. */
export function createNumbers(seed: number): Numbers {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const interesting = [
  0, 1, 2, 3, 4, 5, 15, 16, 17, 26, 31, 32, 79, 80, 127, 128, 129, 241, 245, 253, 254, 255,
];

/** Where attributes begin, as far as their lengths can be followed. */
function boundaries(octets: Buffer): number[] {
  const found: number[] = [];
  for (let at = 20; at + 1 < octets.length; ) {
    found.push(at);
    const size = octets[at + 1] ?? 0;
    if (size < 2) break;
    at += size;
  }
  return found;
}

/** A packet like `original`, with up to four changes, some of them pieces of `other`. */
export function mutate(original: Buffer, other: Buffer, random: Numbers): Buffer {
  let octets: Buffer = Buffer.from(original);
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)];
  for (let step = random(4); step >= 0; step -= 1) {
    const starts = boundaries(octets);
    const at = pick(starts.length > 0 ? starts : [20]) ?? 20;
    const size = octets[at + 1] ?? 2;
    switch (random(9)) {
      case 0:
        if (octets.length > 0) octets[random(octets.length)] = random(256);
        break;
      case 1:
        if (octets.length > at + 1) octets[at + 1] = pick(interesting) ?? 0;
        break;
      case 2:
        if (octets.length > at) octets[at] = pick(interesting) ?? 0;
        break;
      case 3:
        octets = Buffer.concat([octets, octets.subarray(at, at + size)]);
        break;
      case 4:
        octets = Buffer.concat([octets.subarray(0, at), octets.subarray(at + size)]);
        break;
      case 5:
        octets = octets.subarray(0, random(octets.length + 1));
        break;
      case 6: {
        const from = pick(boundaries(other)) ?? 20;
        const piece = other.subarray(from, from + (other[from + 1] ?? 0));
        octets = Buffer.concat([octets.subarray(0, at), piece, octets.subarray(at)]);
        break;
      }
      case 7: {
        // A value grows or shrinks and its length octet follows.
        const length = pick(interesting) ?? 0;
        const value = Buffer.alloc(Math.min(length, 253), random(256));
        const attribute = Buffer.concat([Buffer.from([octets[at] ?? 1, 2 + value.length]), value]);
        octets = Buffer.concat([octets.subarray(0, at), attribute, octets.subarray(at + size)]);
        break;
      }
      default:
        if (octets.length > at + 3) octets[at + 2 + random(octets.length - at - 2)] = pick(interesting) ?? 0;
    }
  }
  // Most of the time the length field is made right again, or little would get past it.
  if (octets.length >= 4 && octets.length <= 0xffff && random(8) > 0) octets.writeUInt16BE(octets.length, 2);
  return octets;
}
