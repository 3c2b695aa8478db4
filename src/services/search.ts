// What a few letters may mean: a lookup code, accounts, people without one, workstations, papers.
import { wordsOf } from '../core/names.ts';
import { canonicalUserName } from '../core/user-name.ts';
import { searchFirstAccounts } from '../store/queries/account-search/search.ts';
import { findDecisionByLookupCode } from '../store/queries/decision-list.ts';
import { findPeopleLike } from '../store/queries/people.ts';
import { type SearchOf, searchAssignments, searchWorkstations } from '../store/queries/search.ts';
import type { UnitsWithin } from '../store/queries/within.ts';
import type { Store } from '../store/store.ts';

export interface Found {
  /** A person is one who has no account. */
  readonly kind: 'account' | 'person' | 'workstation' | 'assignment' | 'decision';
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
}

const perKind = 8;
const longestText = 100;

const joined = (...parts: readonly (string | null)[]) =>
  parts.filter((part) => part !== null && part !== '').join(' · ');

export async function search(
  store: Pick<Store, 'read'>,
  query: { readonly q: string; readonly within: UnitsWithin },
): Promise<readonly Found[]> {
  const text = query.q.normalize('NFC').trim().slice(0, longestText);
  if (text === '') return [];
  const name = canonicalUserName(text, { realms: [] });
  const of: SearchOf = {
    within: query.within,
    text,
    limit: perKind,
  };
  const code = text.replaceAll(/[\s-]/g, '').toUpperCase();
  const isCode = /^[23456789A-HJ-NP-Z]{8}$/.test(code);
  return await store.read(async (db) => {
    const decision = isCode ? await findDecisionByLookupCode(db, code, query.within) : null;
    const accounts = await searchFirstAccounts(
      db,
      {
        scope: query.within,
        unitPath: null,
        text: {
          words: wordsOf(text),
          staffCode: text,
          userName: name.ok ? name.userName : null,
          match: 'beginning',
        },
        state: null,
        expiringBefore: null,
        lacks: null,
        attention: null,
        now: 0,
      },
      perKind,
    );
    const people = await findPeopleLike(db, {
      within: query.within,
      words: wordsOf(text),
      literal: text,
      limit: perKind,
      withoutAccount: true,
    });
    const workstations = await searchWorkstations(db, of);
    const assignments = await searchAssignments(db, of);
    return [
      ...(decision === null
        ? []
        : [
            {
              kind: 'decision' as const,
              id: `${decision.chain}:${decision.seq}`,
              title: `${code.slice(0, 4)}-${code.slice(4)}`,
              subtitle: joined(decision.userName, decision.gateway),
            },
          ]),
      ...accounts.map((one) => ({
        kind: 'account' as const,
        id: String(one.id),
        title: one.fullName,
        subtitle: joined(one.userName, one.staffCode, one.unitName, one.position),
      })),
      ...people.map((one) => ({
        kind: 'person' as const,
        id: String(one.id),
        title: one.fullName,
        subtitle: joined(one.staffCode, one.unitName, one.position),
      })),
      ...workstations.map((one) => ({
        kind: 'workstation' as const,
        id: String(one.id),
        title: one.assetTag,
        subtitle: joined(one.name === one.assetTag ? null : one.name, one.unitName),
      })),
      ...assignments.map((one) => ({
        kind: 'assignment' as const,
        id: String(one.id),
        title: one.documentNumber,
        subtitle: joined(one.purpose, one.unitName),
      })),
    ];
  });
}
