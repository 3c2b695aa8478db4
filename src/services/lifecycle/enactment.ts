// What the events of one write do to the people they are about: worked out in memory, then written together.
import type { AssignmentFact, EmploymentFact } from '../../core/facts.ts';
import {
  type AccountChange,
  changesOfStep,
  hasGround,
  type LifecycleChanges,
  type LifecycleEvent,
  type LifecycleKind,
  type LifecycleStep,
  stepsOf,
} from '../../core/lifecycle.ts';
import type { Reason } from '../../core/reasons.ts';
import { insertEmployment } from '../../store/queries/import/people.ts';
import { endOperatorsOf, type OperatorEnded } from '../../store/queries/leaving-operators.ts';
import {
  type KnownPerson,
  setAccountField,
  setUnitOfPerson,
  withdrawAccounts,
} from '../../store/queries/lifecycle.ts';
import type { Store } from '../../store/store.ts';
import type { Db, Tables } from '../../store/tables.ts';

/** How many events are written together: on SQLite decisions wait meanwhile, so few of them; on PostgreSQL they do not. */
export function eventsPerWrite({ dialect }: Pick<Store, 'dialect'>): number {
  return dialect === 'sqlite' ? 15 : 200;
}

/** A person as the events before have left them. */
export interface PersonAtWork {
  readonly personId: number;
  readonly staffCode: string;
  unitId: number;
  employment: EmploymentFact[];
  accounts: {
    readonly accountId: number;
    readonly userName: string;
    status: 'pending' | 'active' | 'withdrawn';
    readonly validFrom: number;
    validUntil: number;
    readonly assignments: readonly AssignmentFact[];
  }[];
}

export function atWork(person: KnownPerson): PersonAtWork {
  return {
    personId: person.personId,
    staffCode: person.staffCode,
    unitId: person.unitId,
    employment: [...person.employment],
    accounts: person.accounts.map((account) => ({ ...account })),
  };
}

/** Called in the write in which accounts lose their ground, so that their live sessions are cut. */
export type AccessEnded = (db: Db, accountIds: readonly number[], reason: Reason) => Promise<void>;

function reasonOfCut(kind: LifecycleKind): Reason {
  if (kind === 'ended') return 'employment-ended';
  if (kind === 'suspended') return 'suspended';
  return kind === 'leave' ? 'employment-on-leave' : 'assignment-missing';
}

export interface EnactedEvent extends LifecycleEvent {
  readonly source: string;
  readonly sourceKey: string;
  readonly documentNumber: string | null;
  readonly recordedAt: number;
}

/** Where an event stands after what was due of it. */
export interface Standing {
  readonly state: 'scheduled' | 'applied';
  readonly nextDueAt: number | null;
  readonly changes: LifecycleChanges;
  /** Accounts that lost their ground just now. */
  readonly ended: readonly number[];
}

export function createEnactment(now: number) {
  const facts: Tables['employmentEvents']['$inferInsert'][] = [];
  const withdrawn = new Set<number>();
  const leavers = new Set<number>();
  const terms = new Map<number, number>();
  const units: { personId: number; from: number; into: number; at: number }[] = [];
  /** Reasons of the cuts and whom they concern. */
  const cuts = new Map<Reason, Set<number>>();

  function applyStep(person: PersonAtWork, event: EnactedEvent, step: LifecycleStep) {
    const changed = changesOfStep(step, event, person);
    for (const change of changed.accounts) {
      const account = person.accounts.find(({ accountId }) => accountId === change.accountId);
      if (account === undefined) continue;
      if (change.field === 'status') {
        account.status = change.after;
        withdrawn.add(change.accountId);
      } else {
        account.validUntil = change.after;
        terms.set(change.accountId, change.after);
      }
    }
    if (step.acts.includes('withdraw')) leavers.add(person.personId);
    if (changed.unit !== null) {
      person.unitId = changed.unit.after;
      const { before, after } = changed.unit;
      units.push({ personId: person.personId, from: before, into: after, at: step.at });
    }
    const ended = step.acts.includes('cut')
      ? person.accounts
          .filter((account) => !hasGround(account, person.employment, now))
          .map(({ accountId }) => accountId)
      : [];
    if (ended.length > 0) {
      const reason = reasonOfCut(event.kind);
      const concerned = cuts.get(reason) ?? new Set();
      for (const id of ended) concerned.add(id);
      cuts.set(reason, concerned);
    }
    return { ...changed, ended };
  }

  /** Applies the steps that are due from an instant on, and says what comes next. */
  function applyDue(
    person: PersonAtWork,
    event: EnactedEvent,
    from: number,
    before: LifecycleChanges,
  ): Standing {
    const steps = stepsOf(event, event.recordedAt);
    const accounts: AccountChange[] = [...before.accounts];
    let { unit } = before;
    const ended = new Set<number>();
    for (const step of steps) {
      if (step.at < from || step.at > now) continue;
      const changed = applyStep(person, event, step);
      accounts.push(...changed.accounts);
      unit = changed.unit ?? unit;
      for (const id of changed.ended) ended.add(id);
    }
    const next = steps.find(({ at }) => at > now)?.at ?? null;
    const isApplied = steps.some(({ at }) => at <= now);
    return {
      state: isApplied ? 'applied' : 'scheduled',
      nextDueAt: next,
      changes: { facts: before.facts, accounts, unit },
      ended: [...ended],
    };
  }

  return {
    applyDue,

    /** Writes the event's facts down, and applies what is due of it already. */
    record(person: PersonAtWork, event: EnactedEvent, planned: readonly EmploymentFact[]): Standing {
      const keys: string[] = [];
      for (const [index, fact] of planned.entries()) {
        const sourceKey = `event|${event.sourceKey}|${index + 1}`;
        keys.push(sourceKey);
        person.employment.push(fact);
        facts.push({
          personId: person.personId,
          kind: fact.kind,
          detail: fact.detail,
          effectiveAt: fact.effectiveAt,
          endsAt: fact.endsAt ?? null,
          documentNumber: event.documentNumber,
          unitId: event.unitId,
          source: event.source,
          sourceKey,
          recordedAt: now,
        });
      }
      return applyDue(person, event, Number.NEGATIVE_INFINITY, { facts: keys, accounts: [], unit: null });
    },

    /** Writes everything, ends what leavers hold in the console (the answer), and has the sessions cut of those who lost their ground. Revisions are bumped by the lock before. */
    async flush(db: Db, onAccessEnded: AccessEnded): Promise<readonly OperatorEnded[]> {
      for (let at = 0; at < facts.length; at += rowsInStatement)
        await insertEmployment(db, facts.slice(at, at + rowsInStatement));
      await withdrawAccounts(db, [...withdrawn], now);
      const operators = await endOperatorsOf(db, [...leavers], now);
      for (const [accountId, validUntil] of terms) await setAccountField(db, accountId, { validUntil }, now);
      for (const { personId, ...move } of units) await setUnitOfPerson(db, personId, move);
      for (const [reason, accountIds] of cuts) await onAccessEnded(db, [...accountIds], reason);
      return operators;
    },
  };
}

const rowsInStatement = 500;
