// How long the disk takes to confirm a write.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';

/** As large as what a handful of decisions write at once. */
const octets = 32 * 1024;

export function measureFsync(directory: string, milliseconds: number): { medianMs: number; p99Ms: number } {
  const descriptor = openSync(join(directory, 'fsync'), 'w', 0o600);
  const block = Buffer.alloc(octets, 1);
  const times: number[] = [];
  try {
    const endAt = systemClock.monotonic() + milliseconds;
    do {
      const startedAt = systemClock.monotonic();
      writeSync(descriptor, block);
      fdatasyncSync(descriptor);
      times.push(systemClock.monotonic() - startedAt);
    } while (systemClock.monotonic() < endAt);
  } finally {
    closeSync(descriptor);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { medianMs: at(0.5), p99Ms: at(0.99) };
}
