// What an import reads and writes of RADIUS clients, gateways and policies.
import { eq } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';

export type KnownClient = Tables['radiusClients']['$inferSelect'];

export async function listClients(db: Db): Promise<KnownClient[]> {
  return await db.select().from(db.tables.radiusClients);
}

export async function insertClient(db: Db, row: Tables['radiusClients']['$inferInsert']): Promise<void> {
  await db.insert(db.tables.radiusClients).values(row);
}

export async function updateClient(
  db: Db,
  id: number,
  change: Partial<Omit<KnownClient, 'id'>>,
): Promise<void> {
  const { radiusClients: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}

export interface KnownGateway {
  readonly id: number;
  readonly name: string;
  readonly client: string;
  readonly profile: string;
  readonly profileOverrides: string | null;
  readonly nasIdentifier: string | null;
  readonly nasIpAddress: string | null;
  readonly coaAddress: string | null;
  readonly coaPort: number | null;
  readonly control: string | null;
  /** Code. */
  readonly unit: string | null;
}

/** Every gateway, with its client's name and its unit's code. */
export async function listKnownGateways(db: Db): Promise<KnownGateway[]> {
  const { gateways: t, radiusClients, units } = db.tables;
  return await db
    .select({
      id: t.id,
      name: t.name,
      client: radiusClients.name,
      profile: t.profile,
      profileOverrides: t.profileOverrides,
      nasIdentifier: t.nasIdentifier,
      nasIpAddress: t.nasIpAddress,
      coaAddress: t.coaAddress,
      coaPort: t.coaPort,
      control: t.control,
      unit: units.code,
    })
    .from(t)
    .innerJoin(radiusClients, eq(radiusClients.id, t.clientId))
    .leftJoin(units, eq(units.id, t.unitId));
}

export async function insertGateway(db: Db, row: Tables['gateways']['$inferInsert']): Promise<void> {
  await db.insert(db.tables.gateways).values(row);
}

export async function updateGateway(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['gateways']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { gateways: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}
