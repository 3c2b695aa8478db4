// The log's lines as the person on duty sees them.
import { DrizzleQueryError } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { createJsonLog } from '../../src/base/json-log.ts';

it('names the level, gives the time by ISO 8601 in UTC and ends with the message', () => {
  const lines: string[] = [];
  const log = createJsonLog('info', { node: 'n1' }, { write: (line: string) => void lines.push(line) });
  log.debug({}, 'too fine');
  log.warn({ gateway: 'gw' }, 'a request was dropped');
  expect(lines).toHaveLength(1);
  const line = JSON.parse(lines[0] ?? '');
  expect(line).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    node: 'n1',
    gateway: 'gw',
    msg: 'a request was dropped',
  });
  expect(Object.keys(line).at(-1)).toBe('msg');
});

it('tells which query failed and why, never what it was given', () => {
  const given = ['$argon2id$v=19$secret', 'Nguyễn Văn Đức'];
  const failed = new DrizzleQueryError(
    'update accounts set password_phc = $1',
    given,
    new Error('timed out'),
  );
  const lines: string[] = [];
  const log = createJsonLog('info', {}, { write: (line: string) => void lines.push(line) });
  for (const err of [failed, new Error('the store is not there', { cause: failed })]) {
    log.child({ node: 'n1' }).error({ err }, 'an HTTP request failed');
    const line = lines.pop() ?? '';
    expect(line).not.toMatch(/argon2id|Đức/);
    expect(JSON.parse(line).err).toMatchObject({
      message: expect.stringMatching(/update accounts.*timed out/),
      stack: expect.stringContaining('json-log.test.ts'),
    });
  }
});
