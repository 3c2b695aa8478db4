// An organisation of one unit with as many accounts as a test wants, and the commands that decide about them.
import type { DecisionCommand, Store } from '../../../src/store/store.ts';

export interface TestAccount {
  readonly accountId: number;
  readonly authenticatorId: number;
  readonly gatewayId: number;
  readonly unitId: number;
}

export const farFuture = 4_102_444_800_000;

/** Active accounts with an app each, valid until 2100 unless told otherwise. */
export function addAccounts(store: Store, count: number, validUntil = farFuture): Promise<TestAccount[]> {
  return store.write(async (db) => {
    const t = db.tables;
    const names = { name: 'Ban', nameSearchKey: 'ban' };
    const [unit] = await db
      .insert(t.units)
      .values({ code: 'B', path: '/1/', ...names })
      .returning();
    const unitId = unit?.id ?? 0;
    const [person] = await db
      .insert(t.people)
      .values({
        staffCode: 'S1',
        fullName: 'Nguyễn Văn An',
        nameSearchKey: 'nguyen van an',
        nameSortKey: 'an',
        kind: 'civil-servant',
        unitId,
        createdAt: 1,
      })
      .returning();
    const [client] = await db
      .insert(t.radiusClients)
      .values({
        name: 'c',
        prefix: '192.0.2.0/24',
        sealedSecret: Buffer.alloc(1),
        requireMessageAuthenticator: 'auto',
        createdAt: 1,
      })
      .returning();
    const [gateway] = await db
      .insert(t.gateways)
      .values({ name: 'g', clientId: client?.id ?? 0, profile: 'generic', createdAt: 1 })
      .returning();
    const accounts = await db
      .insert(t.accounts)
      .values(
        Array.from({ length: count }, (_, index) => ({
          userName: `user${index}`,
          personId: person?.id ?? 0,
          status: 'active' as const,
          validFrom: 1,
          validUntil,
          createdAt: 1,
          updatedAt: 1,
        })),
      )
      .returning({ id: t.accounts.id });
    const authenticators = await db
      .insert(t.authenticators)
      .values(
        accounts.map(({ id }) => ({
          accountId: id,
          kind: 'app' as const,
          state: 'active' as const,
          algorithm: 'SHA1' as const,
          digits: 6 as const,
          periodSeconds: 30 as const,
          sealedSeed: Buffer.alloc(1),
          createdAt: 1,
        })),
      )
      .returning({ id: t.authenticators.id, accountId: t.authenticators.accountId });
    return authenticators.map(({ id, accountId }) => {
      return { accountId, authenticatorId: id, gatewayId: gateway?.id ?? 0, unitId };
    });
  });
}

export const lockout: DecisionCommand['lockout'] = {
  codeAttempts: 5,
  lockMs: 900_000,
  maxLockMs: 86_400_000,
  passwordAttempts: 5,
  passwordDelayMs: 5_000,
  maxPasswordDelayMs: 3_600_000,
  forgetMs: 86_400_000,
};

/** A denial that changes nothing but the record. */
export function denial(account: Pick<TestAccount, 'accountId' | 'gatewayId'> | null): DecisionCommand {
  return {
    accountId: account?.accountId ?? null,
    guard: null,
    lockout,
    claim: null,
    spend: null,
    issue: null,
    challengeClaim: null,
    failures: [],
    reset: [],
    session: null,
    endSessions: [],
    alert: null,
    record: {
      kind: 'decision',
      at: 1_700_000_000_000,
      accountId: account?.accountId ?? null,
      gatewayId: account?.gatewayId ?? null,
      outcome: 'deny',
      reason: account === null ? 'account-unknown' : 'outside-hours',
      detail: null,
      lookupCode: 'ABCD2345',
      body: { evidence: 1, profile: 'generic' },
      personal: { userName: 'nguyễn.an', station: '198.51.100.7' },
    },
  };
}

/** A wrong code after a right password. */
export function wrongCode(account: TestAccount): DecisionCommand {
  const command = denial(account);
  return {
    ...command,
    guard: { revision: 1, requireValid: false, notLocked: ['code'] },
    failures: ['code'],
    record: { ...command.record, reason: 'code-wrong' },
  };
}

let references = 0;

/** An Accept that claims a time step and opens a session. */
export function accept(account: TestAccount, timeStep: number, node = 'test'): DecisionCommand {
  const command = denial(account);
  const { gatewayId } = account;
  return {
    ...command,
    guard: { revision: 1, requireValid: true, notLocked: ['code'] },
    claim: {
      authenticatorId: account.authenticatorId,
      timeStep,
      claimant: { node, gatewayId, station: '198.51.100.7', at: 1_700_000_000_000 + timeStep },
    },
    reset: ['code'],
    session: {
      gatewayId,
      workstationId: null,
      provenBy: null,
      station: '198.51.100.7',
      startedAt: 1,
      until: farFuture,
      openUntil: farFuture,
      reference: `reference ${++references}`,
      acctSessionId: null,
      identification: '{}',
    },
    record: { ...command.record, outcome: 'accept', reason: null, lookupCode: null },
  };
}

/** How often each kind of result occurs. */
export function tally(results: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of results) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
