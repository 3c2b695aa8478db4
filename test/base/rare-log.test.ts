// Lines that an attacker could repeat thousands of times.
import { expect, it } from 'vitest';
import { createRareLog } from '../../src/base/rare-log.ts';
import { createManualTime, type LogLine, recordingLog } from '../radius-server/harness.ts';

it('the log repeats a topic once a minute, with the count of what it left out', () => {
  const { clock, advance } = createManualTime();
  const lines: LogLine[] = [];
  const log = createRareLog(recordingLog(lines), clock);
  for (let i = 0; i < 10; i += 1) log.warn('topic', { i }, 'message');
  advance(60_000);
  log.warn('topic', { i: 10 }, 'message');
  expect(lines.map(({ fields }) => fields)).toEqual([{ i: 0 }, { i: 10, suppressed: 9 }]);
});

it('the log has few lines a minute however many sources are forged, and says how many it left out', () => {
  const { clock, advance } = createManualTime();
  const lines: LogLine[] = [];
  const log = createRareLog(recordingLog(lines), clock);
  for (let i = 0; i < 5_000; i += 1) log.warn(`unknown-client 198.51.${i >> 8}.${i & 255}`, { i }, 'dropped');
  expect(lines).toHaveLength(100);
  advance(60_000);
  log.warn('another topic', {}, 'another');
  expect(lines.slice(100)).toEqual([
    expect.objectContaining({ fields: { leftOut: 4_900 } }),
    expect.objectContaining({ message: 'another' }),
  ]);
});
