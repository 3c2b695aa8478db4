// The short form of the overload scenario, in a file of its own: what is measured must have the machine to itself.
import { it } from 'vitest';
import { overloadPasswords } from './scenarios/overload.ts';

it('brokers answer in time what they can when twice as much comes, and the rest fails over', async () => {
  await overloadPasswords({ seconds: 10 });
});
