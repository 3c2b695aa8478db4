// Leases: at most one node at a time does the work of a name. Claimed, kept and given back by compare-and-set.
import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export interface LeaseClaim {
  readonly name: string;
  /** One process, not one host: a process that starts again is somebody else. */
  readonly holder: string;
  readonly now: number;
  /** Held until then unless it is claimed again; the longest that anybody asks for is `mostMs`. */
  readonly until: number;
  readonly mostMs: number;
}

/** Takes the lease, or keeps it; false while another holds it. One that lies further ahead than anybody may ask is void. */
export async function claimLease(db: Db, claim: LeaseClaim): Promise<boolean> {
  const { leases: t } = db.tables;
  const { name, holder, now, until, mostMs } = claim;
  const [row] = await db
    .insert(t)
    .values({ name, holder, until })
    .onConflictDoUpdate({
      target: t.name,
      set: { holder, until },
      // From before a clock was put back: nobody honest holds it so long.
      setWhere: sql`${eq(t.holder, holder)} or ${lte(t.until, now)} or ${gt(t.until, now + 2 * mostMs)}`,
    })
    .returning({ holder: t.holder });
  return row?.holder === holder;
}

/** Gives a lease back, so that another node need not wait for its end. */
export async function releaseLease(db: Db, name: string, holder: string): Promise<void> {
  const { leases: t } = db.tables;
  await db.delete(t).where(and(eq(t.name, name), eq(t.holder, holder)));
}
