// The hot query: what a decision gets to know, the same from both databases.
import { describe, expect, it } from 'vitest';
import type { Facts, WorkstationState } from '../../src/core/facts.ts';
import { bumpSettingsVersion, putSetting } from '../../src/store/queries/settings.ts';
import type { DecisionStore, Store } from '../../src/store/store.ts';
import { openFaultlessModel } from './each-decision-store.ts';
import { describeOnEachStore } from './each-store.ts';
import {
  assignWorkstation,
  fixtureTime,
  insertAccount,
  insertAssignment,
  insertAuthenticator,
  insertClient,
  insertEmployment,
  insertGateway,
  insertPerson,
  insertUnitTree,
  insertWorkstation,
  oneDay,
} from './fixtures.ts';
import { ModelDatabase } from './model-store/database.ts';

/** Everything that facts can hold, in an order that no index gives. In an empty store all ids are known. */
async function insertRichAccount(store: Store): Promise<void> {
  await store.write(async (db) => {
    const { counters, sessions, workstationKeys, deviceTickets } = db.tables;
    const { district } = await insertUnitTree(db);
    const personId = await insertPerson(db, { unitId: district }, null);
    await insertEmployment(db, { personId, kind: 'returned', effectiveAt: fixtureTime });
    await insertEmployment(db, { personId, kind: 'hired', effectiveAt: fixtureTime - 900 * oneDay });
    await insertEmployment(db, {
      personId,
      kind: 'leave',
      detail: 'maternity',
      effectiveAt: fixtureTime - 180 * oneDay,
    });
    await insertEmployment(db, { personId, kind: 'moved', effectiveAt: fixtureTime });
    const stranger = await insertPerson(db, { unitId: district });
    await insertEmployment(db, { personId: stranger, kind: 'ended', detail: 'retired' });

    const accountId = await insertAccount(db, {
      personId,
      userName: 'nguyễn.an',
      suspendedDetail: 'leak',
      suspendedAt: fixtureTime + 5,
      suspendedBy: 'centre',
      passwordPhc: '$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA',
      passwordState: 'change-required',
      firstFactor: 'ad',
      rulesVersionAccepted: 3,
      revision: 42,
    });
    const other = await insertAccount(db, { personId: stranger, userName: 'other' });
    await insertAssignment(db, { unitId: district, validUntil: fixtureTime + 9 }, [accountId]);
    await insertAssignment(db, { unitId: district }, [accountId, other]);
    await insertAssignment(db, { unitId: district }, [other]);

    const own = await insertWorkstation(db, { unitId: district, assetTag: 'OWN' }, [
      'name:MÁY "1"\\',
      'mac:02000000000a',
      'mac:020000000001',
    ]);
    const bare = await insertWorkstation(db, { unitId: district, assetTag: 'BARE', state: 'lost' });
    const theirs = await insertWorkstation(db, { unitId: district, assetTag: 'THEIRS', state: 'retired' }, [
      'mac:0200000000ff',
      'name:SHARED',
    ]);
    await insertWorkstation(db, { unitId: district, assetTag: 'SPARE' }, ['name:SHARED']);
    await assignWorkstation(db, { accountId, workstationId: bare });
    await assignWorkstation(db, {
      accountId,
      workstationId: own,
      validFrom: fixtureTime,
      validUntil: fixtureTime + oneDay,
      kind: 'temporary',
    });
    await assignWorkstation(db, {
      accountId,
      workstationId: own,
      validFrom: fixtureTime - oneDay,
      validUntil: fixtureTime - 1,
    });
    await assignWorkstation(db, { accountId: other, workstationId: theirs });

    const clientId = await insertClient(db);
    const gatewayId = await insertGateway(db, { clientId });
    await insertAuthenticator(db, {
      accountId,
      kind: 'token',
      serialNumber: 'S1',
      algorithm: 'SHA256',
      digits: 8,
      periodSeconds: 60,
      sealedSeed: Buffer.from([0, 1, 0xfe, 0xff]),
      lastStep: 58_000_000,
      driftSteps: -1,
      lastClaimNode: 'a',
      lastClaimGatewayId: gatewayId,
      lastClaimStation: '192.0.2.1',
      lastClaimAt: fixtureTime - 60_000,
    });
    await insertAuthenticator(db, { accountId, state: 'revoked' });
    await insertAuthenticator(db, { accountId, state: 'pending' });
    await insertAuthenticator(db, { accountId });
    await insertAuthenticator(db, { accountId: other });
    for (const scope of ['password|192.0.2.1', 'code', 'password']) {
      await db
        .insert(counters)
        .values({ accountId, scope, failures: 2, lastFailureAt: fixtureTime, lockedUntil: fixtureTime + 7 });
    }
    await db
      .insert(counters)
      .values({ accountId: other, scope: 'code', failures: 1, lastFailureAt: 1, lockedUntil: 0 });
    const session = {
      accountId,
      gatewayId,
      station: '192.0.2.1',
      startedAt: fixtureTime,
      until: fixtureTime + 1,
    };
    await db.insert(sessions).values({ ...session, state: 'live', workstationId: own });
    await db.insert(sessions).values({ ...session, state: 'ended', endedAt: fixtureTime });
    await db.insert(sessions).values({ ...session, state: 'pending', openUntil: fixtureTime + 7 });
    await db.insert(sessions).values({ ...session, accountId: other, state: 'live' });
    const key = {
      origin: 'issued' as const,
      storage: 'tpm' as const,
      publicKey: Buffer.alloc(1),
      label: 'pc',
      requestedAt: fixtureTime,
    };
    await db.insert(workstationKeys).values([
      {
        ...key,
        workstationId: own,
        identifier: 'spki-sha256:b',
        certificateIdentifier: 'certificate-sha256:c',
        state: 'active',
        validUntil: fixtureTime + 8,
      },
      { ...key, workstationId: own, identifier: 'spki-sha256:a', state: 'active', validUntil: null },
      { ...key, workstationId: own, identifier: 'spki-sha256:d', state: 'revoked', validUntil: fixtureTime },
    ]);
    const ticket = { accountId, workstationId: own, address: '192.0.2.1', issuedAt: fixtureTime };
    await db.insert(deviceTickets).values([
      {
        ...ticket,
        kind: 'proof',
        keyIdentifier: 'spki-sha256:b',
        expiresAt: fixtureTime + 60_000,
        spentAt: fixtureTime + 1,
      },
      { ...ticket, kind: 'login', tokenHash: 'abc', expiresAt: fixtureTime + 120_000, passwordBy: 'ad' },
      { ...ticket, kind: 'login', accountId: other, expiresAt: fixtureTime },
    ]);
    await putSetting(db, 'codeFloorAt', String(fixtureTime - 1));
    await bumpSettingsVersion(db);
    await bumpSettingsVersion(db);
  });
}

/** What every store must answer: ids count from 1 in the order of insertion. */
const richFacts: Facts = {
  account: {
    accountId: 1,
    userName: 'nguyễn.an',
    revision: 42,
    status: 'active',
    suspension: { detail: 'leak', since: fixtureTime + 5, by: 'centre' },
    validFrom: fixtureTime - 30 * oneDay,
    validUntil: fixtureTime + 365 * oneDay,
    passwordPhc: '$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA',
    passwordState: 'change-required',
    firstFactor: 'ad',
    rulesVersionAccepted: 3,
    unitPath: [1, 2, 3],
    employment: [
      { kind: 'hired', detail: null, effectiveAt: fixtureTime - 900 * oneDay },
      { kind: 'leave', detail: 'maternity', effectiveAt: fixtureTime - 180 * oneDay },
      { kind: 'returned', detail: null, effectiveAt: fixtureTime },
      { kind: 'moved', detail: null, effectiveAt: fixtureTime },
    ],
    assignments: [
      { assignmentId: 1, validFrom: fixtureTime - 30 * oneDay, validUntil: fixtureTime + 9 },
      { assignmentId: 2, validFrom: fixtureTime - 30 * oneDay, validUntil: null },
    ],
    workstations: [
      {
        workstationId: 1,
        assetTag: 'OWN',
        state: 'active',
        identifiers: ['mac:020000000001', 'mac:02000000000a', 'name:MÁY "1"\\'],
        endings: [
          { identifier: 'certificate-sha256:c', until: fixtureTime + 8 },
          { identifier: 'spki-sha256:b', until: fixtureTime + 8 },
        ],
        assignment: { validFrom: fixtureTime - oneDay, validUntil: fixtureTime - 1 },
      },
      {
        workstationId: 1,
        assetTag: 'OWN',
        state: 'active',
        identifiers: ['mac:020000000001', 'mac:02000000000a', 'name:MÁY "1"\\'],
        endings: [
          { identifier: 'certificate-sha256:c', until: fixtureTime + 8 },
          { identifier: 'spki-sha256:b', until: fixtureTime + 8 },
        ],
        assignment: { validFrom: fixtureTime, validUntil: fixtureTime + oneDay },
      },
      {
        workstationId: 2,
        assetTag: 'BARE',
        state: 'lost',
        identifiers: [],
        assignment: { validFrom: fixtureTime - 30 * oneDay, validUntil: null },
      },
    ],
    authenticators: [
      {
        authenticatorId: 1,
        parameters: { algorithm: 'SHA256', digits: 8, periodSeconds: 60 },
        sealedSeed: Buffer.from([0, 1, 0xfe, 0xff]),
        lastStep: 58_000_000,
        driftSteps: -1,
        lastClaim: { node: 'a', gatewayId: 1, station: '192.0.2.1', at: fixtureTime - 60_000 },
      },
      {
        authenticatorId: 4,
        parameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
        sealedSeed: Buffer.from('not a sealed seed'),
        lastStep: -1,
        driftSteps: 0,
        lastClaim: null,
      },
    ],
    counters: ['code', 'password', 'password|192.0.2.1'].map((scope) => ({
      scope,
      failures: 2,
      lastFailureAt: fixtureTime,
      lockedUntil: fixtureTime + 7,
    })),
    sessions: [
      {
        sessionId: 1,
        gatewayId: 1,
        workstationId: 1,
        station: '192.0.2.1',
        startedAt: fixtureTime,
        openUntil: fixtureTime + 1,
      },
      {
        sessionId: 3,
        gatewayId: 1,
        workstationId: null,
        station: '192.0.2.1',
        startedAt: fixtureTime,
        openUntil: fixtureTime + 7,
      },
    ],
    tickets: [
      {
        ticketId: 1,
        kind: 'proof',
        workstationId: 1,
        keyIdentifier: 'spki-sha256:b',
        address: '192.0.2.1',
        tokenHash: null,
        expiresAt: fixtureTime + 60_000,
        isSpent: true,
        passwordBy: null,
      },
      {
        ticketId: 2,
        kind: 'login',
        workstationId: 1,
        keyIdentifier: null,
        address: '192.0.2.1',
        tokenHash: 'abc',
        expiresAt: fixtureTime + 120_000,
        isSpent: false,
        passwordBy: 'ad',
      },
    ],
  },
  observedElsewhere: [
    {
      workstationId: 3,
      assetTag: 'THEIRS',
      state: 'retired',
      identifiers: ['mac:0200000000ff', 'name:SHARED'],
    },
    { workstationId: 4, assetTag: 'SPARE', state: 'active', identifiers: ['name:SHARED'] },
  ],
  withdrawnKeys: [],
  codeFloorAt: fixtureTime - 1,
  settingsVersion: 2,
};

/** The same in the model, in another order than the answer's. */
function fillWithRichAccount({ rows }: ModelDatabase): void {
  const rich = richFacts.account;
  if (rich === null) throw new Error('no account');
  const { workstations: _assigned, authenticators, counters, sessions, tickets, ...columns } = rich;
  for (const ticket of [...tickets].reverse()) rows.tickets.set(ticket.ticketId, { ...ticket, accountId: 1 });
  const month = fixtureTime - 30 * oneDay;
  rows.accounts.set(1, {
    ...columns,
    unitId: 3,
    workstations: [
      { workstationId: 2, validFrom: month, validUntil: null },
      { workstationId: 1, validFrom: fixtureTime, validUntil: fixtureTime + oneDay },
      { workstationId: 1, validFrom: fixtureTime - oneDay, validUntil: fixtureTime - 1 },
    ],
  });
  rows.accounts.set(2, { ...columns, accountId: 2, userName: 'other', unitId: 3, workstations: [] });
  const workstation = (
    workstationId: number,
    assetTag: string,
    state: WorkstationState,
    ...identifiers: string[]
  ) => rows.workstations.set(workstationId, { workstationId, assetTag, state, identifiers });
  workstation(4, 'SPARE', 'active', 'name:SHARED');
  workstation(3, 'THEIRS', 'retired', 'mac:0200000000ff', 'name:SHARED');
  workstation(2, 'BARE', 'lost');
  workstation(1, 'OWN', 'active', 'name:MÁY "1"\\', 'mac:02000000000a', 'mac:020000000001');
  const own = rows.workstations.get(1);
  const { endings } = rich.workstations[0] ?? {};
  if (own !== undefined && endings !== undefined) rows.workstations.set(1, { ...own, endings });
  for (const fact of authenticators) {
    rows.authenticators.set(fact.authenticatorId, { ...fact, accountId: 1, state: 'active' });
  }
  const [spare] = authenticators;
  if (spare === undefined) throw new Error('no authenticator');
  rows.authenticators.set(2, { ...spare, authenticatorId: 2, accountId: 1, state: 'revoked' });
  rows.authenticators.set(5, { ...spare, authenticatorId: 5, accountId: 2, state: 'active' });
  rows.counters.set(1, new Map([...counters].reverse().map((counter) => [counter.scope, counter])));
  const [live, pending] = sessions;
  if (live === undefined || pending === undefined) throw new Error('no sessions');
  const until = fixtureTime + 1;
  rows.sessions.push({ ...live, accountId: 1, until, state: 'live' });
  rows.sessions.push({ ...live, sessionId: 2, accountId: 1, until, state: 'ended' });
  rows.sessions.push({ ...pending, accountId: 1, until, state: 'pending' });
  rows.sessions.push({ ...live, sessionId: 4, accountId: 2, until, state: 'live' });
  rows.codeFloorAt = fixtureTime - 1;
  rows.settingsVersion = 2;
}

/** What every implementation answers about the rich account, and about nothing at all. */
function describeFacts(
  openRich: () => Promise<DecisionStore>,
  openEmpty: () => Promise<DecisionStore>,
): void {
  it('gives everything about an account, and nothing of others but who owns what was observed', async () => {
    const decisions = await openRich();
    const facts = await decisions.loadFacts({
      userName: 'nguyễn.an',
      observedKeys: [
        'name:SHARED',
        'mac:0200000000ff',
        'mac:020000000001',
        'mac:unregistered',
        'name:SHARED',
      ],
    });
    expect(facts).toEqual(richFacts);
    const seeds = facts.account?.authenticators.map(({ sealedSeed }) => Buffer.isBuffer(sealedSeed));
    expect(seeds).toEqual([true, true]);
  });

  it('asks for no owners when nothing was observed', async () => {
    const decisions = await openRich();
    const facts = await decisions.loadFacts({ userName: 'nguyễn.an', observedKeys: [] });
    expect(facts).toEqual({ ...richFacts, observedElsewhere: [] });
  });

  it('fills in the rest for an unknown account', async () => {
    const decisions = await openRich();
    const observedKeys = ['mac:020000000001', 'mac:0200000000ff'];
    expect(await decisions.loadFacts({ userName: 'nobody', observedKeys })).toEqual({
      account: null,
      observedElsewhere: [
        { workstationId: 1, assetTag: 'OWN', state: 'active', identifiers: ['mac:020000000001'] },
        { workstationId: 3, assetTag: 'THEIRS', state: 'retired', identifiers: ['mac:0200000000ff'] },
      ],
      withdrawnKeys: [],
      codeFloorAt: fixtureTime - 1,
      settingsVersion: 2,
    });
  });

  it('answers an empty store', async () => {
    const decisions = await openEmpty();
    expect(await decisions.loadFacts({ userName: 'nobody', observedKeys: ['mac:1'] })).toEqual({
      account: null,
      observedElsewhere: [],
      withdrawnKeys: [],
      codeFloorAt: 0,
      settingsVersion: 0,
    });
  });

  it('takes user names and identifiers literally', async () => {
    const decisions = await openRich();
    for (const userName of ['%', "' OR 1=1 --", 'nguyễn.an\0', 'Nguyễn.An', 'nguyễn.an ']) {
      const facts = await decisions.loadFacts({
        userName,
        observedKeys: ['%', '"', '\\', "'", 'a\0', 'name:shared'],
      });
      expect(facts.account).toBeNull();
      expect(facts.observedElsewhere).toEqual([]);
    }
  });
}

describeOnEachStore('loadFacts', (open) => {
  describeFacts(
    async () => {
      const store = await open();
      await insertRichAccount(store);
      return store.decisions;
    },
    async () => (await open()).decisions,
  );

  it('sees a change as soon as its write has resolved', async () => {
    const store = await open();
    await insertRichAccount(store);
    await store.write(async (db) => {
      await db.update(db.tables.accounts).set({ status: 'withdrawn' });
    });
    const { account } = await store.decisions.loadFacts({ userName: 'nguyễn.an', observedKeys: [] });
    expect(account?.status).toBe('withdrawn');
  });

  it('names at most 16 owners of what was observed, those out of use and those of keys among them', async () => {
    const store = await open();
    const key = `spki-sha256:${'0'.repeat(64)}`;
    await store.write(async (db) => {
      const { root } = await insertUnitTree(db);
      for (let count = 0; count < 20; count++) {
        const state = count === 19 ? 'lost' : 'active';
        await insertWorkstation(db, { unitId: root, state }, ['name:IMAGE', ...(count === 18 ? [key] : [])]);
      }
    });
    const facts = await store.decisions.loadFacts({ userName: 'x', observedKeys: ['name:IMAGE', key] });
    expect(facts.observedElsewhere).toHaveLength(16);
    expect(facts.observedElsewhere.filter(({ identifiers }) => identifiers.includes(key))).toHaveLength(1);
    expect(facts.observedElsewhere.some(({ state }) => state === 'lost')).toBe(true);
  });
});

describe('loadFacts (model)', () => {
  describeFacts(
    async () => {
      const database = new ModelDatabase();
      fillWithRichAccount(database);
      return openFaultlessModel(database, 'test');
    },
    async () => openFaultlessModel(new ModelDatabase(), 'test'),
  );

  it('sees a change as soon as it was made', async () => {
    const database = new ModelDatabase();
    fillWithRichAccount(database);
    const row = database.rows.accounts.get(1);
    if (row === undefined) throw new Error('no account');
    database.rows.accounts.set(1, { ...row, status: 'withdrawn' });
    const { account } = await openFaultlessModel(database, 'test').loadFacts({
      userName: 'nguyễn.an',
      observedKeys: [],
    });
    expect(account?.status).toBe('withdrawn');
  });
});
