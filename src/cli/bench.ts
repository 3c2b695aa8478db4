// `gatewarden bench`: what this machine can do, and how many processors an organisation needs.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { administratorOf } from './administrator.ts';
import { measureDecisions } from './bench/decisions.ts';
import { measureFsync } from './bench/fsync.ts';
import { measureHashes } from './bench/hashes.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { text, warning } from './output.ts';

/** Half of 25,000 staff within a minute: a gateway failed, and its clients all reconnect through another. */
const reconnectsPerSecond = 210;
/** Besides hashing a processor signs, reads and writes, and an operating system runs. */
const usableShare = 0.9;
const slowFsyncMs = 10;

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);

function makeDirectory(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return mkdtempSync(join(dataDir, 'bench-'));
  } catch (cause) {
    throw new OperatorError(`${dataDir}: nothing can be written there.`, {
      at: 'dataDir',
      remedy: 'Run it as the account that runs the broker, with the same configuration.',
      cause,
    });
  }
}

async function bench(invocation: Invocation): Promise<CommandResult> {
  const { output, log } = invocation;
  const seconds = Number(invocation.options['seconds']);
  if (!(seconds >= 0.1 && seconds <= 60)) {
    throw new OperatorError('--seconds: not a number from 0.1 to 60.', {
      at: '--seconds',
      remedy: 'Leave it out for 3.',
    });
  }
  const processors = availableParallelism();
  const directory = makeDirectory(invocation.config().dataDir);
  try {
    output.emit(text(`Measuring, about ${Math.ceil(seconds * 4 + 3)} seconds …`));
    const fsync = measureFsync(directory, seconds * 1000);
    const one = await measureHashes(1, seconds * 1000, log);
    const all = await measureHashes(processors, seconds * 1000, log);
    // A store of its own, whatever the broker uses: on the disk that the broker writes to.
    const config = loadConfig({
      file: null,
      env: { GATEWARDEN_DATA_DIR: directory, GATEWARDEN_NODE: 'bench', GATEWARDEN_LOG_LEVEL: 'error' },
      workingDirectory: directory,
      hostName: 'bench',
    });
    const decisions = await measureDecisions(config, administratorOf(invocation), seconds * 1000, log);
    // Processors share memory and caches: together they hash less than each by itself.
    const needed = Math.ceil(reconnectsPerSecond / ((all / processors) * usableShare));
    const logins = Math.min(all * usableShare, decisions);
    output.emit({
      type: 'fields',
      fields: [
        ['processors', processors],
        ['passwords hashed, one processor', `${rounded(one)}/s`],
        ['passwords hashed, all processors', `${rounded(all)}/s`],
        ['decisions without password (SQLite, in one thread)', `${rounded(decisions)}/s`],
        [
          'a write reaches the disk within',
          `${fsync.medianMs.toFixed(2)} ms (99 %: ${fsync.p99Ms.toFixed(2)} ms)`,
        ],
      ],
    });
    output.emit(
      text(
        `With passwords this machine lets about ${rounded(logins)} people in per second: ` +
          `${rounded(logins * 60)} within a minute. For ${reconnectsPerSecond} logins a second (half of 25,000 staff ` +
          `within a minute after a gateway failed) it takes ${needed} such processors, here or over several nodes.`,
      ),
    );
    if (fsync.p99Ms > slowFsyncMs) {
      output.emit(warning('the disk is slow to confirm writes: every answer waits for one'));
    }
    return {
      value: {
        processors,
        hashesPerSecond: { oneProcessor: one, allProcessors: all },
        decisionsPerSecond: decisions,
        fsyncMs: { median: fsync.medianMs, p99: fsync.p99Ms },
        loginsPerSecond: logins,
        processorsFor210PerSecond: needed,
      },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const benchCommands: readonly CliCommand[] = [
  {
    path: ['bench'],
    summary: 'measure this machine: passwords, decisions, disk; and how many processors it takes',
    declare(command) {
      command.option('--seconds <seconds>', 'how long each measurement takes', '3');
    },
    run: bench,
  },
];
