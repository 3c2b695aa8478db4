// The table of personnel events: what each does before, at and after its moment, and what its undo restores.
import { describe, expect, it } from 'vitest';
import { parseTermDate } from '../../src/core/dates.ts';
import { assignmentAt, employmentAt, nextDenyingFactAt } from '../../src/core/employment.ts';
import type { EmploymentFact } from '../../src/core/facts.ts';
import {
  changesOfStep,
  findUndoConflicts,
  hasGround,
  type LifecycleChanges,
  type LifecycleEvent,
  type LifecycleFacts,
  type LifecycleKind,
  lifecycleDetails,
  lifecycleKinds,
  lifecycleRules,
  planEvent,
} from '../../src/core/lifecycle.ts';

const day = 86_400_000;
const at = (text: string) => parseTermDate(text, 'from', 'Asia/Ho_Chi_Minh');
const moment = at('01/03/2026');
const now = moment - 10 * day;
const [here, there] = [7, 8];

const hired: EmploymentFact = { kind: 'hired', detail: null, effectiveAt: at('01/09/2015') };
const onLeave: EmploymentFact = { kind: 'leave', detail: 'maternity', effectiveAt: at('01/01/2026') };
const left: EmploymentFact = { kind: 'ended', detail: 'resigned', effectiveAt: at('01/02/2026') };
const shut: EmploymentFact = { kind: 'suspended', detail: null, effectiveAt: at('01/02/2026') };
const lent: EmploymentFact = { kind: 'duties-changed', detail: 'seconded', effectiveAt: at('01/01/2020') };

/** An active account with a paper that has no end. */
const account = {
  accountId: 1,
  status: 'active' as const,
  validFrom: at('01/01/2025'),
  validUntil: at('01/01/2027'),
  assignments: [{ assignmentId: 5, validFrom: at('01/01/2025'), validUntil: null }],
};

const employed: LifecycleFacts = { unitId: here, employment: [hired], accounts: [account] };

/** For each kind an event that fits, and whom it fits. */
const samples: Readonly<Record<LifecycleKind, { event: Partial<LifecycleEvent>; facts: LifecycleFacts }>> = {
  hired: { event: {}, facts: { ...employed, employment: [hired, left] } },
  returned: { event: {}, facts: { ...employed, employment: [hired, onLeave] } },
  leave: { event: { detail: 'sick', endsAt: moment + 60 * day }, facts: employed },
  ended: { event: { detail: 'retired' }, facts: employed },
  moved: { event: { unitId: there }, facts: employed },
  seconded: { event: { unitId: there, endsAt: moment + 90 * day }, facts: employed },
  'secondment-ended': { event: {}, facts: { ...employed, employment: [hired, lent] } },
  'duties-changed': { event: {}, facts: employed },
  extended: { event: { endsAt: at('01/07/2027') }, facts: employed },
  suspended: { event: {}, facts: employed },
  reinstated: { event: {}, facts: { ...employed, employment: [hired, shut] } },
  'head-appointed': { event: { unitId: there }, facts: employed },
  'head-acting': { event: { unitId: there, endsAt: moment + 90 * day }, facts: employed },
  'head-relieved': { event: {}, facts: employed },
};

function event(kind: LifecycleKind, more: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return {
    kind,
    detail: null,
    effectiveAt: moment,
    endsAt: null,
    keepUntil: null,
    unitId: null,
    ...samples[kind].event,
    ...more,
  };
}

function planned(kind: LifecycleKind, more: Partial<LifecycleEvent> = {}, facts = samples[kind].facts) {
  const plan = planEvent(event(kind, more), facts, now);
  if (plan.outcome !== 'planned') throw new Error(`${kind} is ${JSON.stringify(plan)}`);
  return plan;
}

/** State, ground and unit of the person at an instant, when the event was recorded and every step due was applied. */
function standing(kind: LifecycleKind, instant: number, more: Partial<LifecycleEvent> = {}) {
  const { facts } = samples[kind];
  const plan = planned(kind, more);
  const employment = [...facts.employment, ...plan.facts];
  let { unitId } = facts;
  let accounts = [...facts.accounts];
  let changes: LifecycleChanges = { facts: plan.facts.map((_, i) => `${i}`), accounts: [], unit: null };
  for (const step of plan.steps) {
    if (step.at > instant) continue;
    const changed = changesOfStep(step, event(kind, more), { unitId, employment, accounts });
    changes = {
      ...changes,
      accounts: [...changes.accounts, ...changed.accounts],
      unit: changed.unit ?? changes.unit,
    };
    unitId = changed.unit?.after ?? unitId;
    accounts = accounts.map((one) => {
      const set = changed.accounts.filter(({ accountId }) => accountId === one.accountId);
      return { ...one, ...Object.fromEntries(set.map(({ field, after: value }) => [field, value])) };
    });
  }
  const state = employmentAt(employment, instant).state;
  return {
    state,
    employment,
    unitId,
    accounts,
    changes,
    ground: accounts.map((a) => hasGround(a, employment, instant)),
  };
}

describe('the table of personnel events', () => {
  it.each(lifecycleKinds)('%s: nothing changes in the millisecond before its moment', (kind) => {
    const { facts } = samples[kind];
    const before = standing(kind, moment - 1);
    expect(before.state).toBe(employmentAt(facts.employment, moment - 1).state);
    expect(before.unitId).toBe(here);
    expect(before.ground).toEqual(facts.accounts.map((a) => hasGround(a, facts.employment, moment - 1)));
    // An extension alone is granted when it is recorded.
    if (kind !== 'extended') expect(before.accounts).toEqual(facts.accounts);
  });

  it.each([
    ['hired', 'employed', false],
    ['returned', 'employed', true],
    ['leave', 'on-leave', false],
    ['ended', 'ended', false],
    ['moved', 'employed', false],
    ['seconded', 'employed', false],
    ['secondment-ended', 'employed', false],
    ['duties-changed', 'employed', false],
    ['extended', 'employed', true],
    ['suspended', 'employed', false],
    ['reinstated', 'employed', true],
    ['head-appointed', 'employed', true],
    ['head-acting', 'employed', true],
    ['head-relieved', 'employed', true],
  ] as const)('%s: at its moment employment is %s, and the account has ground: %s', (kind, state, ground) => {
    const result = standing(kind, moment);
    expect(result.state).toBe(state);
    expect(result.ground).toEqual([ground]);
    expect(result.unitId).toBe(kind === 'moved' ? there : here);
    expect(result.accounts[0]?.status).toBe(kind === 'ended' ? 'withdrawn' : 'active');
    expect(result.accounts[0]?.validUntil).toBe(kind === 'extended' ? at('01/07/2027') : account.validUntil);
  });

  it.each(lifecycleKinds)(
    '%s: its undo restores what it changed, and refuses when that has changed',
    (kind) => {
      const { facts } = samples[kind];
      const { changes, accounts, unitId } = standing(kind, moment);
      expect(findUndoConflicts(changes, { unitId, accounts }, changes.facts.length)).toEqual([]);
      // What the changes say was there before is what was there.
      for (const { accountId, field, before } of changes.accounts) {
        expect(facts.accounts.find((one) => one.accountId === accountId)?.[field]).toBe(before);
      }
      if (changes.unit !== null) expect(changes.unit.before).toBe(facts.unitId);
      if (changes.facts.length > 0) {
        expect(findUndoConflicts(changes, { unitId, accounts }, changes.facts.length - 1)).toEqual([
          { what: 'fact' },
        ]);
      }
      if (changes.unit !== null) {
        expect(findUndoConflicts(changes, { unitId: 99, accounts }, changes.facts.length)).toEqual([
          { what: 'unit', is: 99 },
        ]);
      }
      if (changes.accounts.length > 0) {
        const touched = accounts.map((one) => ({
          ...one,
          status: 'pending' as const,
          validUntil: one.validUntil + 1,
        }));
        expect(findUndoConflicts(changes, { unitId, accounts: touched }, changes.facts.length)).toHaveLength(
          1,
        );
        expect(findUndoConflicts(changes, { unitId, accounts: [] }, changes.facts.length)).toHaveLength(1);
      }
    },
  );

  it('counts as withdrawal whatever takes access from an account that has it', () => {
    const counts = lifecycleKinds.map((kind) => [kind, planned(kind).withdrawals]);
    expect(Object.fromEntries(counts)).toEqual({
      hired: 0,
      returned: 0,
      leave: 1,
      ended: 1,
      moved: 1,
      seconded: 1,
      'secondment-ended': 1,
      'duties-changed': 1,
      extended: 0,
      suspended: 1,
      reinstated: 0,
      'head-appointed': 0,
      'head-acting': 0,
      'head-relieved': 0,
    });
    for (const kind of lifecycleKinds) {
      if (planned(kind).withdrawals > 0)
        expect(lifecycleRules[kind]).toMatchObject({ withdraws: true, cuts: true });
    }
  });

  it('does not count a move of somebody whom the new unit has approved already', () => {
    const approved = { ...account, assignments: [{ assignmentId: 6, validFrom: moment, validUntil: null }] };
    const plan = planned('moved', {}, { ...employed, accounts: [approved] });
    expect(plan.withdrawals).toBe(0);
  });

  it('keeps access until the date for new papers, and counts that as a withdrawal when the date is near', () => {
    const keepUntil = moment + 30 * day;
    expect(planned('moved', { keepUntil }).withdrawals).toBe(0);
    expect(planned('moved', { keepUntil: moment + day }).withdrawals).toBe(1);
    expect(standing('moved', moment, { keepUntil })).toMatchObject({ unitId: there, ground: [true] });
    expect(standing('moved', keepUntil - 1, { keepUntil }).ground).toEqual([true]);
    expect(standing('moved', keepUntil, { keepUntil }).ground).toEqual([false]);
    const { employment } = standing('moved', moment, { keepUntil });
    expect(nextDenyingFactAt(employment, moment)).toBe(keepUntil);
    const renewed = { assignmentId: 9, validFrom: moment + day, validUntil: null };
    expect(assignmentAt([...account.assignments, renewed], employment, keepUntil).state).toBe('valid');
  });

  it('ends a secondment by itself on its day', () => {
    const { employment } = standing('seconded', moment);
    const host = [{ assignmentId: 9, validFrom: moment, validUntil: null }];
    const end = moment + 90 * day;
    expect(assignmentAt(host, employment, end - 1).state).toBe('valid');
    expect(assignmentAt(host, employment, end)).toEqual({ state: 'missing', detail: 'duties-changed' });
    expect(planned('seconded').steps.map((step) => step.at)).toEqual([moment, end]);
  });

  it('never lets a leave end by its planned date', () => {
    expect(standing('leave', moment + 400 * day).state).toBe('on-leave');
  });

  it('does not count papers from before an employment that ended, though another has begun', () => {
    const again: EmploymentFact[] = [hired, left, { kind: 'hired', detail: null, effectiveAt: moment }];
    expect(assignmentAt(account.assignments, again, moment)).toEqual({ state: 'missing', detail: 'ended' });
    const fresh = [{ assignmentId: 6, validFrom: moment, validUntil: null }];
    expect(assignmentAt(fresh, again, moment).state).toBe('valid');
  });

  it.each([
    ['hired', employed, {}, 'employed-already'],
    ['returned', employed, {}, 'not-on-leave'],
    ['returned', { ...employed, employment: [hired, left] }, {}, 'not-on-leave'],
    ['ended', { ...employed, employment: [] }, {}, 'never-hired'],
    ['ended', { ...employed, employment: [hired, left] }, {}, 'ended-already'],
    ['leave', { ...employed, employment: [hired, left] }, {}, 'ended-already'],
    ['leave', employed, { detail: null }, 'detail-missing'],
    ['leave', employed, { detail: 'retired' }, 'detail-unknown'],
    ['moved', employed, { detail: 'retired' }, 'detail-unknown'],
    ['leave', employed, { endsAt: moment }, 'end-not-after'],
    ['leave', employed, { unitId: there }, 'unit-unexpected'],
    ['leave', employed, { keepUntil: moment + day }, 'keep-unexpected'],
    ['moved', employed, { unitId: null }, 'unit-missing'],
    ['moved', employed, { unitId: here }, 'same-unit'],
    ['moved', employed, { endsAt: moment + day }, 'end-unexpected'],
    ['moved', employed, { keepUntil: moment }, 'keep-not-after'],
    ['seconded', employed, { endsAt: null }, 'end-missing'],
    ['secondment-ended', employed, {}, 'no-secondment'],
    ['extended', { ...employed, accounts: [] }, {}, 'no-account'],
    ['extended', employed, { endsAt: account.validUntil }, 'term-not-longer'],
    ['extended', employed, { effectiveAt: 0, endsAt: now }, 'never-hired'],
  ] as const)('refuses %s when it does not fit', (kind, facts, more, fault) => {
    expect(planEvent(event(kind, more), facts, now)).toEqual({ outcome: 'refused', fault });
  });

  it('takes what another source has said as known', () => {
    const facts = {
      ...employed,
      employment: [hired, { kind: 'ended', detail: 'retired', effectiveAt: moment } as const],
    };
    expect(planEvent(event('ended'), facts, now)).toEqual({ outcome: 'known' });
    expect(planEvent(event('ended', { detail: 'resigned' }), facts, now)).toMatchObject({
      outcome: 'refused',
    });
  });

  it('has for every detail of a denial an event that brings it', () => {
    for (const [kind, details] of Object.entries(lifecycleDetails)) {
      for (const detail of details) {
        const { facts } = planned(kind as LifecycleKind, { detail });
        expect(employmentAt([hired, ...facts], moment)).toMatchObject({ detail });
      }
    }
  });

  it.each(['28/02/2028', '29/02/2028', '01/03/2028', '31/12/2026', '01/01/2027'])(
    'takes effect at midnight in Asia/Ho_Chi_Minh of %s',
    (text) => {
      const effectiveAt = at(text);
      expect(new Date(effectiveAt).toISOString()).toMatch(/T17:00:00.000Z$/);
      expect(standing('ended', effectiveAt - 1, { effectiveAt }).state).toBe('employed');
      expect(standing('ended', effectiveAt, { effectiveAt }).state).toBe('ended');
    },
  );
});
