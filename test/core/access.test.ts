import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAccess, findDenialBeforeSecrets } from '../../src/core/access.ts';
import type { Attempt, Decision } from '../../src/core/decision.ts';
import type { AccountFacts, Facts } from '../../src/core/facts.ts';
import type { Policy } from '../../src/core/policy.ts';
import { reasons } from '../../src/core/reasons.ts';
import { accountFacts, attempt, day, facts, now, ownWorkstation, policy, seen } from './facts-fixture.ts';

const decide = (
  account: Partial<AccountFacts> | null,
  tried: Partial<Attempt> = {},
  rules: Partial<Policy> = {},
  changes: Partial<Facts> = {},
) => decideAccess(facts(account, changes), attempt(tried), policy(rules), now);

const denied = (decision: Decision) =>
  decision.outcome === 'deny' ? [decision.denial.reason, decision.denial.detail] : decision.outcome;

/** Something that befalls the holder in half a second. */
const soon = (kind: 'ended' | 'leave' | 'moved', detail: string | null): Partial<AccountFacts> => ({
  employment: [...accountFacts().employment, { kind, detail, effectiveAt: now + 500 }],
});

const wrongCode: Attempt['code'] = { authenticatorId: 9, match: { kind: 'wrong' } };

describe('an account in good standing', () => {
  it('is let in until the end of the session policy, spends its step and opens a session', () => {
    const decision = decide({});
    expect(decision).toMatchObject({
      outcome: 'accept',
      observed: null,
      workstationId: 7,
      evidence: 1,
      until: now + 12 * 3_600_000,
      effects: {
        claim: { authenticatorId: 9, timeStep: 58_000_000 },
        failures: [],
        session: { workstationId: 7, until: now + 12 * 3_600_000 },
      },
    });
  });

  it.each<[string, Partial<AccountFacts>, Partial<Policy>, number]>([
    ['its term', { validUntil: now + 5000 }, {}, now + 5000],
    [
      'its written assignment',
      { assignments: [{ assignmentId: 1, validFrom: 0, validUntil: now + 6000 }] },
      {},
      now + 6000,
    ],
    [
      'the assignment of its workstation',
      { workstations: [{ ...ownWorkstation, assignment: { validFrom: 0, validUntil: now + 7000 } }] },
      {},
      now + 7000,
    ],
    [
      'a retirement already known',
      {
        employment: [
          ...accountFacts().employment,
          { kind: 'ended', detail: 'retired', effectiveAt: now + 8000 },
        ],
      },
      {},
      now + 8000,
    ],
    ['the session policy', {}, { sessionMs: 9000 }, now + 9000],
  ])('keeps no session past the end of %s', (_name, account, rules, until) => {
    expect(decide(account, {}, rules)).toMatchObject({ outcome: 'accept', until });
  });

  it('forgets its failure counters when it gets in, and only those in force', () => {
    const counters = ['password@workstation:7', 'code@workstation:8', 'password'].map((scope) => ({
      scope,
      failures: 2,
      lastFailureAt: now - 1000,
      lockedUntil: 0,
    }));
    expect(decide({ counters }).effects.reset).toEqual(['password@workstation:7']);
  });
});

describe('each reason', () => {
  const cases: [string, Decision, string, string | null][] = [
    ['a gateway of other units', decide({}, {}, { gatewayUnits: [99] }), 'gateway-not-allowed', null],
    [
      'an administrator login on the firewall',
      decide({}, { refused: { reason: 'service-not-allowed', detail: null } }),
      'service-not-allowed',
      null,
    ],
    [
      'CHAP',
      decide({}, { refused: { reason: 'method-not-allowed', detail: 'chap' } }),
      'method-not-allowed',
      'chap',
    ],
    ['a stranger', decide(null), 'account-unknown', null],
    ['an account not yet activated', decide({ status: 'pending' }), 'account-pending', null],
    ['a withdrawn account', decide({ status: 'withdrawn' }), 'account-withdrawn', null],
    ['nobody hired', decide({ employment: [] }), 'employment-not-started', null],
    [
      'a hiring in the future',
      decide({ employment: [{ kind: 'hired', detail: null, effectiveAt: now + 1 }] }),
      'employment-not-started',
      null,
    ],
    ...(['retired', 'resigned', 'dismissed', 'transferred-out', 'contract-ended', 'deceased'] as const).map(
      (detail): [string, Decision, string, string | null] => [
        `a holder who is ${detail}`,
        decide({
          employment: [...accountFacts().employment, { kind: 'ended', detail, effectiveAt: now }],
        }),
        'employment-ended',
        detail,
      ],
    ),
    ...(['maternity', 'unpaid', 'sick', 'study', 'stood-down'] as const).map(
      (detail): [string, Decision, string, string | null] => [
        `leave: ${detail}`,
        decide({ employment: [...accountFacts().employment, { kind: 'leave', detail, effectiveAt: now }] }),
        'employment-on-leave',
        detail,
      ],
    ),
    ['no written assignment', decide({ assignments: [] }), 'assignment-missing', 'none'],
    [
      'an assignment that ended this very moment',
      decide({ assignments: [{ assignmentId: 1, validFrom: 0, validUntil: now }] }),
      'assignment-missing',
      'ended',
    ],
    [
      'an assignment of the former unit',
      decide({
        employment: [...accountFacts().employment, { kind: 'moved', detail: null, effectiveAt: now }],
      }),
      'assignment-missing',
      'unit-changed',
    ],
    [
      'an assignment of former duties',
      decide({
        employment: [
          ...accountFacts().employment,
          { kind: 'duties-changed', detail: null, effectiveAt: now },
        ],
      }),
      'assignment-missing',
      'duties-changed',
    ],
    ['a term in the future', decide({ validFrom: now + 1 }), 'not-yet-valid', null],
    ['the very instant at which the term ends', decide({ validUntil: now }), 'expired', null],
    ['less than a second left', decide({ validUntil: now + 999 }), 'expired', null],
    ['less than a second before retirement', decide(soon('ended', 'retired')), 'employment-ended', 'retired'],
    ['less than a second before a leave', decide(soon('leave', 'sick')), 'employment-on-leave', 'sick'],
    ['less than a second before a move', decide(soon('moved', null)), 'assignment-missing', 'unit-changed'],
    ...(['by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant'] as const).map(
      (detail): [string, Decision, string, string | null] => [
        `suspension: ${detail}`,
        decide({ suspension: { detail, since: now - day, by: 'unit-administrator' } }),
        'suspended',
        detail,
      ],
    ),
    ['a leaked password', decide({ passwordState: 'compromised' }), 'password-compromised', null],
    [
      'a password to be changed',
      decide({ passwordState: 'change-required' }),
      'password-change-required',
      null,
    ],
    ['rules not accepted', decide({}, {}, { rulesVersion: 2 }), 'rules-not-accepted', null],
    ['no authenticator', decide({ authenticators: [] }), 'authenticator-not-enrolled', null],
    [
      'a locked counter',
      decide({
        counters: [{ scope: 'code@workstation:7', failures: 5, lastFailureAt: now, lockedUntil: now + 1 }],
      }),
      'locked-out',
      null,
    ],
    [
      'too many requests',
      decide({}, { refused: { reason: 'too-many-requests', detail: null } }),
      'too-many-requests',
      null,
    ],
    [
      'the night',
      decide({}, {}, { hours: { timeZone: 'UTC', windows: [{ days: [2], from: '04:00', until: '05:00' }] } }),
      'outside-hours',
      null,
    ],
    ['nothing that names the workstation', decide({}, { observed: [] }), 'workstation-not-identified', null],
    [
      'an unknown workstation',
      decide({}, { observed: [{ key: 'mac:ffffff000000', level: 1 }] }),
      'workstation-not-assigned',
      'unregistered',
    ],
    [
      "a colleague's workstation",
      decide(
        {},
        { observed: [{ key: 'mac:020000000bad', level: 1 }] },
        {},
        {
          observedElsewhere: [
            { workstationId: 8, assetTag: 'MT-0008', state: 'active', identifiers: ['mac:020000000bad'] },
          ],
        },
      ),
      'workstation-not-assigned',
      'other-account',
    ],
    [
      'a workstation handed back',
      decide({ workstations: [{ ...ownWorkstation, assignment: { validFrom: 0, validUntil: now } }] }),
      'workstation-not-assigned',
      'assignment-ended',
    ],
    [
      'a lost workstation',
      decide({ workstations: [{ ...ownWorkstation, state: 'lost' }] }),
      'workstation-revoked',
      null,
    ],
    [
      "somebody's lost workstation",
      decide(
        {},
        { observed: [{ key: 'mac:020000000bad', level: 1 }] },
        {},
        {
          observedElsewhere: [
            { workstationId: 8, assetTag: 'MT-0008', state: 'lost', identifiers: ['mac:020000000bad'] },
          ],
        },
      ),
      'workstation-revoked',
      null,
    ],
    ['weak evidence', decide({}, {}, { leastEvidence: 2 }), 'workstation-evidence-too-weak', null],
    [
      'the key of another machine',
      decide(
        { workstations: [{ ...ownWorkstation, identifiers: [seen.key, 'certificate-sha256:aa'] }] },
        { observed: [seen, { key: 'certificate-sha256:bb', level: 2 }] },
      ),
      'workstation-key-mismatch',
      null,
    ],
    ['a wrong password', decide({}, { password: 'wrong' }), 'password-wrong', null],
    ['no code', decide({}, { code: 'absent' }), 'code-missing', null],
    ['a wrong code', decide({}, { code: wrongCode }), 'code-wrong', null],
    [
      'the code of a phone that is six minutes off',
      decide({}, { code: { authenticatorId: 9, match: { kind: 'wrong', clockSkewMinutes: 6 } } }),
      'code-wrong',
      'clock-skew',
    ],
    [
      'a code used before',
      decide({}, { code: { authenticatorId: 9, match: { kind: 'replayed', timeStep: 1 } } }),
      'code-replayed',
      null,
    ],
    [
      'an answer too late',
      decide({}, { challengeFault: { reason: 'challenge-expired', detail: null } }),
      'challenge-expired',
      null,
    ],
    [
      'an answer to another prompt',
      decide({}, { challengeFault: { reason: 'challenge-mismatch', detail: 'other-gateway' } }),
      'challenge-mismatch',
      'other-gateway',
    ],
    [
      'one session too many',
      decide(
        {
          sessions: [
            {
              sessionId: 1,
              gatewayId: 4,
              workstationId: 99,
              station: 'x',
              startedAt: now - day,
              openUntil: now + day,
            },
          ],
        },
        {},
        { sessionLimit: 1 },
      ),
      'session-limit',
      null,
    ],
  ];

  it.each(cases)('refuses %s', (_name, decision, reason, detail) => {
    expect(denied(decision)).toEqual([reason, detail]);
    expect(decision.effects.claim).toBeNull();
    expect(decision.effects.session).toBeNull();
  });

  it('is checked in the order of the closed list: the first that fails is recorded', () => {
    const faults: [string, Partial<AccountFacts>, Partial<Attempt>, Partial<Policy>][] = [
      ['gateway-not-allowed', {}, {}, { gatewayUnits: [99] }],
      ['account-withdrawn', { status: 'withdrawn' }, {}, {}],
      ['employment-not-started', { employment: [] }, {}, {}],
      ['assignment-missing', { assignments: [] }, {}, {}],
      ['expired', { validUntil: now - 1 }, {}, {}],
      ['suspended', { suspension: { detail: 'case', since: now, by: 'centre' } }, {}, {}],
      ['password-compromised', { passwordState: 'compromised' }, {}, {}],
      ['rules-not-accepted', {}, {}, { rulesVersion: 9 }],
      ['authenticator-not-enrolled', { authenticators: [] }, {}, {}],
      [
        'locked-out',
        { counters: [{ scope: 'password', failures: 99, lastFailureAt: now, lockedUntil: now + 1 }] },
        {},
        {},
      ],
      ['outside-hours', {}, {}, { hours: { timeZone: 'UTC', windows: [] } }],
      ['workstation-not-identified', {}, { observed: [] }, {}],
      ['password-wrong', {}, { password: 'wrong' }, {}],
      ['code-missing', {}, { code: 'absent' }, {}],
    ];
    for (let from = 0; from < faults.length; from++) {
      let account: Partial<AccountFacts> = {};
      let tried: Partial<Attempt> = {};
      let rules: Partial<Policy> = {};
      for (const [, a, t, p] of faults.slice(from)) {
        account = { ...account, ...a };
        tried = { ...tried, ...t };
        rules = { ...rules, ...p };
      }
      expect(denied(decide(account, tried, rules))).toEqual([
        faults[from]?.[0],
        expect.toSatisfy(() => true),
      ]);
    }
    const order = faults.map(([reason]) => (reasons as readonly string[]).indexOf(reason));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

describe('observe mode', () => {
  it('lets in and records what enforcement would have said', () => {
    const decision = decide({}, { observed: [] }, { workstationMode: 'observe' });
    expect(decision).toMatchObject({ outcome: 'accept', observed: { reason: 'workstation-not-identified' } });
  });

  it.each<[string, Partial<AccountFacts>, Partial<Attempt>]>([
    ['a lost workstation', { workstations: [{ ...ownWorkstation, state: 'lost' }] }, {}],
    [
      'the key of another machine',
      { workstations: [{ ...ownWorkstation, identifiers: [seen.key, 'spki-sha256:aa'] }] },
      { observed: [seen, { key: 'spki-sha256:bb', level: 2 }] },
    ],
  ])('still refuses %s', (_name, account, tried) => {
    expect(decide(account, tried, { workstationMode: 'observe' }).outcome).toBe('deny');
  });

  it("refuses a machine whose proven key is somebody else's, and lets a reported or unknown one in", () => {
    const policy = { workstationMode: 'observe' } as const;
    const elsewhere = [
      { workstationId: 8, assetTag: 'MT-0008', state: 'active', identifiers: ['spki-sha256:bb'] },
    ] as const;
    const shown = (level: 1 | 3) => ({ observed: [{ key: 'spki-sha256:bb', level }] });
    const outcome = (level: 1 | 3, observedElsewhere: typeof elsewhere | []) =>
      decide({}, shown(level), policy, { observedElsewhere }).outcome;
    expect(outcome(3, elsewhere)).toBe('deny');
    expect(outcome(1, elsewhere)).toBe('accept');
    expect(outcome(3, [])).toBe('accept');
  });
});

describe('a proven key of a machine that must not be used', () => {
  const key = 'spki-sha256:bb';
  const elsewhere = (state: 'active' | 'lost', identifiers = [key]) => ({
    observedElsewhere: [{ workstationId: 8, assetTag: 'MT-0008', state, identifiers }],
  });
  const lax: Partial<Policy> = { leastEvidence: 0, workstationMode: 'observe' };

  it.each([2, 3] as const)(
    'at E%d is refused although a MAC address of the own machine is reported beside it',
    (level) => {
      const tried = { observed: [seen, { key, level }] };
      const why = (state: 'active' | 'lost') => {
        const decision = decide({}, tried, lax, elsewhere(state));
        return decision.outcome === 'accept' ? null : decision.denial;
      };
      expect(why('active')).toMatchObject({ reason: 'workstation-not-assigned', detail: 'other-account' });
      expect(why('lost')).toMatchObject({ reason: 'workstation-revoked' });
    },
  );

  it.each([2, 3] as const)('withdrawn, at E%d, is refused as revoked beside any MAC address', (level) => {
    const withdrawnKeys = [{ identifier: key, assetTag: 'MT-0008' }];
    const why = (mac: string, facts: object) => {
      const observed = [{ key: mac, level: 1 } as const, { key, level }];
      const decision = decide({}, { observed }, lax, facts);
      return decision.outcome === 'accept' ? null : decision.denial?.reason;
    };
    expect(why('mac:0242ac11ffff', { withdrawnKeys })).toBe('workstation-revoked');
    expect(why(seen.key, { withdrawnKeys })).toBe('workstation-revoked');
    expect(why(seen.key, { withdrawnKeys: [] })).toBeNull();
  });

  it('is refused where it is the key of a lost machine of one’s own', () => {
    const lost = { ...ownWorkstation, workstationId: 9, state: 'lost', identifiers: [key] } as const;
    const decision = decide(
      { workstations: [ownWorkstation, lost] },
      { observed: [seen, { key, level: 3 }] },
      lax,
    );
    expect(decision).toMatchObject({ outcome: 'deny', denial: { reason: 'workstation-revoked' } });
  });

  it('is not what a MAC address is that two machines share', () => {
    const tried = { observed: [seen, { key, level: 3 } as const] };
    expect(decide({}, tried, lax, elsewhere('active', [seen.key])).outcome).toBe('accept');
  });
});

describe('counting guesses', () => {
  it('counts a wrong password on the recognised workstation alone, so that outsiders lock nobody out', () => {
    expect(decide({}, { password: 'wrong' }).effects.failures).toEqual(['password@workstation:7']);
  });

  it('counts a wrong password from elsewhere on the source and, with its cap, on the account', () => {
    const decision = decide({}, { password: 'wrong', observed: [] }, { workstationMode: 'observe' });
    expect(decision.effects.failures).toEqual(['password@02-00-00-00-00-A1', 'password']);
  });

  it('counts a wrong code towards the hard stop only when the password was right', () => {
    expect(decide({}, { code: wrongCode }).effects.failures).toEqual(['code@workstation:7']);
    expect(decide({}, { code: wrongCode, password: 'wrong' }).effects.failures).toEqual([
      'password@workstation:7',
    ]);
    expect(decide({}, { code: wrongCode, password: 'not-checked' }).effects.failures).toEqual([
      'password@workstation:7',
    ]);
    expect(decide({}, { code: wrongCode, password: 'not-required' }).effects.failures).toEqual([
      'code@workstation:7',
    ]);
  });

  it('holds every guess to counters that are open at commit', () => {
    for (const tried of [{ password: 'wrong' as const }, { code: wrongCode }, {}]) {
      expect(decide({}, tried).effects.notLocked).toEqual(['password@workstation:7', 'code@workstation:7']);
    }
  });

  it('does not count the second round of a challenge whose first round was counted', () => {
    const decision = decide({}, { earlierDenial: { reason: 'password-wrong', detail: null } });
    expect(denied(decision)).toEqual(['password-wrong', null]);
    expect(decision.effects.failures).toEqual([]);
  });
});

describe('the first round of a challenge', () => {
  it.each<[string, Partial<AccountFacts> | null, Partial<Attempt>, string | null]>([
    ['a right password', {}, {}, null],
    ['a wrong password', {}, { password: 'wrong' }, 'password-wrong'],
    ['an expired account', { validUntil: 0 }, {}, 'expired'],
    ['a stranger', null, {}, 'account-unknown'],
  ])('asks for the code after %s', (_name, account, tried, reason) => {
    const decision = decide(account, { ...tried, code: 'deferred' });
    expect(decision.outcome).toBe('challenge');
    expect(decision.outcome === 'challenge' && (decision.denial?.reason ?? null)).toBe(reason);
    expect(decision.effects.claim).toBeNull();
  });
});

describe('session limit', () => {
  const session = { gatewayId: 4, station: 'x', startedAt: now - day, openUntil: now + day };

  it('ends the older session of the same workstation when it comes back', () => {
    const decision = decide(
      { sessions: [{ ...session, sessionId: 31, workstationId: 7 }] },
      {},
      { sessionLimit: 1 },
    );
    expect(decision).toMatchObject({ outcome: 'accept', effects: { endSessions: [31] } });
  });

  it('refuses when the policy says so', () => {
    const decision = decide(
      { sessions: [{ ...session, sessionId: 31, workstationId: 7 }] },
      {},
      { sessionLimit: 1, onSessionLimit: 'refuse' },
    );
    expect(denied(decision)).toEqual(['session-limit', null]);
  });
});

describe('whatever the input', () => {
  const anyAccount = fc.record({
    status: fc.constantFrom('pending', 'active', 'withdrawn') as fc.Arbitrary<AccountFacts['status']>,
    validFrom: fc.integer({ min: now - 3, max: now + 3 }),
    validUntil: fc.integer({ min: now - 3, max: now + 5000 }),
    passwordState: fc.constantFrom('usable', 'usable', 'compromised') as fc.Arbitrary<
      AccountFacts['passwordState']
    >,
    suspension: fc.constantFrom(null, null, { detail: 'case' as const, since: now, by: 'centre' }),
    employment: fc.array(
      fc.record({
        kind: fc.constantFrom('hired', 'returned', 'leave', 'ended', 'moved') as fc.Arbitrary<
          AccountFacts['employment'][number]['kind']
        >,
        detail: fc.constant(null),
        effectiveAt: fc.integer({ min: now - 5, max: now + 5 }),
      }),
      { maxLength: 5 },
    ),
  });
  const anyAttempt = fc.record({
    password: fc.constantFrom('not-required', 'right', 'wrong', 'not-checked') as fc.Arbitrary<
      Attempt['password']
    >,
    code: fc.constantFrom<Attempt['code']>(
      'absent',
      'deferred',
      wrongCode,
      { authenticatorId: 9, match: { kind: 'replayed', timeStep: 3 } },
      { authenticatorId: 9, match: { kind: 'match', timeStep: 4 } },
    ),
    observed: fc.constantFrom([], [seen], [{ key: 'mac:ffffff000000', level: 1 as const }]),
  });

  it('never accepts without a fresh code, a password that was not wrong, a term and an employment in force', () => {
    fc.assert(
      fc.property(anyAccount, anyAttempt, (account, tried) => {
        const decision = decide(account, tried);
        if (decision.outcome !== 'accept') return;
        expect(tried.code).toMatchObject({ match: { kind: 'match' } });
        expect(['right', 'not-required']).toContain(tried.password);
        expect(account.status).toBe('active');
        expect(account.suspension).toBeNull();
        expect(account.validFrom).toBeLessThanOrEqual(now);
        expect(decision.until).toBeLessThanOrEqual(account.validUntil);
        expect(decision.until).toBeGreaterThanOrEqual(now + 1000);
        const ends = account.employment.filter((fact) => fact.kind === 'ended' && fact.effectiveAt <= now);
        for (const end of ends) {
          expect(
            account.employment.some(
              (f) => f.kind === 'hired' && f.effectiveAt > end.effectiveAt && f.effectiveAt <= now,
            ),
          ).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('skips no check: what is refused before the secrets is refused with them, for the same reason', () => {
    fc.assert(
      fc.property(anyAccount, anyAttempt, (account, tried) => {
        const before = findDenialBeforeSecrets(facts(account), attempt(tried), policy(), now);
        const decision = decide(account, tried);
        if (before === null) return;
        expect(decision.outcome).not.toBe('accept');
        expect('denial' in decision && decision.denial).toEqual(before);
      }),
      { numRuns: 3000 },
    );
  });
});
