// Heads of units by personnel events: appointed, acting, relieved. The role in the console has the dates of the event, so that it begins and ends
// by itself; what was done to it is kept with the event, for its undo.
import { OperatorError } from '../../base/errors.ts';
import { type LifecycleChanges, type LifecycleEvent, lifecycleRules } from '../../core/lifecycle.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { appendRecord } from '../../store/audit/append.ts';
import {
  findOperatorOfPerson,
  findRoles,
  type HeadRole,
  listHeadRoles,
  setRoleEnd,
} from '../../store/queries/heads.ts';
import { findLifecycleEvents, insertAlert, updateLifecycleEvent } from '../../store/queries/lifecycle.ts';
import { findOperatorByName, insertOperator, insertOperatorRole } from '../../store/queries/operators.ts';
import { insertOutbox } from '../../store/queries/outbox.ts';
import type { Db } from '../../store/tables.ts';
import { type Act, type Administrator, recordActs } from '../administration.ts';
import type { PersonAtWork } from './enactment.ts';

type RoleEnd = Pick<HeadRole, 'validUntil' | 'revokedAt'>;

/** What an event has done to roles. */
interface HeadChanges {
  readonly given: readonly number[];
  readonly ended: readonly { readonly roleId: number; readonly before: RoleEnd; readonly after: RoleEnd }[];
}

export type ChangesWithHead = LifecycleChanges & { readonly head?: HeadChanges };

export interface HeadEvent extends LifecycleEvent {
  readonly eventId: number;
  readonly documentNumber: string | null;
}

/** The end that an instant puts to a role. */
function endAt({ validFrom }: HeadRole, at: number, now: number): RoleEnd {
  // A role that has not begun by then never does.
  return at > validFrom ? { validUntil: at, revokedAt: null } : { validUntil: null, revokedAt: now };
}

/** Whoever has no place in the console yet gets one without password and phone: an administrator hands out the link. */
async function operatorFor(db: Db, person: PersonAtWork, now: number): Promise<number | null> {
  const known = await findOperatorOfPerson(db, person.personId);
  if (known !== null) return known.state === 'active' ? known.id : null;
  for (const text of [person.accounts[0]?.userName, person.staffCode]) {
    const name = canonicalUserName(text ?? '', { realms: [] });
    if (!name.ok || (await findOperatorByName(db, name.userName)) !== null) continue;
    const { personId } = person;
    return await insertOperator(db, { personId, signInName: name.userName, state: 'active', createdAt: now });
  }
  return null;
}

/** Carries out what events of heads do to roles, in the write that records them. */
export async function applyHeadEvents(
  db: Db,
  by: Administrator,
  events: readonly { readonly event: HeadEvent; readonly person: PersonAtWork }[],
  now: number,
): Promise<void> {
  const acts: Act[] = [];
  for (const { event, person } of events) {
    const { kind, effectiveAt, endsAt, unitId, documentNumber, eventId } = event;
    const { head } = lifecycleRules[kind];
    const ending = { personId: person.personId, unitId, delegated: head === 'ends' };
    const ended: HeadChanges['ended'][number][] = [];
    for (const role of await listHeadRoles(db, ending)) {
      const { id: roleId, validUntil, revokedAt } = role;
      if (validUntil !== null && validUntil <= effectiveAt) continue;
      const after = endAt(role, effectiveAt, now);
      await setRoleEnd(db, roleId, after);
      ended.push({ roleId, before: { validUntil, revokedAt }, after });
    }
    const given: number[] = [];
    if (head === 'given') {
      const acting = kind === 'head-acting';
      const operatorId = await operatorFor(db, person, now);
      if (operatorId === null) await alertNoOperator(db, event, now);
      else {
        const role = {
          operatorId,
          role: 'head-of-unit',
          unitId,
          validFrom: effectiveAt,
          validUntil: endsAt,
          acting,
          documentNumber,
        } as const;
        const roleId = await insertOperatorRole(db, { ...role, createdAt: now });
        given.push(roleId);
        acts.push({ verb: 'operator.grant-role', at: now, body: { ...role, roleId, event: eventId } });
      }
    }
    for (const { roleId, after } of ended)
      acts.push({
        verb: 'operator.end-role',
        at: now,
        body: { roleId, event: eventId, validUntil: after.validUntil },
      });
    const [row] = await findLifecycleEvents(db, [eventId]);
    if (row === undefined) throw new Error('the event of a head is not there');
    const changes = JSON.parse(row.changes) as LifecycleChanges;
    await updateLifecycleEvent(db, eventId, {
      changes: JSON.stringify({ ...changes, head: { given, ended } }),
    });
  }
  await recordActs(db, by, acts);
}

/** A person whose place in the console was ended, or for whom no name is free: somebody has to look. */
async function alertNoOperator(db: Db, { eventId, unitId }: HeadEvent, now: number): Promise<void> {
  const evidence = { event: eventId, unit: unitId };
  const place = await appendRecord(db, {
    kind: 'system',
    at: now,
    accountId: null,
    gatewayId: null,
    outcome: 'lifecycle.head-without-operator',
    reason: null,
    detail: null,
    lookupCode: null,
    body: evidence,
    personal: {},
  });
  const rule = 'head-without-operator';
  await insertAlert(db, { rule, evidence: JSON.stringify(evidence), at: now, ...place });
  await insertOutbox(db, {
    kind: 'alert',
    payload: JSON.stringify({ rule, at: now, ...evidence }),
    createdAt: now,
    deliveredAt: null,
  });
}

const isSameEnd = (a: RoleEnd, b: RoleEnd) => a.validUntil === b.validUntil && a.revokedAt === b.revokedAt;

/**
 * Takes back what an event did to roles; a role that it gave stays on record as revoked.
 * @throws OperatorError when somebody has changed one of the roles since
 */
export async function undoHead(db: Db, { given, ended }: HeadChanges, now: number): Promise<void> {
  const there = new Map(
    (
      await findRoles(
        db,
        ended.map(({ roleId }) => roleId),
      )
    ).map((role) => [role.id, role]),
  );
  for (const { roleId, before, after } of ended) {
    const role = there.get(roleId);
    if (role === undefined || !isSameEnd(role, after))
      throw new OperatorError(
        'The event cannot be undone: a role of a head that it ended has been changed since.',
        {
          at: 'EVENT',
          remedy: 'Nothing was done. Set the roles as they should be in the list of operators.',
        },
      );
    await setRoleEnd(db, roleId, before);
  }
  for (const role of await findRoles(db, given))
    if (role.revokedAt === null)
      await setRoleEnd(db, role.id, { validUntil: role.validUntil, revokedAt: now });
}
