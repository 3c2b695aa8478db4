// Argon2 password records in PHC form (RFC 9106; the PHC string format), with bounds on what they may cost.

const maxMemoryKib = 256 * 1024;
const maxPasses = 64;
const maxLanes = 16;
/** Memory times passes: half a second or so on one core. */
const maxWorkKib = 1024 * 1024;

const form =
  /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,9}),p=([1-9][0-9]{0,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,128})$/;

/** What is wrong with a PHC string. */
export type PhcFault = 'not-argon2' | 'too-costly';

/**
 * Null when the broker can verify passwords against this record. A record may come from an import, so its cost is
 * bounded: at most 256 MiB, 64 passes, 16 lanes, and 1 GiB of memory written in all.
 */
export function findPhcFault(phc: string): PhcFault | null {
  const match = form.exec(phc);
  if (match === null) return 'not-argon2';
  const [memoryKib, passes, lanes] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const tooCostly =
    memoryKib > maxMemoryKib || passes > maxPasses || lanes > maxLanes || memoryKib * passes > maxWorkKib;
  return tooCostly ? 'too-costly' : null;
}
