// Everything that is kept sealed, page by page, for sealing it again under a newer data key.
import { and, asc, eq, gt, isNotNull, like } from 'drizzle-orm';
import type { Db } from '../tables.ts';

/** Keys of settings whose value is sealed (base64) begin like this. */
export const sealedSettingPrefix = 'sealed:';

/** `of`: what the value's context is made from. */
export interface SealedRow<Key extends string | number> {
  readonly key: Key;
  readonly of: string | number;
  readonly sealed: Buffer;
}

/** A column of sealed values. `replace` does nothing, and says so, when the value is no longer the one read. */
export interface SealedColumn<Key extends string | number> {
  list(db: Db, after: Key | null, limit: number): Promise<SealedRow<Key>[]>;
  replace(db: Db, row: SealedRow<Key>, sealed: Buffer): Promise<boolean>;
}

export const sealedSeeds: SealedColumn<number> = {
  async list(db, after, limit) {
    const { authenticators: t } = db.tables;
    return await db
      .select({ key: t.id, of: t.accountId, sealed: t.sealedSeed })
      .from(t)
      .where(after === null ? undefined : gt(t.id, after))
      .orderBy(asc(t.id))
      .limit(limit);
  },
  async replace(db, row, sealed) {
    const { authenticators: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedSeed: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedSeed, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedStockSeeds: SealedColumn<number> = {
  async list(db, after, limit) {
    const { tokens: t } = db.tables;
    return await db
      .select({ key: t.id, of: t.serialNumber, sealed: t.sealedSeed })
      .from(t)
      .where(after === null ? undefined : gt(t.id, after))
      .orderBy(asc(t.id))
      .limit(limit);
  },
  async replace(db, row, sealed) {
    const { tokens: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedSeed: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedSeed, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedOperatorSeeds: SealedColumn<number> = {
  async list(db, after, limit) {
    const { operators: t } = db.tables;
    const rows = await db
      .select({ key: t.id, of: t.signInName, sealed: t.sealedSeed })
      .from(t)
      .where(and(isNotNull(t.sealedSeed), after === null ? undefined : gt(t.id, after)))
      .orderBy(asc(t.id))
      .limit(limit);
    return rows.flatMap(({ sealed, ...row }) => (sealed === null ? [] : [{ ...row, sealed }]));
  },
  async replace(db, row, sealed) {
    const { operators: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedSeed: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedSeed, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedClientSecrets: SealedColumn<number> = {
  async list(db, after, limit) {
    const { radiusClients: t } = db.tables;
    const rows = await db
      .select({ key: t.id, of: t.name, sealed: t.sealedSecret })
      .from(t)
      .where(and(isNotNull(t.sealedSecret), after === null ? undefined : gt(t.id, after)))
      .orderBy(asc(t.id))
      .limit(limit);
    return rows.flatMap(({ sealed, ...row }) => (sealed === null ? [] : [{ ...row, sealed }]));
  },
  async replace(db, row, sealed) {
    const { radiusClients: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedSecret: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedSecret, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedNextClientSecrets: SealedColumn<number> = {
  async list(db, after, limit) {
    const { radiusClients: t } = db.tables;
    const rows = await db
      .select({ key: t.id, of: t.name, sealed: t.sealedNextSecret })
      .from(t)
      .where(and(isNotNull(t.sealedNextSecret), after === null ? undefined : gt(t.id, after)))
      .orderBy(asc(t.id))
      .limit(limit);
    return rows.flatMap(({ sealed, ...row }) => (sealed === null ? [] : [{ ...row, sealed }]));
  },
  async replace(db, row, sealed) {
    const { radiusClients: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedNextSecret: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedNextSecret, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedCoaSecrets: SealedColumn<number> = {
  async list(db, after, limit) {
    const { gateways: t } = db.tables;
    const rows = await db
      .select({ key: t.id, of: t.name, sealed: t.sealedCoaSecret })
      .from(t)
      .where(and(isNotNull(t.sealedCoaSecret), after === null ? undefined : gt(t.id, after)))
      .orderBy(asc(t.id))
      .limit(limit);
    return rows.flatMap(({ sealed, ...row }) => (sealed === null ? [] : [{ ...row, sealed }]));
  },
  async replace(db, row, sealed) {
    const { gateways: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ sealedCoaSecret: sealed })
      .where(and(eq(t.id, row.key), eq(t.sealedCoaSecret, row.sealed)))
      .returning({ id: t.id });
    return changed.length === 1;
  },
};

export const sealedSettings: SealedColumn<string> = {
  async list(db, after, limit) {
    const { settings: t } = db.tables;
    const rows = await db
      .select()
      .from(t)
      .where(and(like(t.key, `${sealedSettingPrefix}%`), after === null ? undefined : gt(t.key, after)))
      .orderBy(asc(t.key))
      .limit(limit);
    return rows.map((row) => ({ key: row.key, of: row.key, sealed: Buffer.from(row.value, 'base64') }));
  },
  async replace(db, row, sealed) {
    const { settings: t } = db.tables;
    const changed = await db
      .update(t)
      .set({ value: sealed.toString('base64') })
      .where(and(eq(t.key, row.key), eq(t.value, row.sealed.toString('base64'))))
      .returning({ key: t.key });
    return changed.length === 1;
  },
};
