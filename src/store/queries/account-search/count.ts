// How many a list of accounts has where no condition leaves few.
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../../tables.ts';
import { stateIs } from '../account-state.ts';
import { accountsThatMayNeed, countAttention } from '../attention.ts';
import { rowsOf } from '../rows-of.ts';
import { type AccountSearch, conditions, lacking } from './conditions.ts';
import { countCap, type Limits } from './limits.ts';
import type { AccountsFound } from './page.ts';
import { candidatesOf, type Source, unionOf, usuallyIncomplete } from './sources.ts';
import { nextPeople, personAfter } from './walk.ts';

/** All that the index has of a text, each name one that is asked for; of many, as many as prove that there are more than the cap. */
async function countOfText(
  db: Db,
  { text }: Source,
  isMany: boolean,
  { candidates }: Limits,
): Promise<AccountsFound['total']> {
  const { accounts } = db.tables;
  const most = candidates + 1;
  const named = db
    .select({ id: accounts.id })
    .from(candidatesOf(sql`(select * from ${text?.people(most)} as ids limit ${most})`))
    .crossJoin(accounts)
    .where(sql`${accounts.personId} = candidates.id`);
  if (isMany) return { count: await rowsOf(db, named.limit(countCap).as('found')), isCapped: true };
  const called = db.select({ id: accounts.id }).from(accounts).where(text?.called).limit(most);
  const members = unionOf([named.limit(countCap + 1), called]);
  const count = await rowsOf(db, sql`(select id from ${members} as ids group by id) as found`);
  return { count: Math.min(count, countCap), isCapped: count > countCap };
}

/**
 * How many there are where no condition leaves few, up to the cap. A condition alone is counted by its index; several together
 * are judged one by one, as many as may be: then it is a number below which it is not.
 */
export async function countMany(
  db: Db,
  search: AccountSearch,
  { sources, isMany }: { readonly sources: readonly Source[]; readonly isMany: boolean },
  limits: Limits,
): Promise<AccountsFound['total']> {
  const { accounts, people, units } = db.tables;
  const { scope, unitPath, text, state, expiringBefore, lacks, attention, now } = search;
  const others = [unitPath, text, state, expiringBefore, lacks].filter((one) => one !== null);
  const within = unitPath === null ? scope : [unitPath];
  if (attention !== null && others.every((one) => one === unitPath)) {
    const most = { count: countCap, looked: limits.candidates + 1 };
    return await countAttention(db, { what: attention, within, now }, most);
  }
  const [only, ...more] = sources;
  const isAlone = more.length === 0 && others.length + (scope === 'everywhere' ? 0 : 1) === 1;
  if (only !== undefined && isAlone && attention === null && lacks === null) {
    if (only.text !== undefined) return await countOfText(db, only, isMany, limits);
    // A state is more than what its index is of.
    const isSo = state === null ? undefined : stateIs(db, state, now);
    const most = limits.candidates + 1;
    const found =
      only.accounts === undefined
        ? db
            .select({ one: sql`1` })
            // Cut before the distinct too: PostgreSQL would gather all that there are. There are more: it is no source of few.
            .from(candidatesOf(only.ids(most)))
            .crossJoin(accounts)
            .where(and(sql`${only.of === 'people' ? accounts.personId : accounts.id} = candidates.id`, isSo))
        : db.select({ one: sql`1` }).from(only.accounts(most)).where(isSo);
    return { count: await rowsOf(db, found.limit(countCap).as('found')), isCapped: true };
  }
  if (attention !== null) {
    // As an index has them: of names one after another hardly any would be among them.
    const some = accountsThatMayNeed(db, { what: attention, within, now }).limit(limits.counted);
    const found = db
      .select({ one: sql`1` })
      .from(some.as('candidates'))
      .crossJoin(accounts)
      .crossJoin(people)
      .leftJoin(units, eq(units.id, people.unitId))
      .where(
        and(sql`${accounts.id} = candidates.id`, eq(people.id, accounts.personId), conditions(db, search)),
      )
      .as('found');
    return { count: await rowsOf(db, found), isCapped: true };
  }
  if (scope === 'everywhere' && unitPath === null && text === null && lacks === null) {
    // As they lie: by an index of something that most have, each would be looked for anew.
    const lying = db.select().from(accounts).orderBy(asc(accounts.id)).limit(limits.lying).as('accounts');
    const found = db
      .select({ one: sql`1` })
      .from(lying)
      .where(conditions(db, search))
      .limit(countCap + 1)
      .as('found');
    const [unseen] = await db
      .select({ id: accounts.id })
      .from(accounts)
      .orderBy(asc(accounts.id))
      .limit(1)
      .offset(limits.lying);
    const count = await rowsOf(db, found);
    return { count: Math.min(count, countCap), isCapped: count > countCap || unseen !== undefined };
  }
  const unseen = await personAfter(db, null, limits.counted);
  if (unseen !== null && lacks !== null && others.length === 1 && scope === 'everywhere') {
    // Most of them are incomplete, hardly any of those by name.
    const some = usuallyIncomplete(db).limit(limits.counted).as('candidates');
    const lackingOf = db
      .select({ one: sql`1` })
      .from(some)
      .crossJoin(accounts)
      .where(and(sql`${accounts.id} = candidates.id`, lacking(db, lacks, now)))
      .as('found');
    return { count: await rowsOf(db, lackingOf), isCapped: true };
  }
  const found = db
    .select({ one: sql`1` })
    .from(nextPeople(db, null, limits.counted))
    .crossJoin(accounts)
    .leftJoin(units, eq(units.id, people.unitId))
    .where(and(eq(accounts.personId, people.id), conditions(db, search)))
    .limit(countCap + 1)
    .as('found');
  const count = await rowsOf(db, found);
  return { count: Math.min(count, countCap), isCapped: count > countCap || unseen !== null };
}
