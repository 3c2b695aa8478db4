// Fills a migrated store with the accounts of a CSV, past the program's own import: a million within a minute or two.
import { hashSync } from '@node-rs/argon2';
import { eq } from 'drizzle-orm';
import type { Services } from '../../src/app.ts';
import { identifierKey, normaliseIdentifier } from '../../src/core/evidence.ts';
import { contextOf } from '../../src/services/secrets/keyring.ts';
import { bumpSettingsVersion } from '../../src/store/queries/settings.ts';
import { fillTables, type Table } from './fill.ts';
import { seedOf, type User, type Users } from './users.ts';

export type Style = 'code-only' | 'appended' | 'challenge';

/** What the load generator calls itself, for each style; every other request of the client is of the default style. */
export const gatewayNames: Readonly<Record<Style, string>> = {
  'code-only': 'bench-code-only',
  appended: 'bench-appended',
  challenge: 'bench-challenge',
};

const dayMs = 86_400_000;
const timeZoneOffset = '+07:00';
const units = 60;
/** Documents: one for so many accounts. */
const accountsPerAssignment = 1_000;
/** OWASP's least cost, as the program hashes. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

function identifierOf(user: User): string {
  for (const type of ['mac', 'source-address', 'hostname'] as const) {
    const value = normaliseIdentifier(type, user.workstation);
    if (value !== null) return identifierKey(type, value);
  }
  throw new Error(`${user.userName}: "${user.workstation}" names no workstation`);
}

function workstationsOf(users: Users): { readonly identifiers: string[]; readonly ofUser: Int32Array } {
  const ids = new Map<string, number>();
  const ofUser = new Int32Array(users.count);
  for (let index = 0; index < users.count; index += 1) {
    const key = identifierOf(users.at(index));
    const id = ids.get(key) ?? ids.size + 1;
    ids.set(key, id);
    ofUser[index] = id;
  }
  return { identifiers: [...ids.keys()], ofUser };
}

/** By password: who fills a dozen sites hashes each once. */
const phcs = new Map<string, string>();

function phcOf(password: string): string {
  const phc = phcs.get(password) ?? hashSync(password, cost);
  phcs.set(password, phc);
  return phc;
}

/** In an order in which every reference is already there. Ids are those of the rows' order, from 1. */
function tablesOf(users: Users, { keyring, clock }: Services): Table[] {
  const now = clock.now();
  const { identifiers, ofUser } = workstationsOf(users);
  const assignments = Math.ceil(users.count / accountsPerAssignment);
  const unitOf = (index: number): number => 2 + (index % units);
  const id = (index: number): number => index + 1;
  const termOf = ({ expires }: User) => {
    const validUntil = expires === '' ? now + 3_650 * dayMs : endOfDay(expires);
    return { validFrom: Math.min(now, validUntil) - 30 * dayMs, validUntil };
  };
  const ofAccounts = { count: users.count };
  return [
    {
      name: 'units',
      columns: {
        id: 'bigint',
        code: 'text',
        name: 'text',
        name_search_key: 'text',
        parent_id: 'bigint',
        path: 'text',
      },
      count: units + 1,
      rows: (i) => {
        const path = i === 0 ? '/1/' : `/1/${id(i)}/`;
        return [[id(i), `U${i}`, `Đơn vị ${i}`, `don vi ${i}`, i === 0 ? null : 1, path]];
      },
    },
    {
      name: 'people',
      columns: {
        id: 'bigint',
        staff_code: 'text',
        full_name: 'text',
        name_search_key: 'text',
        name_sort_key: 'text',
        kind: 'text',
        unit_id: 'bigint',
        created_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => {
        const { userName } = users.at(i);
        const names = [`Nguyễn Văn ${userName}`, `nguyen van ${userName}`, `${userName}-nguyen.van`];
        return [[id(i), `S-${userName}`, ...names, 'civil-servant', unitOf(i), now]];
      },
    },
    {
      name: 'employment_events',
      columns: {
        id: 'bigint',
        person_id: 'bigint',
        kind: 'text',
        effective_at: 'bigint',
        source: 'text',
        source_key: 'text',
        recorded_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => [[id(i), id(i), 'hired', now - 4_000 * dayMs, 'bench', users.at(i).userName, now]],
    },
    {
      name: 'assignments',
      columns: {
        id: 'bigint',
        document_number: 'text',
        document_date: 'bigint',
        signatory: 'text',
        purpose: 'text',
        data_scope: 'text',
        unit_id: 'bigint',
        valid_from: 'bigint',
      },
      count: assignments,
      rows: (i) => [
        [
          ...[id(i), `${id(i)}/QĐ-BENCH`, now - 4_000 * dayMs, 'Trần Thị B', 'Tra cứu', 'Hồ sơ'],
          ...[unitOf(i), now - 4_000 * dayMs],
        ],
      ],
    },
    {
      name: 'accounts',
      columns: {
        id: 'bigint',
        user_name: 'text',
        person_id: 'bigint',
        status: 'text',
        valid_from: 'bigint',
        valid_until: 'bigint',
        password_phc: 'text',
        created_at: 'bigint',
        updated_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => {
        const user = users.at(i);
        const { validFrom, validUntil } = termOf(user);
        const phc = phcOf(user.password);
        return [[id(i), user.userName.toLowerCase(), id(i), 'active', validFrom, validUntil, phc, now, now]];
      },
    },
    {
      name: 'account_assignments',
      columns: { account_id: 'bigint', assignment_id: 'bigint' },
      ...ofAccounts,
      rows: (i) => [[id(i), 1 + Math.floor(i / accountsPerAssignment)]],
    },
    {
      name: 'workstations',
      columns: {
        id: 'bigint',
        asset_tag: 'text',
        name: 'text',
        kind: 'text',
        state: 'text',
        unit_id: 'bigint',
      },
      count: identifiers.length,
      rows: (i) => [[id(i), `MT-${id(i)}`, `may-${id(i)}`, 'shared', 'active', unitOf(i)]],
    },
    {
      name: 'workstation_identifiers',
      columns: { workstation_id: 'bigint', identifier: 'text' },
      count: identifiers.length,
      rows: (i) => [[id(i), identifiers[i] ?? null]],
    },
    {
      name: 'account_workstations',
      columns: { account_id: 'bigint', workstation_id: 'bigint', valid_from: 'bigint', kind: 'text' },
      ...ofAccounts,
      rows: (i) => [[id(i), ofUser[i] ?? null, now - 4_000 * dayMs, 'permanent']],
    },
    {
      name: 'authenticators',
      columns: {
        id: 'bigint',
        account_id: 'bigint',
        kind: 'text',
        state: 'text',
        algorithm: 'text',
        digits: 'bigint',
        period_seconds: 'bigint',
        sealed_seed: 'bytea',
        created_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => {
        const sealed = keyring.seal(seedOf(users.at(i)), contextOf.seed(id(i)));
        return [[id(i), id(i), 'app', 'active', 'SHA1', 6, 30, sealed, now]];
      },
    },
  ];
}

/** A date-only `validUntil` means 24:00 of that day. */
function endOfDay(date: string): number {
  return Date.parse(`${date}T00:00:00${timeZoneOffset}`) + dayMs;
}

/** One RADIUS client on the loopback, a gateway for each style, and one of `defaultStyle` for whatever else it calls itself. */
async function addGateways(services: Services, secret: string, defaultStyle: Style): Promise<void> {
  const { store, keyring, clock } = services;
  const now = clock.now();
  await store.write(async (db) => {
    const { radiusClients, gateways } = db.tables;
    const name = 'bench';
    const sealedSecret = keyring.seal(Buffer.from(secret), contextOf.clientSecret(name));
    await db.insert(radiusClients).values({
      name,
      prefix: '127.0.0.1/32',
      sealedSecret,
      requireMessageAuthenticator: 'always',
      createdAt: now,
    });
    const [client] = await db
      .select({ id: radiusClients.id })
      .from(radiusClients)
      .where(eq(radiusClients.name, name));
    if (client === undefined) throw new Error('the RADIUS client was not stored');
    const gatewayOf = (style: Style) => ({
      clientId: client.id,
      profile: 'generic',
      profileOverrides: JSON.stringify({ credentials: { style } }),
      // The generator stands for every gateway of the organisation at once.
      requestsPerSecond: 1_000_000,
      createdAt: now,
    });
    const styles = Object.keys(gatewayNames) as Style[];
    await db.insert(gateways).values([
      { ...gatewayOf(defaultStyle), name: 'bench' },
      ...styles.map((style) => ({
        ...gatewayOf(style),
        name: gatewayNames[style],
        nasIdentifier: gatewayNames[style],
      })),
    ]);
    await bumpSettingsVersion(db);
  });
}

/**
 * Fills an empty, migrated store: per account a person, employment, a term, a written assignment, one workstation and one
 * app, sealed and hashed as the program does it.
 */
export async function populate(
  services: Services,
  users: Users,
  options: { readonly secret: string; readonly defaultStyle: Style },
): Promise<void> {
  const tables = tablesOf(users, services);
  await fillTables(services.config.store, tables);
  await addGateways(services, options.secret, options.defaultStyle);
}
