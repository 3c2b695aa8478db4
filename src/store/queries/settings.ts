// Settings: single values of the organisation and of the store.
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

/** Names of settings that more than one part of the program reads. `realms`: JSON list; the others plain text. */
export const settingKeys = {
  settingsVersion: 'settingsVersion',
  organisationName: 'organisationName',
  timeZone: 'timeZone',
  realms: 'realms',
  rulesVersion: 'rulesVersion',
  operatorFourEyes: 'operatorFourEyes',
} as const;

export async function findSetting(db: Db, key: string): Promise<string | null> {
  const { settings } = db.tables;
  const rows = await db.select({ value: settings.value }).from(settings).where(eq(settings.key, key));
  return rows[0]?.value ?? null;
}

/** The values of some settings; absent ones are missing in the map. */
export async function findSettings(db: Db, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { settings } = db.tables;
  const rows = await db
    .select()
    .from(settings)
    .where(inArray(settings.key, [...keys]));
  return new Map(rows.map((row) => [row.key, row.value]));
}

/** Writes a value, whatever was there. */
export async function putSetting(db: Db, key: string, value: string): Promise<void> {
  const { settings } = db.tables;
  await db
    .insert(settings)
    .values({ key, value })
    .onConflictDoUpdate({ target: settings.key, set: { value } });
}

/** Replaces a value if it is still `former`; whether it was. */
export async function replaceSetting(db: Db, key: string, former: string, value: string): Promise<boolean> {
  const { settings } = db.tables;
  const changed = await db
    .update(settings)
    .set({ value })
    .where(and(eq(settings.key, key), eq(settings.value, former)))
    .returning({ key: settings.key });
  return changed.length === 1;
}

/** Writes a value unless there is one; whether it did. */
export async function insertSettingIfAbsent(db: Db, key: string, value: string): Promise<boolean> {
  const { settings } = db.tables;
  const inserted = await db
    .insert(settings)
    .values({ key, value })
    .onConflictDoNothing()
    .returning({ key: settings.key });
  return inserted.length === 1;
}

/**
 * Makes every node load clients, gateways, policies and rules anew. Belongs into the same write as any change to them.
 */
export async function bumpSettingsVersion(db: Db): Promise<void> {
  const { settings } = db.tables;
  await db
    .insert(settings)
    .values({ key: settingKeys.settingsVersion, value: '1' })
    .onConflictDoUpdate({
      target: settings.key,
      set: { value: sql`cast(cast(${settings.value} as bigint) + 1 as text)` },
    });
}

export async function deleteSetting(db: Db, key: string): Promise<void> {
  const { settings } = db.tables;
  await db.delete(settings).where(eq(settings.key, key));
}
