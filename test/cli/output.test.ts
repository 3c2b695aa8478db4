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

it('shows a value in one line and as it stands, whatever somebody sent as a user name', () => {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const output = createTextOutput(streams);
  const name = 'nvduc\nOutcome  accepted\u001b[2J\u202etxt\u2028';
  output.emit({ type: 'fields', fields: [['User name', name]] });
  output.emit({ type: 'table', columns: ['User'], rows: [[name]] });
  const shown = 'nvduc\ufffdOutcome  accepted\ufffd[2J\ufffdtxt\ufffd';
  expect(String(streams.stdout.read()).split('\n')).toEqual([
    `User name  ${shown}`,
    'User',
    '-'.repeat(shown.length),
    shown,
    '',
  ]);
});
