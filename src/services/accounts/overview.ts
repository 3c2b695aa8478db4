// What the organisation knows of one account, and lists of them. No secret is among it.
import { OperatorError } from '../../base/errors.ts';
import { findDenialBeforeSecrets } from '../../core/access.ts';
import type { Denial } from '../../core/decision.ts';
import { employmentAt } from '../../core/employment.ts';
import type { ObservedIdentifier } from '../../core/facts.ts';
import type { Policy } from '../../core/policy.ts';
import {
  findHolder,
  listAssignmentsOfAccount,
  listCounters,
  listEmploymentEvents,
  listOpenSessions,
  listWorkstationsOfAccount,
} from '../../store/queries/account-details.ts';
import { type AccountCursor, listAccounts } from '../../store/queries/account-list.ts';
import type { AccountListState } from '../../store/queries/account-state.ts';
import { listAuthenticators } from '../../store/queries/authenticators.ts';
import { listDecisionsOfAccount } from '../../store/queries/records.ts';
import type { Store } from '../../store/store.ts';
import { readOrganisation } from '../administration.ts';
import type { Settings } from '../settings/settings.ts';
import { getUnit } from '../units.ts';
import { getAccount } from './account.ts';

/** A denial that no typing and no gateway could change; null when the account itself is in order. */
export async function findStanding(
  store: Store,
  userName: string,
  policy: Policy,
  now: number,
): Promise<Denial | null> {
  const facts = await store.decisions.loadFacts({ userName, observedKeys: [] });
  const workstations = facts.account?.workstations ?? [];
  const usable = workstations.find(
    ({ state, assignment }) =>
      state === 'active' &&
      assignment !== null &&
      assignment.validFrom <= now &&
      (assignment.validUntil === null || assignment.validUntil > now),
  );
  // As if it came from a workstation of its own, at any hour and through any gateway.
  const observed: ObservedIdentifier[] = (usable?.identifiers ?? []).map((key) => ({ key, level: 3 }));
  const anywhere: Policy = {
    ...policy,
    hours: null,
    gatewayUnits: null,
    leastEvidence: 0,
    workstationMode: 'observe',
  };
  return findDenialBeforeSecrets(
    facts,
    {
      gatewayId: 0,
      station: '',
      observed,
      refused: null,
      password: 'not-checked',
      code: 'absent',
      ticket: null,
      challengeFault: null,
      earlierDenial: null,
    },
    anywhere,
    now,
  );
}

/**
 * Everything about one account. `standing` is what keeps it out whatever is typed and wherever; null: nothing does.
 * @throws OperatorError when there is no such account
 */
export async function showAccount(
  deps: { readonly store: Store; readonly settings: Settings },
  query: { readonly user: string; readonly now: number; readonly decisions: number },
) {
  const { store, settings } = deps;
  const { now } = query;
  const organisation = await readOrganisation(store);
  const { passwordPhc, ...account } = await getAccount(store, query.user, organisation.realms);
  const details = await store.read(async (db) => ({
    holder: await findHolder(db, account.personId),
    employment: await listEmploymentEvents(db, account.personId),
    assignments: await listAssignmentsOfAccount(db, account.id),
    workstations: await listWorkstationsOfAccount(db, account.id),
    authenticators: (await listAuthenticators(db, account.id)).map(({ sealedSeed: _, ...rest }) => rest),
    counters: await listCounters(db, account.id),
    sessions: (await listOpenSessions(db, account.id)).filter((session) => session.until > now),
    decisions: await listDecisionsOfAccount(db, account.id, query.decisions),
  }));
  const policy = settings.current().policyFor(details.holder.unitIds, 0);
  return {
    account,
    hasPassword: passwordPhc !== null,
    ...details,
    employmentState: employmentAt(details.employment, now),
    rulesVersion: policy.rulesVersion,
    standing: await findStanding(store, account.userName, policy, now),
    timeZone: organisation.timeZone,
  };
}

export type AccountOverview = Awaited<ReturnType<typeof showAccount>>;

function encodeCursor({ nameSortKey, accountId }: AccountCursor): string {
  return Buffer.from(JSON.stringify([nameSortKey, accountId])).toString('base64url');
}

function decodeCursor(text: string): AccountCursor {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(value)) {
      const [nameSortKey, accountId] = value as unknown[];
      if (typeof nameSortKey === 'string' && typeof accountId === 'number') return { nameSortKey, accountId };
    }
  } catch {
    // Refused below like any other text.
  }
  throw new OperatorError('--after: this is no place in the list.', {
    at: '--after',
    remedy: 'Copy it from the end of the page before, or leave it out to begin again.',
  });
}

/** One page of accounts by the holders' names; `next` is where the following page begins, null at the end. */
export async function listAccountPage(
  deps: { readonly store: Pick<Store, 'read'>; readonly now: number },
  query: {
    readonly unit?: string;
    readonly state?: AccountListState;
    readonly after?: string;
    readonly limit: number;
  },
) {
  const { store, now } = deps;
  const unit = query.unit === undefined ? null : await getUnit(store, query.unit);
  const { timeZone } = await readOrganisation(store);
  const rows = await store.read((db) =>
    listAccounts(db, {
      unitPath: unit?.path ?? null,
      state: query.state ?? null,
      after: query.after === undefined ? null : decodeCursor(query.after),
      limit: query.limit + 1,
      now,
    }),
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    accounts: page,
    next: rows.length > query.limit && last !== undefined ? encodeCursor(last) : null,
    timeZone,
  };
}
