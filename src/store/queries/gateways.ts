// RADIUS clients, the gateways declared for them, and policies: all of it, since a snapshot holds all of it.
import { and, asc, eq } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export interface RadiusClientRow {
  readonly id: number;
  readonly name: string;
  /** Null, and no secret: it sends no datagrams. */
  readonly prefix: string | null;
  readonly sealedSecret: Buffer | null;
  readonly sealedNextSecret: Buffer | null;
  readonly requireMessageAuthenticator: 'always' | 'auto' | 'never';
  readonly seenMessageAuthenticator: boolean;
  readonly limitProxyState: boolean;
  /** JSON. */
  readonly tlsRule: string | null;
}

export async function listRadiusClients(db: Db): Promise<RadiusClientRow[]> {
  const { radiusClients: t } = db.tables;
  return await db
    .select({
      id: t.id,
      name: t.name,
      prefix: t.prefix,
      sealedSecret: t.sealedSecret,
      sealedNextSecret: t.sealedNextSecret,
      requireMessageAuthenticator: t.requireMessageAuthenticator,
      seenMessageAuthenticator: t.seenMessageAuthenticator,
      limitProxyState: t.limitProxyState,
      tlsRule: t.tlsRule,
    })
    .from(t)
    .orderBy(asc(t.id));
}

export interface GatewayRow {
  readonly id: number;
  readonly name: string;
  readonly clientId: number;
  readonly nasIdentifier: string | null;
  readonly nasIpAddress: string | null;
  readonly profile: string;
  /** JSON. */
  readonly profileOverrides: string | null;
  readonly unitId: number | null;
  readonly requestsPerSecond: number | null;
  readonly accountRequestsPerMinute: number | null;
  readonly coaAddress: string | null;
  readonly coaPort: number | null;
  readonly sealedCoaSecret: Buffer | null;
  readonly control: string | null;
  readonly cutProvenAt: number | null;
  /** JSON. */
  readonly httpTlsRule: string | null;
}

export async function listGateways(db: Db): Promise<GatewayRow[]> {
  const { gateways: t } = db.tables;
  return await db
    .select({
      id: t.id,
      name: t.name,
      clientId: t.clientId,
      nasIdentifier: t.nasIdentifier,
      nasIpAddress: t.nasIpAddress,
      profile: t.profile,
      profileOverrides: t.profileOverrides,
      unitId: t.unitId,
      requestsPerSecond: t.requestsPerSecond,
      accountRequestsPerMinute: t.accountRequestsPerMinute,
      coaAddress: t.coaAddress,
      coaPort: t.coaPort,
      sealedCoaSecret: t.sealedCoaSecret,
      control: t.control,
      cutProvenAt: t.cutProvenAt,
      httpTlsRule: t.httpTlsRule,
    })
    .from(t)
    .orderBy(asc(t.id));
}

/** Scope (`organisation`, `unit:<id>`, `gateway:<id>`) and layer (JSON) of every policy. */
export async function listPolicies(db: Db): Promise<{ scope: string; layer: string }[]> {
  const { policies: t } = db.tables;
  return await db.select({ scope: t.scope, layer: t.layer }).from(t);
}

/** Notes that a client in `auto` signs its requests; false when that was known already. */
export async function markMessageAuthenticatorSeen(db: Db, clientId: number): Promise<boolean> {
  const { radiusClients: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ seenMessageAuthenticator: true })
    .where(and(eq(t.id, clientId), eq(t.seenMessageAuthenticator, false)))
    .returning({ id: t.id });
  return changed.length === 1;
}
