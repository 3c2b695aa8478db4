// Settings: single values of the organisation and of the store.
import { eq, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export async function findSetting(db: Db, key: string): Promise<string | null> {
  const { settings } = db.tables;
  const rows = await db.select({ value: settings.value }).from(settings).where(eq(settings.key, key));
  return rows[0]?.value ?? null;
}

/** Writes a value, whatever was there. */
export async function putSetting(db: Db, key: string, value: string): Promise<void> {
  const { settings } = db.tables;
  await db
    .insert(settings)
    .values({ key, value })
    .onConflictDoUpdate({ target: settings.key, set: { value } });
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
    .values({ key: 'settingsVersion', value: '1' })
    .onConflictDoUpdate({
      target: settings.key,
      set: { value: sql`cast(cast(${settings.value} as bigint) + 1 as text)` },
    });
}
