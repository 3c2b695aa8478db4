// Long answers in portions, with time between them for everything else.
import { setTimeout as pause } from 'node:timers/promises';

/** Several times as long as a portion of some hundred rows keeps this thread busy. */
const restMs = 15;

/** The same portions: an export of everybody leaves most of the processor's time to others, however quickly it is taken. */
export async function* paced<T>(portions: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  for await (const portion of portions) {
    yield portion;
    await pause(restMs);
  }
}
