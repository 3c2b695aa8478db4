// The memory that a process keeps ready for garbage. V8's flags belong to the process, not to a thread.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Enough for exports and lists at nine tenths of the speed; left alone, V8 takes 128 MB. */
const enoughYoungBytes = 16 * 1024 * 1024;

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

/**
 * Gives back what starting has left of this thread's heap: 30 to 100 ms. From the first such collection on V8 measures the next
 * ones by what lives; before, it lets a hundred megabytes of garbage gather.
 */
export function collectStart(): void {
  // Left on: whoever took it back could do so between these two lines of another thread.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/**
 * For the main thread, once it is up: `collectStart`, and its young generation grows from now on until it has enough;
 * bin/gatewarden.js had held it back.
 */
export function settleHeap(): void {
  collectStart();
  setFlagsFromString('--semi-space-growth-factor=2');
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < enoughYoungBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Threads that are started until the function that it returns is called have semi-spaces of so many megabytes at once. */
export function startWithSemiSpaces(megabytes: number): () => void {
  setFlagsFromString(`--min-semi-space-size=${megabytes}`);
  return () => setFlagsFromString('--min-semi-space-size=0');
}
