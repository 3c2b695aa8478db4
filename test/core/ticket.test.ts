import { describe, expect, it } from 'vitest';
import { decideAccess, judgeSession } from '../../src/core/access.ts';
import type { Attempt } from '../../src/core/decision.ts';
import type { AccountFacts, TicketFact, WorkstationFact } from '../../src/core/facts.ts';
import { judgeTicket, type TicketPresentation } from '../../src/core/ticket.ts';
import { accountFacts, attempt, day, facts, now, ownWorkstation, policy, seen } from './facts-fixture.ts';

const address = '203.0.113.9';
const key = `spki-sha256:${'ab'.repeat(32)}`;
const keyed: WorkstationFact = { ...ownWorkstation, identifiers: [...ownWorkstation.identifiers, key] };
const spare: WorkstationFact = {
  ...ownWorkstation,
  workstationId: 8,
  assetTag: 'MT-0008',
  identifiers: ['mac:0200000000b2'],
};

function ticket(changes: Partial<TicketFact> = {}): TicketFact {
  return {
    ticketId: 1,
    kind: 'proof',
    workstationId: 7,
    keyIdentifier: key,
    address,
    tokenHash: null,
    passwordBy: null,
    expiresAt: now + 60_000,
    isSpent: false,
    ...changes,
  };
}

const here: TicketPresentation = { by: 'address', address, tokenHash: null, at: now };
const withToken = (tokenHash: string | null): TicketPresentation => {
  return { by: 'token', address: null, tokenHash, at: now };
};

describe('a ticket found by its address', () => {
  const judge = (tickets: readonly TicketFact[], presentation = here) =>
    judgeTicket(accountFacts({ tickets }), 'proof', presentation);

  it('is the newest that is good, and only of the kind asked for', () => {
    const newer = ticket({ ticketId: 4 });
    expect(judge([ticket(), newer, ticket({ ticketId: 9, kind: 'login' })])).toEqual({
      kind: 'good',
      ticket: newer,
    });
    expect(judge([ticket({ kind: 'login' })])).toEqual({ kind: 'none' });
    expect(judge([])).toEqual({ kind: 'none' });
    expect(judgeTicket(accountFacts({ tickets: [ticket()] }), 'proof', null)).toEqual({ kind: 'none' });
  });

  it('is expired from its last instant on', () => {
    expect(judge([ticket({ expiresAt: now + 1 })]).kind).toBe('good');
    expect(judge([ticket({ expiresAt: now })])).toMatchObject({
      kind: 'bad',
      fault: 'device-ticket-expired',
    });
  });

  it('is used after use, even when it has expired since', () => {
    expect(judge([ticket({ isSpent: true, expiresAt: now - 1 })])).toMatchObject({
      fault: 'device-ticket-used',
    });
  });

  it('is a mismatch when a newer one than those used here is good elsewhere', () => {
    const used = ticket({ isSpent: true });
    const elsewhere = ticket({ ticketId: 2, address: '::1' });
    expect(judge([used, elsewhere])).toMatchObject({ fault: 'device-ticket-mismatch' });
    expect(judge([{ ...used, ticketId: 3 }, elsewhere])).toMatchObject({ fault: 'device-ticket-used' });
  });

  it('is a mismatch when it was bought elsewhere, or the gateway says nothing of where from', () => {
    const elsewhere = ticket({ address: '198.51.100.1' });
    expect(judge([elsewhere])).toMatchObject({ kind: 'bad', fault: 'device-ticket-mismatch' });
    expect(judge([ticket()], { ...here, address: null })).toMatchObject({ fault: 'device-ticket-mismatch' });
    expect(
      judge([
        { ...elsewhere, isSpent: true },
        { ...elsewhere, expiresAt: now },
      ]),
    ).toEqual({ kind: 'none' });
  });
});

describe('a ticket that was given out as a token', () => {
  const judge = (tickets: readonly TicketFact[]) => judgeTicket(accountFacts({ tickets }), 'proof', here);

  it('is never found by its address, good, used or run out', () => {
    const given = ticket({ ticketId: 5, tokenHash: 'x' });
    expect(judge([given])).toEqual({ kind: 'none' });
    expect(judge([{ ...given, isSpent: true }])).toEqual({ kind: 'none' });
    expect(judge([{ ...given, expiresAt: now }])).toEqual({ kind: 'none' });
    expect(judge([{ ...given, address: '::1' }])).toEqual({ kind: 'none' });
  });

  it('stands in the way of none that is found by its address', () => {
    const meant = ticket();
    expect(judge([ticket({ ticketId: 5, tokenHash: 'x' }), meant])).toEqual({ kind: 'good', ticket: meant });
  });
});

describe('a ticket found by its token', () => {
  const judge = (tickets: readonly TicketFact[], tokenHash: string | null) =>
    judgeTicket(accountFacts({ tickets }), 'proof', withToken(tokenHash));

  it('is that one and no other', () => {
    const meant = ticket({ tokenHash: 'x' });
    expect(judge([meant, ticket({ ticketId: 2, tokenHash: 'y' })], 'x')).toEqual({
      kind: 'good',
      ticket: meant,
    });
    expect(judge([meant], null)).toEqual({ kind: 'none' });
    const foreign = { kind: 'bad', fault: 'device-ticket-mismatch', presented: true };
    expect(judge([meant], 'z')).toEqual(foreign);
    expect(judge([ticket()], 'z')).toEqual(foreign);
  });

  it('says that it is used or expired', () => {
    expect(judge([ticket({ tokenHash: 'x', isSpent: true })], 'x')).toMatchObject({
      fault: 'device-ticket-used',
    });
    expect(judge([ticket({ tokenHash: 'x', expiresAt: now })], 'x')).toMatchObject({
      fault: 'device-ticket-expired',
    });
  });
});

const strict = policy({ leastEvidence: 3 });
const decide = (account: Partial<AccountFacts>, changes: Partial<Attempt>, under = strict) =>
  decideAccess(
    facts({ workstations: [keyed], ...account }),
    attempt({ ticket: here, ...changes }),
    under,
    now,
  );

describe('a login at a gateway that demands E3', () => {
  it('is let in by a ticket, spends it with the code, and leaves the session to its key', () => {
    for (const observed of [[], [seen], [{ key: `source-address:${address}`, level: 0 as const }]]) {
      expect(decide({ tickets: [ticket()] }, { observed })).toMatchObject({
        outcome: 'accept',
        evidence: 3,
        workstationId: 7,
        effects: { spend: { ticketId: 1 }, claim: { authenticatorId: 9 }, session: { provenBy: key } },
      });
    }
  });

  it.each<[string, Partial<AccountFacts>, Partial<Attempt>, string]>([
    ['without a ticket', { tickets: [] }, {}, 'workstation-evidence-too-weak'],
    ['with one that has run out', { tickets: [ticket({ expiresAt: now })] }, {}, 'device-ticket-expired'],
    ['with a used one', { tickets: [ticket({ isSpent: true })] }, {}, 'device-ticket-used'],
    ['with one bought elsewhere', { tickets: [ticket({ address: '::1' })] }, {}, 'device-ticket-mismatch'],
    [
      'with one and no other sign',
      { tickets: [ticket({ address: '::1' })] },
      { observed: [] },
      'device-ticket-mismatch',
    ],
    [
      'with one of another workstation than it names',
      { workstations: [keyed, spare], tickets: [ticket()] },
      { observed: [{ key: 'mac:0200000000b2', level: 1 }] },
      'device-ticket-mismatch',
    ],
    [
      'with one whose key was withdrawn',
      { workstations: [ownWorkstation], tickets: [ticket()] },
      {},
      'workstation-key-mismatch',
    ],
    [
      'with one whose key has run out',
      { workstations: [{ ...keyed, endings: [{ identifier: key, until: now }] }], tickets: [ticket()] },
      {},
      'workstation-key-mismatch',
    ],
    [
      'with one of a lost workstation',
      { workstations: [{ ...keyed, state: 'lost' }], tickets: [ticket()] },
      {},
      'workstation-revoked',
    ],
    [
      'with one of a workstation that is no longer assigned',
      { workstations: [spare], tickets: [ticket()] },
      { observed: [] },
      'workstation-not-assigned',
    ],
  ])('%s is refused', (_what, account, changes, reason) => {
    expect(decide(account, changes)).toMatchObject({
      outcome: 'deny',
      denial: { reason },
      effects: { spend: null, failures: [] },
    });
  });

  it('spends nothing when password or code is wrong', () => {
    expect(decide({ tickets: [ticket()] }, { password: 'wrong' }).effects.spend).toBeNull();
    expect(decide({ tickets: [ticket()] }, { code: 'absent' }).effects.spend).toBeNull();
    expect(decide({ tickets: [ticket()] }, { code: 'deferred' })).toMatchObject({
      outcome: 'challenge',
      denial: null,
      effects: { spend: null },
    });
  });
});

describe('observing', () => {
  const observing = policy({ leastEvidence: 3, workstationMode: 'observe' });

  it('waives a ticket that lies about, not one that is shown', () => {
    const used = ticket({ isSpent: true });
    expect(decide({ tickets: [used] }, {}, observing)).toMatchObject({
      outcome: 'accept',
      observed: { reason: 'device-ticket-used' },
    });
    const shown = { ...used, tokenHash: 'x' };
    expect(decide({ tickets: [shown] }, { ticket: withToken('x') }, observing)).toMatchObject({
      outcome: 'deny',
      denial: { reason: 'device-ticket-used' },
    });
  });

  it('does not need a ticket where the workstation is proven well enough without', () => {
    const used = ticket({ isSpent: true });
    expect(decide({ tickets: [used] }, {}, policy({ leastEvidence: 1 }))).toMatchObject({
      outcome: 'accept',
      observed: null,
      evidence: 1,
      effects: { spend: null },
    });
  });
});

describe('EAP-TLS, where a ticket stands for password and code', () => {
  const shown = [{ key, level: 3 as const }];
  const login = (changes: Partial<TicketFact> = {}) =>
    ticket({ kind: 'login', keyIdentifier: null, ...changes });
  const byCertificate: Partial<Attempt> = { observed: shown, code: 'ticket', password: 'not-required' };

  it('spends it and claims no time step', () => {
    expect(decide({ tickets: [login()] }, byCertificate)).toMatchObject({
      outcome: 'accept',
      evidence: 3,
      effects: { claim: null, spend: { ticketId: 1 }, session: { provenBy: key } },
    });
  });

  it.each<[string, readonly TicketFact[], string]>([
    ['no ticket', [], 'code-missing'],
    ['a ticket that is only the proof of a workstation', [ticket()], 'code-missing'],
    ['one that has run out', [login({ expiresAt: now })], 'device-ticket-expired'],
    ['a used one', [login({ isSpent: true })], 'device-ticket-used'],
    ['one bought elsewhere', [login({ address: '::1' })], 'device-ticket-mismatch'],
    ["another workstation's", [login({ workstationId: 8 })], 'device-ticket-mismatch'],
  ])('is refused with %s, whether enforced or observed', (_what, tickets, reason) => {
    for (const mode of ['enforce', 'observe'] as const) {
      const decision = decide(
        { tickets },
        byCertificate,
        policy({ leastEvidence: 3, workstationMode: mode }),
      );
      expect(decision).toMatchObject({ outcome: 'deny', denial: { reason }, effects: { spend: null } });
    }
  });

  it('is refused without a certificate of an assigned workstation', () => {
    const observed = [{ key: `spki-sha256:${'cd'.repeat(32)}`, level: 3 as const }];
    const observing = policy({ leastEvidence: 3, workstationMode: 'observe' });
    expect(decide({ tickets: [login()] }, { ...byCertificate, observed }, observing)).toMatchObject({
      outcome: 'deny',
      denial: { reason: 'device-ticket-mismatch' },
    });
  });
});

describe('a ticket that stands for password and code', () => {
  const login = ticket({ kind: 'login', keyIdentifier: null });

  it.each<[string, Partial<WorkstationFact>, Attempt['observed']]>([
    [
      'an address',
      { identifiers: [`source-address:${address}`] },
      [{ key: `source-address:${address}`, level: 0 }],
    ],
    ['what the client says of itself', {}, [seen]],
    ['a key that only the gateway has seen', { identifiers: [key] }, [{ key, level: 2 }]],
  ])('is of no use to whoever shows its workstation by %s', (_what, changes, observed) => {
    const shown = { observed, code: 'ticket', password: 'not-required' } as const;
    for (const mode of ['enforce', 'observe'] as const) {
      const under = policy({ leastEvidence: 0, workstationMode: mode });
      const account = { tickets: [login], workstations: [{ ...ownWorkstation, ...changes }] };
      expect(decide(account, shown, under)).toMatchObject({
        outcome: 'deny',
        denial: { reason: 'device-ticket-mismatch' },
        effects: { spend: null, failures: [] },
      });
    }
  });
});

describe('an exception to the least evidence', () => {
  const excepted = (until: number) =>
    policy({ leastEvidence: 2, evidenceException: { leastEvidence: 1, until } });

  it('lets less do until its instant, and the session ends with it', () => {
    const decision = decide({}, { ticket: null }, excepted(now + 5_000));
    expect(decision).toMatchObject({ outcome: 'accept', evidence: 1, until: now + 5_000 });
    expect(decide({}, { ticket: null }, excepted(now))).toMatchObject({
      outcome: 'deny',
      denial: { reason: 'workstation-evidence-too-weak', parameters: { required: 'E2', found: 'E1' } },
    });
  });

  it('cuts nobody short who does not need it', () => {
    const shown = { ticket: null, observed: [{ key, level: 2 as const }] };
    expect(decide({}, shown, excepted(now + 5_000))).toMatchObject({ outcome: 'accept', evidence: 2 });
    const decision = decide({}, shown, excepted(now + 5_000));
    expect(decision.outcome === 'accept' && decision.until).toBeGreaterThan(now + 5_000);
  });
});

describe('a session that a key let in', () => {
  const judge = (workstation: WorkstationFact, provenBy: string | null) =>
    judgeSession(
      facts({ workstations: [workstation] }),
      { workstationId: 7, provenBy, until: now + day },
      policy(),
      now,
    );

  it('ends when the key is withdrawn, and no later than the key', () => {
    expect(judge(keyed, key).kind).toBe('keep');
    expect(judge(ownWorkstation, key)).toMatchObject({
      kind: 'cut',
      denial: { reason: 'workstation-key-mismatch' },
    });
    expect(judge(ownWorkstation, null).kind).toBe('keep');
    const ending = { ...keyed, endings: [{ identifier: key, until: now + 9 }] };
    expect(judge(ending, key)).toEqual({ kind: 'keep', until: now + 9 });
  });
});
