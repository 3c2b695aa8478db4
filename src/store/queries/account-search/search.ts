// Accounts as the console lists them: filtered, within scope, in the order of Vietnamese staff lists, counted up to a cap.
//
// Whatever the filter, no more than some ten thousand rows are looked at. Each condition with an index says how many rows it
// leaves: the fewest are taken, judged by the other conditions and sorted. Where every condition leaves many, names are
// walked in their order from the last place on, and what is wanted comes soon; where it does not (conditions that many
// satisfy and hardly anybody together), the page ends early and the next goes on from there.
import type { Db } from '../../tables.ts';
import type { AccountSearch } from './conditions.ts';
import { countMany } from './count.ts';
import { type Limits, usualLimits } from './limits.ts';
import { type AccountsFound, fromSource, type Page, type PageFound, type Row } from './page.ts';
import { fewest, type Source, sourcesOf } from './sources.ts';
import { byGivenName, byWalking } from './walk.ts';

/** One page, which may hold fewer than asked though there are more: `next` tells. */
export async function searchAccounts(
  db: Db,
  search: AccountSearch,
  page: Page,
  limits: Limits = usualLimits,
): Promise<AccountsFound> {
  const { found, ...looked } = await findPage(db, search, page, limits);
  if ('total' in found) return found;
  return { ...found, total: await countMany(db, search, looked, limits) };
}

/** The first of those who are found, for whom nothing is counted; where walking names finds too few, the first that an index has. */
export async function searchFirstAccounts(
  db: Db,
  search: AccountSearch,
  limit: number,
  limits: Limits = usualLimits,
): Promise<readonly Row[]> {
  const page = { after: null, limit };
  const { found, sources } = await findPage(db, search, page, limits);
  const byText = sources.find(({ text }) => text !== undefined);
  if (found.next === null || found.rows.length >= limit || byText === undefined) return found.rows;
  // All who are called so may come late in the order of names, which begins with given names.
  const some = { ...byText, ids: () => byText.ids(limits.counted) };
  return (await fromSource(db, some, search, page)).rows;
}

const isOfTextAlone = ({ scope, unitPath, state, expiringBefore, lacks, attention }: AccountSearch) =>
  scope === 'everywhere' && [unitPath, state, expiringBefore, lacks, attention].every((one) => one === null);

async function findPage(
  db: Db,
  search: AccountSearch,
  page: Page,
  limits: Limits,
): Promise<{ found: AccountsFound | PageFound; sources: readonly Source[]; isMany: boolean }> {
  const sources = await sourcesOf(db, search, limits);
  const few = await fewest(db, sources, limits.candidates);
  const byText = sources.find(({ text }) => text !== undefined);
  // What is judged together with other conditions is counted with them, too.
  const isByName =
    few === null || (few.source === byText && few.count > limits.apart && isOfTextAlone(search));
  const found =
    (byText !== undefined && isByName ? await byGivenName(db, search, page, byText, limits) : null) ??
    (few === null
      ? await byWalking(db, search, page, limits.walkSteps)
      : await fromSource(db, few.source, search, page));
  return { found, sources, isMany: few === null };
}
