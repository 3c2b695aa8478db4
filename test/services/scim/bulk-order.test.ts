// The order of a bulk's operations: after what they refer to, at a cost that grows with their number, not with its square.
import { expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { runBulk } from '../../../src/services/scim/bulk.ts';
import { wavesOf } from '../../../src/services/scim/bulk-order.ts';
import type { ScimContext } from '../../../src/services/scim/context.ts';
import { ScimError } from '../../../src/wire/scim/error.ts';

const one = (bulkId: string | null, ...refersTo: string[]) => ({ bulkId, refersTo });

it('tries each operation after those that it refers to, and those that wait for each other last', () => {
  expect(
    wavesOf([one('c', 'b', 'b'), one('b', 'a'), one('a'), one(null, 'a', 'c'), one(null, 'none')]),
  ).toEqual([[2, 4], [1], [0], [3]]);
  expect(wavesOf([one('a', 'b'), one('b', 'a'), one('c', 'c'), one('d')])).toEqual([[3], [0, 1, 2]]);
});

it('reads each operation a few times, however long the chain of references is', async () => {
  let reads = 0;
  const count = 1_000;
  const operations = Array.from({ length: count }, (_, index) => ({
    method: 'POST',
    path: '/Groups',
    bulkId: `g${index}`,
    data: {
      get displayName() {
        reads += 1;
        return index + 1 === count ? 'no resource' : `bulkId:g${index + 1}`;
      },
    },
  }));
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations: operations };
  // Each is refused for what it lacks before anything is looked up.
  const context = { source: 'hr', baseUrl: 'https://gw.example', random: systemRandom } as ScimContext;
  const refused = (error: unknown) => {
    if (error instanceof ScimError) return error;
    throw error;
  };
  const answer = await runBulk(context, body, refused);
  expect(answer['Operations']).toHaveLength(count);
  expect(reads).toBeLessThanOrEqual(5 * count);
});
