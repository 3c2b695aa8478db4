// Several acts in one write: what they read and change is one transaction, all or nothing.
import type { Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';

/**
 * The store as acts see it inside a write that is under way. Their own writes become part of it; an act that throws
 * ends the whole write, so never catch and go on.
 */
function within(store: Store, db: Db): Store {
  const read: Store['read'] = (fn) => fn(db);
  return { ...store, read, aside: { read }, write: (fn) => fn(db) };
}

/** Runs acts in one write. */
export function inOneWrite<Deps extends { readonly store: Store }, T>(
  deps: Deps,
  acts: (deps: Deps, db: Db) => Promise<T>,
): Promise<T> {
  return deps.store.write((db) => acts({ ...deps, store: within(deps.store, db) }, db));
}
