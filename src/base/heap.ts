// The memory that a process keeps ready for garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives back what starting has left of this thread's heap, and lets the young generations grow from now on, as far as each
 * thread may (bin/gatewarden.js held them back: it is the process that V8's flags belong to). Takes some 100 ms.
 */
export function settleHeap(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString('--semi-space-growth-factor=2');
}
