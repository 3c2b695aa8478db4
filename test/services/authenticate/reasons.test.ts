// Every reason that the service can find, from the request to the written record.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Detail, detailsOf, type Reason, reasons } from '../../../src/core/reasons.ts';
import type { LoginRequest, Verdict } from '../../../src/services/login.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { type AccountOptions, createWorld, day, ownMachine, type TestAccount, type World } from '../world.ts';

/** Monday 2 March 2026, 08:00 in Viet Nam. */
const monday = Date.UTC(2026, 2, 2, 1);

interface Case {
  readonly detail?: Detail | null;
  readonly account?: AccountOptions;
  /** Changes the world, or the request, before the login. */
  readonly given?: (
    world: World,
    account: TestAccount,
    clock: TestClock,
  ) => Promise<Partial<LoginRequest> | undefined>;
  readonly undo?: (world: World) => Promise<void>;
  /** Looked for in the record's open part. */
  readonly data?: Record<string, unknown>;
}

const ended = (detail: Detail): Case => ({
  detail,
  account: {
    employment: [
      { kind: 'hired', effectiveAt: monday - 900 * day },
      { kind: 'ended', detail, effectiveAt: monday },
    ],
  },
});
const onLeave = (detail: Detail): Case => ({
  detail,
  account: {
    employment: [
      { kind: 'hired', effectiveAt: monday - 900 * day },
      { kind: 'leave', detail, effectiveAt: monday - day },
    ],
  },
});
const suspended = (detail: Detail): Case => ({
  detail,
  account: {
    account: {
      suspendedDetail: detail as 'case',
      suspendedAt: monday - day,
      suspendedBy: 'unit-administrator',
    },
  },
  data: { 'parameter.date': monday - day, 'parameter.role': 'unit-administrator' },
});
const refusedByEdge = (reason: Reason, detail: Detail | null): Case => ({
  detail,
  given: async () => ({ refused: { reason, detail } }),
});
const moved = (kind: 'moved' | 'duties-changed', detail: Detail): Case => ({
  detail,
  account: {
    employment: [
      { kind: 'hired', effectiveAt: monday - 900 * day },
      { kind, effectiveAt: monday - day },
    ],
  },
});
const challengeFault = (
  detail: Detail,
  change: (request: LoginRequest, world: World) => LoginRequest | Promise<LoginRequest>,
): Case => ({
  detail,
  async given(world, account) {
    const answer = await answerOf(world, account);
    return await change(answer, world);
  },
});

/** A gateway that demands a proof of the machine, and a ticket that is none. */
const withTicket = (columns: Parameters<World['addTicket']>[1]): Case => ({
  given: async (world, account) => {
    await world.setPolicy('organisation', { leastEvidence: 3 });
    await world.addTicket(account, columns);
    return { observed: [] };
  },
  undo: (world) => world.setPolicy('organisation', {}),
});

/** Round two of a challenge that was begun properly, with the right code. */
async function answerOf(world: World, account: TestAccount): Promise<LoginRequest> {
  const node = await world.createNode('first');
  const gatewayId = world.gateways.challenge;
  const begun = await node.authenticate(
    world.login(account, { gatewayId, credentials: { style: 'password', text: account.password } }),
  );
  if (begun.kind !== 'challenge') throw new Error(`no challenge but ${begun.kind}`);
  return world.login(account, {
    gatewayId,
    credentials: { style: 'challenge-answer', text: world.codeOf(account), state: begun.state },
  });
}

const cases: { readonly [R in Reason]?: readonly Case[] } = {
  'gateway-not-allowed': [
    {
      given: async (world) => {
        await world.setPolicy(`gateway:${world.gateways.appended}`, { gatewayUnits: [world.units.other] });
        return undefined;
      },
      undo: (world) => world.setPolicy(`gateway:${world.gateways.appended}`, {}),
    },
    { given: async () => ({ gatewayId: 9999 }), data: { gateway: null, password: 'not-checked' } },
  ],
  'service-not-allowed': [refusedByEdge('service-not-allowed', null)],
  'method-not-allowed': [
    refusedByEdge('method-not-allowed', 'ms-chap'),
    refusedByEdge('method-not-allowed', 'chap'),
  ],
  'account-unknown': [
    { given: async () => ({ userName: 'nobody' }), data: { password: 'wrong' } },
    { given: async () => ({ userName: 'no such\nform' }) },
    { given: async () => ({ userName: '' }) },
  ],
  'account-pending': [{ account: { account: { status: 'pending' } } }],
  'account-withdrawn': [{ account: { account: { status: 'withdrawn' } } }],
  'employment-not-started': [{ account: { employment: [{ kind: 'hired', effectiveAt: monday + day }] } }],
  'employment-ended': (
    ['retired', 'resigned', 'dismissed', 'transferred-out', 'contract-ended', 'deceased'] as const
  ).map(ended),
  'employment-on-leave': (['maternity', 'unpaid', 'sick', 'study', 'stood-down'] as const).map(onLeave),
  'assignment-missing': [
    { detail: 'none', account: { assignment: null } },
    { detail: 'ended', account: { assignment: { validUntil: monday } } },
    moved('moved', 'unit-changed'),
    moved('duties-changed', 'duties-changed'),
  ],
  'not-yet-valid': [
    { account: { account: { validFrom: monday + 1 } }, data: { 'parameter.date': monday + 1 } },
  ],
  expired: [{ account: { account: { validUntil: monday } }, data: { 'parameter.date': monday } }],
  suspended: [
    ...(['by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant'] as const).map(suspended),
    {
      detail: 'by-event',
      account: {
        employment: [
          { kind: 'hired', effectiveAt: monday - 900 * day },
          { kind: 'suspended', effectiveAt: monday - day },
        ],
      },
      data: { 'parameter.date': monday - day },
    },
  ],
  'password-compromised': [{ account: { account: { passwordState: 'compromised' } } }],
  'password-change-required': [{ account: { account: { passwordState: 'change-required' } } }],
  'rules-not-accepted': [
    {
      given: async (world) => {
        await world.setPolicy('organisation', { rulesVersion: 3 });
        return undefined;
      },
      undo: (world) => world.setPolicy('organisation', {}),
    },
  ],
  'authenticator-not-enrolled': [{ account: { authenticators: [] } }],
  'locked-out': [
    {
      given: async (world, account) => {
        await world.store.write(async (db) => {
          await db.insert(db.tables.counters).values({
            accountId: account.accountId,
            scope: `code@workstation:${account.workstationId}`,
            failures: 5,
            lastFailureAt: monday,
            lockedUntil: monday + 1,
          });
        });
        return undefined;
      },
      data: { password: 'not-checked', passwordChecked: false, 'parameter.time': monday + 1 },
    },
  ],
  'too-many-requests': [refusedByEdge('too-many-requests', null)],
  'outside-hours': [
    {
      given: async (world) => {
        const windows = [{ days: [1, 2, 3, 4, 5], from: '08:30', until: '17:00' }];
        await world.setPolicy(`unit:${world.units.local}`, {
          hours: { timeZone: 'Asia/Ho_Chi_Minh', windows },
        });
        return undefined;
      },
      undo: (world) => world.setPolicy(`unit:${world.units.local}`, {}),
    },
  ],
  'workstation-not-identified': [{ given: async () => ({ observed: [] }), data: { evidence: 'E0' } }],
  'workstation-not-assigned': [
    { detail: 'unregistered', given: async () => ({ observed: [{ key: 'mac:0210a42319ff', level: 1 }] }) },
    {
      detail: 'other-account',
      given: async (world) => {
        await world.store.write((db) => world.addMachine(db, 'MT-OTHER', ['mac:0210a42319aa']));
        return { observed: [{ key: 'mac:0210a42319aa', level: 1 }] };
      },
    },
    { detail: 'assignment-ended', account: { machineTerm: { validUntil: monday } } },
  ],
  'workstation-revoked': [
    { account: { machine: { state: 'lost' } } },
    { account: { machine: { state: 'retired' } } },
  ],
  'workstation-evidence-too-weak': [
    {
      given: async (world) => {
        await world.setPolicy('organisation', { leastEvidence: 2 });
        return undefined;
      },
      undo: (world) => world.setPolicy('organisation', {}),
      data: { 'parameter.required': 'E2', 'parameter.found': 'E1', evidence: 'E1' },
    },
  ],
  'workstation-key-mismatch': [
    {
      given: async (world, account) => {
        await world.store.write(async (db) => {
          await db.insert(db.tables.workstationIdentifiers).values({
            workstationId: account.workstationId ?? 0,
            identifier: `certificate-sha256:${'a'.repeat(64)}`,
          });
        });
        return { observed: [ownMachine, { key: `certificate-sha256:${'b'.repeat(64)}`, level: 2 }] };
      },
    },
  ],
  'device-ticket-expired': [withTicket({ expiresAt: monday })],
  'device-ticket-used': [withTicket({ spentAt: monday - 1 })],
  'device-ticket-mismatch': [
    withTicket({ address: '198.51.100.44' }),
    {
      // Shown, and nobody's: refused even where the workstation is only observed.
      given: async (world) => {
        await world.setPolicy('organisation', { workstationMode: 'observe' });
        return { gatewayId: world.gateways.hidden, ticketToken: 'abcdefgh23456789' };
      },
      undo: (world) => world.setPolicy('organisation', {}),
    },
  ],
  'password-wrong': [
    {
      given: async (world, account) => ({
        credentials: { style: 'password+code', text: `not the one${world.codeOf(account)}` },
      }),
      data: { password: 'wrong', passwordChecked: true },
    },
    { account: { account: { passwordPhc: null } } },
  ],
  'code-missing': [
    {
      given: async (_world, account) => ({ credentials: { style: 'password+code', text: account.password } }),
      data: { password: 'right' },
    },
    {
      given: async (_world, account) => ({
        credentials: { style: 'static-challenge', password: account.password, code: '' },
      }),
    },
    {
      given: async (world) => ({
        gatewayId: world.gateways.codeOnly,
        credentials: { style: 'code', text: ' ' },
      }),
    },
  ],
  'code-wrong': [
    {
      given: async (world, account) => ({
        credentials: { style: 'password+code', text: `${account.password}${world.wrongCode(account)}` },
      }),
      data: { password: 'right' },
    },
    {
      detail: 'clock-skew',
      given: async (world, account) => ({
        credentials: { style: 'password+code', text: `${account.password}${world.codeOf(account, 7)}` },
      }),
      data: { 'parameter.minutes': 7 },
    },
  ],
  'code-replayed': [
    {
      given: async (world, account) => {
        const node = await world.createNode('same');
        expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
        // Long after a retransmission, and within the code's window.
        return { station: '203.0.113.77' };
      },
    },
  ],
  'challenge-expired': [
    {
      async given(world, account, clock) {
        const answer = await answerOf(world, account);
        clock.advance(90_000);
        return { ...answer, receivedAt: clock.now() };
      },
    },
    {
      // The password was changed between the two rounds.
      async given(world, account) {
        const answer = await answerOf(world, account);
        await world.store.write(async (db) => {
          const { accounts } = db.tables;
          const passwordPhc =
            '$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
          await db.update(accounts).set({ passwordPhc }).where(eq(accounts.id, account.accountId));
        });
        return answer;
      },
    },
  ],
  'challenge-mismatch': [
    {
      detail: 'other-account',
      async given(world, account) {
        const other = await answerOf(world, await world.addAccount());
        return { ...other, userName: account.userName };
      },
    },
    challengeFault('other-gateway', (answer, world) => ({
      ...answer,
      gatewayId: world.gateways.otherChallenge,
    })),
    challengeFault('other-client', (answer) => ({ ...answer, station: '198.51.100.200' })),
    challengeFault('malformed', (answer) => ({
      ...answer,
      credentials: { style: 'challenge-answer', text: '000000', state: 'x'.repeat(64) },
    })),
    challengeFault('reused', async (answer, world) => {
      const node = await world.createNode('same');
      const { credentials } = answer;
      if (credentials.style !== 'challenge-answer') throw new Error('not an answer');
      const wrong = { ...answer, credentials: { ...credentials, text: 'not a code' } };
      expect(await node.authenticate(wrong)).toMatchObject({ kind: 'reject' });
      return answer;
    }),
  ],
  'conversation-elsewhere': [refusedByEdge('conversation-elsewhere', null)],
  'session-limit': [
    {
      given: async (world, account) => {
        await world.setPolicy('organisation', { sessionLimit: 1, onSessionLimit: 'refuse' });
        await world.store.write(async (db) => {
          await db.insert(db.tables.sessions).values({
            accountId: account.accountId,
            gatewayId: world.gateways.appended,
            station: '203.0.113.1',
            state: 'live',
            startedAt: monday - 1000,
            until: monday + day,
          });
        });
        return undefined;
      },
      undo: (world) => world.setPolicy('organisation', {}),
      data: { 'parameter.time': monday - 1000 },
    },
  ],
};

describeOnEachStore('a denial', (open) => {
  let clock: TestClock;
  let world: World;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  afterAll(() => world.close());

  for (const reason of reasons) {
    for (const [index, one] of (cases[reason] ?? []).entries()) {
      const detail = one.detail ?? null;
      test(`${reason}${detail === null ? '' : ` (${detail})`}, case ${index + 1}`, async () => {
        // Cases are judged at the same instant, whatever those before them did to the clock.
        clock.set(monday);
        const account = await world.addAccount(one.account ?? {});
        const changes = await one.given?.(world, account, clock);
        const request = world.login(account, changes ?? {});
        const node = await world.createNode('same');
        const before = (await world.records()).length;
        const verdict: Verdict = await node.authenticate(request);
        await one.undo?.(world);

        expect(verdict).toEqual({
          kind: 'reject',
          lookupCode: expect.stringMatching(/^[2-9A-HJ-NP-Z]{8}$/),
          isImmediate: false,
        });
        const written = await world.records();
        expect(written).toHaveLength(before + 1);
        const record = written.at(-1);
        expect(record).toMatchObject({
          outcome: 'deny',
          reason,
          detail,
          lookupCode: verdict.kind === 'reject' ? verdict.lookupCode : null,
          gatewayId: request.gatewayId,
          accountId: reason === 'account-unknown' ? null : account.accountId,
          data: one.data ?? {},
        });
        expect(record?.personal['userName'] ?? '').toBe(request.userName);
        if (request.userName !== '') expect(record?.bodyText).not.toContain(request.userName);
      });
    }
  }

  test('no reason is left out but those that other edges find', () => {
    const left = reasons.filter((reason) => cases[reason] === undefined);
    // A proof is shown over HTTPS, before any login (services/device).
    expect(left).toEqual(['device-proof-invalid']);
    for (const [reason, list] of Object.entries(cases) as [Reason, readonly Case[]][]) {
      if (reason === 'method-not-allowed') continue;
      const seen = new Set(list.map((one) => one.detail ?? null));
      // What only an upstream says (upstream.test.ts): that an account is closed there, that its question was answered wrongly.
      const elsewhere: readonly string[] = ['by-directory', 'upstream-answer'];
      const expected = detailsOf(reason).filter((detail) => !elsewhere.includes(detail));
      expect([...seen].filter((detail) => detail !== null).sort()).toEqual([...expected].sort());
    }
  });
});
