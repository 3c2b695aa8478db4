import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createTextOutput } from '../../src/cli/output.ts';
import { createTestClock } from '../services/clock.ts';

it('tells a log every ten seconds how far a long command is, and a short one nothing', () => {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const clock = createTestClock(0);
  const output = createTextOutput(streams, clock);
  for (let done = 0; done <= 25; done += 1) {
    output.emit({ type: 'progress', label: 'entries applied', done, total: 25 });
    clock.advance(1_000);
  }
  output.emit({ type: 'progress', label: 'entries read', done: 7, total: null });
  clock.advance(9_999);
  output.emit({ type: 'progress', label: 'entries read', done: 8, total: null });
  expect(String(streams.stderr.read())).toBe(
    'entries applied: 10 of 25\nentries applied: 20 of 25\nentries read: 8\n',
  );
  expect(streams.stdout.read()).toBeNull();
});
