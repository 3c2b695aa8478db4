// A process that takes the lock of the database named as its argument, forgets it, says so, and stays (node --expose-gc).
import { setImmediate } from 'node:timers/promises';
import { takeProcessLock } from '../../../src/store/sqlite/process-lock.ts';

const [, , file = ''] = process.argv;
takeProcessLock(file);
// Garbage must not let go of the lock. Finalisers run after the collection.
for (let round = 0; round < 3; round++) {
  globalThis.gc?.();
  await setImmediate();
}
process.stdout.write('held\n');
setInterval(() => {}, 60_000);
