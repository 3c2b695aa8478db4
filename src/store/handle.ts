// The handle that query files get: Drizzle's builders of one connection, usable only while they may be.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Db, Tables } from './tables.ts';

/** A handle over a Drizzle instance. `mayUse` throws when a statement must not begin now. */
export function createHandle(orm: Omit<Db, 'tables'>, tables: Tables, mayUse: () => void): Db {
  const guarded = <Name extends keyof typeof orm>(name: Name): Db[Name] => {
    const begin = orm[name].bind(orm) as (...args: unknown[]) => unknown;
    return ((...args: unknown[]) => {
      mayUse();
      return begin(...args);
    }) as Db[Name];
  };
  return {
    tables,
    select: guarded('select'),
    selectDistinct: guarded('selectDistinct'),
    insert: guarded('insert'),
    update: guarded('update'),
    delete: guarded('delete'),
  };
}

/** Tells a write inside a write, through any number of calls between them. */
export interface NestingGuard {
  /** Throws when called within `run`'s function. */
  refuseNested(): void;
  /** Runs the body of a write; `alive()` turns false when it has settled. */
  run<T>(body: (alive: () => boolean) => Promise<T>): Promise<T>;
}

export function createNestingGuard(): NestingGuard {
  const current = new AsyncLocalStorage<{ alive: boolean }>();
  return {
    refuseNested() {
      if (current.getStore()?.alive) {
        throw new Error('a write inside a write: pass the handle of the outer one on');
      }
    },
    async run(body) {
      const write = { alive: true };
      try {
        return await current.run(write, () => body(() => write.alive));
      } finally {
        write.alive = false;
      }
    },
  };
}
