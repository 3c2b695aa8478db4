// Rows with sensible defaults, for tests that need a small organisation in a store. Names are unique within a run.

import { insertUnit } from '../../src/store/queries/units.ts';
import type { Db, Tables } from '../../src/store/tables.ts';

type New<Name extends keyof Tables> = Partial<Tables[Name]['$inferInsert']>;

/** The instant at which the fixtures were made: 2026-03-02 00:00 in Hà Nội. */
export const fixtureTime = Date.UTC(2026, 2, 1, 17);
export const oneDay = 86_400_000;

let serial = 0;

/** A tree of three levels: the ministry, a province below it, two districts below that. */
export async function insertUnitTree(
  db: Db,
): Promise<{ root: number; province: number; district: number; otherDistrict: number }> {
  const number = ++serial;
  const unit = (name: string, parentId: number | null) =>
    insertUnit(db, { code: `${name}-${number}`, name, nameSearchKey: name.toLowerCase(), parentId });
  const root = await unit('Bo', null);
  const province = await unit('Tinh', root);
  return {
    root,
    province,
    district: await unit('Huyen-A', province),
    otherDistrict: await unit('Huyen-B', province),
  };
}

/** A person who was hired a year ago (unless `hiredAt` is null). */
export async function insertPerson(
  db: Db,
  person: New<'people'> & { readonly unitId: number },
  hiredAt: number | null = fixtureTime - 365 * oneDay,
): Promise<number> {
  const { people } = db.tables;
  const number = ++serial;
  const id = await idOf(
    db
      .insert(people)
      .values({
        staffCode: `CB${number}`,
        fullName: `Nguyễn Văn ${number}`,
        nameSearchKey: `nguyen van ${number}`,
        nameSortKey: `${number}`.padStart(8, '0'),
        kind: 'civil-servant',
        createdAt: fixtureTime,
        ...person,
      })
      .returning({ id: people.id }),
  );
  if (hiredAt !== null) await insertEmployment(db, { personId: id, kind: 'hired', effectiveAt: hiredAt });
  return id;
}

export function insertEmployment(
  db: Db,
  event: New<'employmentEvents'> & Pick<Tables['employmentEvents']['$inferInsert'], 'personId' | 'kind'>,
): Promise<number> {
  const { employmentEvents } = db.tables;
  return idOf(
    db
      .insert(employmentEvents)
      .values({
        effectiveAt: fixtureTime,
        source: 'test',
        sourceKey: `event-${++serial}`,
        recordedAt: fixtureTime,
        ...event,
      })
      .returning({ id: employmentEvents.id }),
  );
}

/** An active account, valid from a month before to a year after `fixtureTime`. */
export function insertAccount(
  db: Db,
  account: New<'accounts'> & { readonly personId: number },
): Promise<number> {
  const { accounts } = db.tables;
  return idOf(
    db
      .insert(accounts)
      .values({
        userName: `user${++serial}`,
        status: 'active',
        validFrom: fixtureTime - 30 * oneDay,
        validUntil: fixtureTime + 365 * oneDay,
        createdAt: fixtureTime,
        updatedAt: fixtureTime,
        ...account,
      })
      .returning({ id: accounts.id }),
  );
}

/** A written assignment that covers the accounts given. */
export async function insertAssignment(
  db: Db,
  assignment: New<'assignments'> & { readonly unitId: number },
  accountIds: readonly number[] = [],
): Promise<number> {
  const { assignments, accountAssignments } = db.tables;
  const id = await idOf(
    db
      .insert(assignments)
      .values({
        documentNumber: `${++serial}/QĐ`,
        documentDate: fixtureTime - 40 * oneDay,
        signatory: 'Trần Thị B',
        purpose: 'Tra cứu hồ sơ',
        dataScope: 'Hồ sơ của tỉnh',
        validFrom: fixtureTime - 30 * oneDay,
        ...assignment,
      })
      .returning({ id: assignments.id }),
  );
  for (const accountId of accountIds)
    await db.insert(accountAssignments).values({ accountId, assignmentId: id });
  return id;
}

/** An active personal workstation with the identifiers given (`type:value`). */
export async function insertWorkstation(
  db: Db,
  workstation: New<'workstations'> & { readonly unitId: number },
  identifiers: readonly string[] = [],
): Promise<number> {
  const { workstations, workstationIdentifiers } = db.tables;
  const number = ++serial;
  const id = await idOf(
    db
      .insert(workstations)
      .values({
        assetTag: `TS-${number}`,
        name: `PC-${number}`,
        kind: 'personal',
        state: 'active',
        ...workstation,
      })
      .returning({ id: workstations.id }),
  );
  for (const identifier of identifiers) {
    await db.insert(workstationIdentifiers).values({ workstationId: id, identifier });
  }
  return id;
}

export async function assignWorkstation(
  db: Db,
  link: New<'accountWorkstations'> & { readonly accountId: number; readonly workstationId: number },
): Promise<void> {
  const { accountWorkstations } = db.tables;
  await db
    .insert(accountWorkstations)
    .values({ validFrom: fixtureTime - 30 * oneDay, kind: 'permanent', ...link });
}

/** An active app; the seed is sealed by nobody: give a real one where it is to be opened. */
export function insertAuthenticator(
  db: Db,
  authenticator: New<'authenticators'> & { readonly accountId: number },
): Promise<number> {
  const { authenticators } = db.tables;
  return idOf(
    db
      .insert(authenticators)
      .values({
        kind: 'app',
        state: 'active',
        algorithm: 'SHA1',
        digits: 6,
        periodSeconds: 30,
        sealedSeed: Buffer.from('not a sealed seed'),
        createdAt: fixtureTime,
        ...authenticator,
      })
      .returning({ id: authenticators.id }),
  );
}

export function insertClient(db: Db, client: New<'radiusClients'> = {}): Promise<number> {
  const { radiusClients } = db.tables;
  const number = ++serial;
  return idOf(
    db
      .insert(radiusClients)
      .values({
        name: `client-${number}`,
        prefix: `10.${(number >> 8) & 255}.${number & 255}.0/24`,
        sealedSecret: Buffer.from('not a sealed secret'),
        requireMessageAuthenticator: 'always',
        createdAt: fixtureTime,
        ...client,
      })
      .returning({ id: radiusClients.id }),
  );
}

export function insertGateway(
  db: Db,
  gateway: New<'gateways'> & { readonly clientId: number },
): Promise<number> {
  const { gateways } = db.tables;
  return idOf(
    db
      .insert(gateways)
      .values({ name: `gateway-${++serial}`, profile: 'generic', createdAt: fixtureTime, ...gateway })
      .returning({ id: gateways.id }),
  );
}

async function idOf(inserted: PromiseLike<{ id: number }[]>): Promise<number> {
  const [row] = await inserted;
  if (row === undefined) throw new Error('nothing was inserted');
  return row.id;
}
