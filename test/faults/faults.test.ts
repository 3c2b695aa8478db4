// The short forms of the fault scenarios, with real broker processes. The long ones: docs/testing.md.
import { describe, it } from 'vitest';
import { stepClock } from './scenarios/clock.ts';
import { abandonEap, killMidHandshake } from './scenarios/eap.ts';
import { promoteStandby } from './scenarios/failover.ts';
import { guessInParallel } from './scenarios/guesses.ts';
import { sendHostilePackets } from './scenarios/hostile.ts';
import { killInImport } from './scenarios/import.ts';
import { killUnderLoad } from './scenarios/kill.ts';
import { raceManySockets, raceTwoBrokers } from './scenarios/races.ts';
import { restoreYesterday } from './scenarios/restore.ts';
import { loseSources } from './scenarios/sources.ts';
import { withFullDisk, withLockedFile, withoutPostgresql } from './scenarios/store-gone.ts';

describe('a broker on SQLite', () => {
  it('loses no Accept and takes no code twice when it is killed under load, three times', async () => {
    await killUnderLoad({ dialect: 'sqlite', times: 3 });
  });

  it('accepts a code that comes over eight sockets at once exactly once', async () => {
    await raceManySockets({ dialect: 'sqlite', races: 100 });
  });

  it('judges no more guesses than the lockout allows, however many come at once', async () => {
    await guessInParallel({ dialect: 'sqlite', accounts: 5, guesses: 40 });
  });

  it('finishes an organisation file once, however often the import is killed', async () => {
    await killInImport({ dialect: 'sqlite', size: 500, times: 2, mostMs: 3_000 });
  });

  it('is silent while its file is locked, and goes on by itself', async () => {
    await withLockedFile({});
  });

  it('is silent while the disk is full, and goes on by itself', async () => {
    await withFullDisk({});
  });

  it('is silent while its clock is wrong: back or forward, nobody gets in and nobody expires', async () => {
    await stepClock({ dialect: 'sqlite' });
  });

  it('withdraws nobody for a directory that is gone or empty or half a file, and tells it once', async () => {
    await loseSources({ dialect: 'sqlite' });
  });

  it('accepts no code from before a restore', async () => {
    await restoreYesterday({ dialect: 'sqlite' });
  });

  it('answers all good requests among 20,000 hostile packets, and nothing that must be dropped', async () => {
    await sendHostilePackets({ packets: 20_000 });
  });

  it('gives up the oldest of 3,000 EAP conversations that nobody goes on with, and serves the youngest', async () => {
    await abandonEap({ conversations: 3_000, most: 256 });
  });
});

describe('brokers on PostgreSQL', () => {
  it('lose no Accept and take no code twice when one is killed under load, three times', async () => {
    await killUnderLoad({ dialect: 'postgresql', times: 3 });
  });

  it('accept a code that comes to two of them at once exactly once', async () => {
    await raceTwoBrokers({ races: 300 });
  });

  it('judge no more guesses than the lockout allows, however many come to both at once', async () => {
    await guessInParallel({ dialect: 'postgresql', accounts: 5, guesses: 40 });
  });

  it('finish an organisation file once, however often the import is killed', async () => {
    await killInImport({ dialect: 'postgresql', size: 500, times: 2, mostMs: 3_000 });
  });

  it('are silent while the database stands still, is stopped or killed, and go on by themselves', async () => {
    await withoutPostgresql({});
  });

  it('withdraw nobody for a directory that is gone or empty or half a file, and tell it once', async () => {
    await loseSources({ dialect: 'postgresql' });
  });

  it('accept no code from before a restore', async () => {
    await restoreYesterday({ dialect: 'postgresql' });
  });

  it('end the EAP conversations of one that was killed, count them against nobody, and serve the next attempt', async () => {
    await killMidHandshake({});
  });

  it('lose nothing and double nothing when a synchronous standby takes over', async () => {
    await promoteStandby({});
  });
});
