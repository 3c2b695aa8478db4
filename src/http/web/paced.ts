// Long answers in portions, with time between them for everything else.
import { setTimeout as pause } from 'node:timers/promises';

/** After each portion nothing is done for so many times as long as it took. */
const restFactor = 2;

/** The same portions: an export of everybody keeps a third of a processor busy, however quickly it is taken. */
export async function* paced<T>(portions: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  let startedAt = performance.now();
  for await (const portion of portions) {
    const tookMs = performance.now() - startedAt;
    yield portion;
    await pause(restFactor * tookMs);
    startedAt = performance.now();
  }
}
