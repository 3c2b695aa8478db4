// `gatewarden import`: reads an organisation file into the store, or says what that would change.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { type ImportPhase, importOrganisation } from '../services/organisation/import.ts';
import type { EntryChange } from '../services/organisation/kinds/kind.ts';
import { changedOf, type ImportReport, listedChanges } from '../services/organisation/report.ts';
import { createPasswords } from '../services/passwords/passwords.ts';
import { readProfiles } from '../services/profiles.ts';
import { readTlsAuthorities } from '../services/tls/material.ts';
import { administratorOf, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { type Output, text, warning } from './output.ts';

/** Beside the broker's logins an import hashes on this many processors only. */
const threadsBesideBroker = 2;
const hashQueue = 64;
/** Progress travels through the control socket: not more often than people can read. */
const progressIntervalMs = 250;

const phaseLabels: Readonly<Record<ImportPhase, string>> = {
  reading: 'entries read',
  checking: 'entries checked',
  comparing: 'entries compared',
  applying: 'entries applied',
  clearing: 'clearing up',
};

function changeText({ kind, key, what, fields }: EntryChange): string {
  const parts = fields.map(({ field, before, after }) =>
    after === 'changed' && before === null
      ? `${field} changed`
      : `${field}: ${before ?? '—'} → ${after ?? '—'}`,
  );
  return `${what === 'create' ? '+' : '~'} ${kind} ${key}${parts.length === 0 ? '' : `  ${parts.join('; ')}`}`;
}

function show({ dryRun, resumed, counts, changes, warnings }: ImportReport, output: Output): void {
  for (const line of warnings) output.emit(warning(line));
  for (const change of changes) output.emit(text(changeText(change)));
  const total = changedOf(counts);
  if (dryRun && total > listedChanges) output.emit(text(`… and ${total - listedChanges} more`));
  output.emit({
    type: 'table',
    columns: ['Kind', dryRun ? 'To create' : 'Created', dryRun ? 'To change' : 'Changed', 'The same'],
    rows: Object.entries(counts)
      .filter(([, { create, change, same }]) => create + change + same > 0)
      .map(([kind, { create, change, same }]) => [kind, create, change, same]),
  });
  if (dryRun) output.emit(text('This was a dry run: nothing was changed.'));
  else if (resumed) output.emit(text('An earlier import of this file was taken up and finished.'));
}

const importOperation = defineOperation(
  'import',
  orderSchema({ file: Type.String(), dryRun: Type.Boolean() }),
  async (context, { by, file, dryRun }, output): Promise<ImportReport> => {
    const { config, store, keyring, clock, random, log, broker, signal } = context;
    const concurrency = broker === null ? availableParallelism() : threadsBesideBroker;
    let lastAt = Number.NEGATIVE_INFINITY;
    const report = await importOrganisation(
      {
        file,
        mayNameFiles: true,
        dryRun,
        signal,
        progress(phase, done, total) {
          const now = clock.monotonic();
          if (now - lastAt < progressIntervalMs && done !== total) return;
          lastAt = now;
          output.emit({ type: 'progress', label: phaseLabels[phase], done, total });
        },
      },
      {
        store,
        keyring,
        clock,
        random,
        by,
        passwords: createPasswords({ clock, random, log, concurrency, queueLength: hashQueue }),
        profiles: readProfiles(config.profiles.directory),
        upstreams: config.upstreams.map(({ name }) => name),
        tlsAuthorities: () => readTlsAuthorities(config.radius.tls),
      },
    );
    if (!dryRun) await broker?.refreshSettings();
    show(report, output);
    return report;
  },
);

export const importOperations: readonly Operation[] = [importOperation];

export const importCommands: readonly CliCommand[] = [
  {
    path: ['import'],
    summary: 'import an organisation file: units, people, accounts, workstations, gateways, policies',
    declare(command) {
      command
        .argument('<file>', 'YAML, JSON, or JSON lines (.jsonl); see docs/organisation-file.md')
        .option('--dry-run', 'say what would change, and change nothing');
    },
    async run(invocation) {
      const file = resolve(invocation.workingDirectory, operand(invocation, 0));
      const dryRun = invocation.options['dryRun'] === true;
      return {
        value: await invocation.call(importOperation, { by: administratorOf(invocation), file, dryRun }),
      };
    },
  },
];
