// Changes of RADIUS clients and gateways. Whoever calls them bumps the version of the settings in the same write.
import { and, asc, count, eq, gt, inArray, isNull, lt, ne, or } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type ClientRow = Tables['radiusClients']['$inferSelect'];
export type GatewayDetails = Tables['gateways']['$inferSelect'] & {
  readonly client: ClientRow;
  readonly unitCode: string | null;
};

function selectGateways(db: Db) {
  const { gateways: t, radiusClients, units } = db.tables;
  return db
    .select({ gateway: t, client: radiusClients, unitCode: units.code })
    .from(t)
    .innerJoin(radiusClients, eq(radiusClients.id, t.clientId))
    .leftJoin(units, eq(units.id, t.unitId));
}

const toDetails = (row: Awaited<ReturnType<typeof selectGateways>>[number]): GatewayDetails => ({
  ...row.gateway,
  client: row.client,
  unitCode: row.unitCode,
});

/** Every gateway with its client, by name. */
export async function listGatewayDetails(db: Db): Promise<GatewayDetails[]> {
  return (await selectGateways(db).orderBy(asc(db.tables.gateways.name))).map(toDetails);
}

export async function findGatewayDetails(db: Db, name: string): Promise<GatewayDetails | null> {
  const [row] = await selectGateways(db).where(eq(db.tables.gateways.name, name));
  return row === undefined ? null : toDetails(row);
}

export async function findClientByName(db: Db, name: string): Promise<ClientRow | null> {
  const { radiusClients: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.name, name));
  return row ?? null;
}

export async function findClientByPrefix(db: Db, prefix: string): Promise<ClientRow | null> {
  const { radiusClients: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.prefix, prefix));
  return row ?? null;
}

export async function listClientNames(db: Db): Promise<string[]> {
  const { radiusClients: t } = db.tables;
  return (await db.select({ name: t.name }).from(t)).map((row) => row.name);
}

/** Inserts a client and returns its id. */
export async function insertRadiusClient(
  db: Db,
  row: Omit<Tables['radiusClients']['$inferInsert'], 'id'>,
): Promise<number> {
  const { radiusClients: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).returning({ id: t.id });
  if (inserted === undefined) throw new Error('the client was not inserted');
  return inserted.id;
}

/** Inserts a gateway and returns its id. */
export async function insertGateway(
  db: Db,
  row: Omit<Tables['gateways']['$inferInsert'], 'id'>,
): Promise<number> {
  const { gateways: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).returning({ id: t.id });
  if (inserted === undefined) throw new Error('the gateway was not inserted');
  return inserted.id;
}

export async function updateRadiusClient(
  db: Db,
  id: number,
  set: Partial<
    Pick<
      ClientRow,
      | 'prefix'
      | 'sealedSecret'
      | 'requireMessageAuthenticator'
      | 'neverReason'
      | 'limitProxyState'
      | 'tlsRule'
    >
  >,
): Promise<void> {
  const { radiusClients: t } = db.tables;
  await db.update(t).set(set).where(eq(t.id, id));
}

/**
 * Sets both secrets of a client whose present one is still `former`.
 * @returns false when somebody else changed it meanwhile (or sealed it again)
 */
export async function replaceClientSecrets(
  db: Db,
  change: {
    readonly id: number;
    readonly former: Buffer;
    readonly sealedSecret: Buffer;
    readonly sealedNextSecret: Buffer | null;
  },
): Promise<boolean> {
  const { radiusClients: t } = db.tables;
  const { id, former, sealedSecret, sealedNextSecret } = change;
  const changed = await db
    .update(t)
    .set({ sealedSecret, sealedNextSecret })
    .where(and(eq(t.id, id), eq(t.sealedSecret, former)))
    .returning({ id: t.id });
  return changed.length === 1;
}

export async function updateGateway(
  db: Db,
  id: number,
  set: Partial<
    Pick<
      Tables['gateways']['$inferSelect'],
      | 'profile'
      | 'profileOverrides'
      | 'nasIdentifier'
      | 'nasIpAddress'
      | 'unitId'
      | 'requestsPerSecond'
      | 'accountRequestsPerMinute'
      | 'coaAddress'
      | 'coaPort'
      | 'control'
      | 'cutProvenAt'
      | 'sealedCoaSecret'
      | 'httpTlsRule'
    >
  >,
): Promise<void> {
  const { gateways: t } = db.tables;
  await db.update(t).set(set).where(eq(t.id, id));
}

/** The gateways of a client are told to end sessions in another way, which nobody has tried yet. */
export async function forgetCutProofs(db: Db, clientId: number): Promise<void> {
  const { gateways: t } = db.tables;
  await db.update(t).set({ cutProvenAt: null }).where(eq(t.clientId, clientId));
}

/** Notes that a gateway was heard of, unless it was later already (by another node, say). No setting changes by it. */
export async function noteGatewaySeen(db: Db, name: string, at: number): Promise<void> {
  const { gateways: t } = db.tables;
  await db
    .update(t)
    .set({ lastSeenAt: at })
    .where(and(eq(t.name, name), or(isNull(t.lastSeenAt), lt(t.lastSeenAt, at))));
}

/** How many sessions of a gateway may still be up. */
export async function countOpenSessionsOfGateway(db: Db, gatewayId: number, now: number): Promise<number> {
  const { sessions: t } = db.tables;
  const [row] = await db
    .select({ sessions: count() })
    .from(t)
    .where(and(eq(t.gatewayId, gatewayId), ne(t.state, 'ended'), gt(t.until, now)));
  return Number(row?.sessions ?? 0);
}

/**
 * Removes a gateway with its policy and what is kept of its sessions (the audit log keeps what was decided), and its client
 * when no other gateway belongs to it.
 * @returns whether the client went too
 */
export async function deleteGateway(
  db: Db,
  gateway: { readonly id: number; readonly clientId: number },
): Promise<boolean> {
  const { gateways, policies, sessions, cuts, apiTokens, radiusClients } = db.tables;
  const itsSessions = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.gatewayId, gateway.id));
  await db.delete(cuts).where(inArray(cuts.sessionId, itsSessions));
  await db.delete(sessions).where(eq(sessions.gatewayId, gateway.id));
  await db.delete(policies).where(eq(policies.scope, `gateway:${gateway.id}`));
  await db.delete(apiTokens).where(eq(apiTokens.gatewayId, gateway.id));
  await db.delete(gateways).where(eq(gateways.id, gateway.id));
  const others = await db
    .select({ id: gateways.id })
    .from(gateways)
    .where(eq(gateways.clientId, gateway.clientId))
    .limit(1);
  if (others.length > 0) return false;
  await db.delete(radiusClients).where(eq(radiusClients.id, gateway.clientId));
  return true;
}
