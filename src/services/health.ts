// Whether this node may be asked: every part says so itself, and one that doesn't silences the node.

/** Why a node is not ready; a closed list. */
export type UnreadyCause =
  | 'starting'
  | 'stopping'
  | 'store-unavailable'
  | 'writer-stopped'
  | 'keys-closed'
  | 'clock-unstable'
  | 'sockets-unbound';

export interface Readiness {
  readonly ready: boolean;
  /** Empty when ready. */
  readonly causes: readonly UnreadyCause[];
}

export interface Health {
  readiness(): Promise<Readiness>;
}

/** Asks every part, all at the same time; a check that throws counts as failed. */
export function createHealth(
  checks: readonly { readonly cause: UnreadyCause; readonly ok: () => boolean | Promise<boolean> }[],
): Health {
  return {
    async readiness() {
      const results = await Promise.all(
        checks.map(async ({ cause, ok }) => {
          try {
            return (await ok()) ? null : cause;
          } catch {
            return cause;
          }
        }),
      );
      const causes = results.filter((cause) => cause !== null);
      return { ready: causes.length === 0, causes };
    },
  };
}
