// A migrated, empty SQLite database to copy, once for the whole test run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../src/base/clock.ts';
import { claimSqliteDatabase } from '../src/store/open.ts';
import { silentLog } from './store/silent-log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated, empty database to copy: a file that nobody has open. */
    readonly sqliteTemplate: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-template-'));
  const file = join(folder, 'gatewarden.db');
  claimSqliteDatabase(file, { clock: systemClock, log: silentLog }).release();
  project.provide('sqliteTemplate', file);
  return () => rmSync(folder, { recursive: true, force: true });
}
