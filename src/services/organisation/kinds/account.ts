// VPN accounts with their papers, workstations and authenticators.
import { formatMoment } from '../../../core/dates.ts';
import {
  type AccountRow,
  type AssignmentLink,
  deleteAssignmentLinks,
  deleteWorkstationLink,
  findAccounts,
  findAssignmentLinks,
  findAuthenticators,
  findWorkstationLinks,
  insertAccounts,
  insertAssignmentLinks,
  insertAuthenticators,
  insertWorkstationLinks,
  type KnownAuthenticator,
  updateAccount,
  updateAuthenticator,
  type WorkstationLink,
} from '../../../store/queries/import/accounts.ts';
import { findAssignments } from '../../../store/queries/import/assignments.ts';
import { findPersonIds } from '../../../store/queries/import/people.ts';
import { findWorkstationIds } from '../../../store/queries/import/workstations.ts';
import type { Db } from '../../../store/tables.ts';
import { suspendingRole } from '../../accounts/standing.ts';
import { contextOf, type Keyring } from '../../secrets/keyring.ts';
import { assignmentKey, type StagedAccount, type StagedAuthenticator, stagedSeedContext } from '../staged.ts';
import { type Changed, createComparison, defineKind, type KindContext, mustGet } from './kind.ts';

interface KnownAccount extends AccountRow {
  readonly staffCode: string;
  readonly papers: readonly AssignmentLink[];
  readonly workstations: readonly WorkstationLink[];
  /** With their seeds, opened. */
  readonly authenticators: readonly (KnownAuthenticator & { readonly seed: Buffer })[];
}

const openStaged = ({ sealedSeed }: StagedAuthenticator, { keyring, importId }: KindContext): Buffer =>
  keyring.open(Buffer.from(sealedSeed, 'base64'), stagedSeedContext(importId));

async function loadAuthenticators(db: Db, accountIds: readonly number[], keyring: Keyring) {
  const known = await findAuthenticators(db, accountIds);
  return await Promise.all(
    known.map(async (one) => ({
      ...one,
      seed: await keyring.openReloading(one.sealedSeed, contextOf.seed(one.accountId)),
    })),
  );
}

/** Which authenticators of the file are new, and which known ones have other parameters there. Revoked ones stay as they are. */
function compareAuthenticators(current: KnownAccount, entry: StagedAccount, context: KindContext) {
  const added: StagedAuthenticator[] = [];
  const corrected: { id: number; staged: StagedAuthenticator }[] = [];
  for (const staged of entry.authenticators) {
    const seed = openStaged(staged, context);
    const known = current.authenticators.find((one) => one.seed.equals(seed));
    seed.fill(0);
    if (known === undefined) added.push(staged);
    else if (
      known.state !== 'revoked' &&
      (['kind', 'serialNumber', 'algorithm', 'digits', 'periodSeconds'] as const).some(
        (field) => known[field] !== staged[field],
      )
    ) {
      corrected.push({ id: known.id, staged });
    }
  }
  return { added, corrected };
}

/** A number without a unit stands for the only paper of that number: the staging area was checked for it. */
function isPaperOf(reference: StagedAccount['assignments'][number]) {
  return ({ number, unit }: { readonly number: string; readonly unit: string }): boolean =>
    number === reference.number && (reference.unit === undefined || unit === reference.unit);
}

function comparePapers(current: KnownAccount, entry: StagedAccount) {
  return {
    added: entry.assignments.filter((reference) => !current.papers.some(isPaperOf(reference))),
    removed: current.papers.filter((paper) => !entry.assignments.some((one) => isPaperOf(one)(paper))),
  };
}

type Use = Pick<WorkstationLink, 'assetTag' | 'validFrom' | 'validUntil'>;

const isSameUse = (a: Use) => (b: Use) =>
  a.assetTag === b.assetTag && a.validFrom === b.validFrom && a.validUntil === b.validUntil;

function compareUses(current: KnownAccount, entry: StagedAccount) {
  return {
    added: entry.workstations.filter((use) => !current.workstations.some(isSameUse(use))),
    removed: current.workstations.filter((use) => !entry.workstations.some(isSameUse(use))),
  };
}

/** What the file says of the suspension; undefined: nothing. */
function suspensionOf({ suspended }: StagedAccount): AccountRow['suspendedDetail'] | undefined {
  return suspended === 'none' ? null : suspended;
}

/** A password that the file replaces is no longer the one that was found out or had to be changed. */
function passwordStateOf(current: KnownAccount, entry: StagedAccount): AccountRow['passwordState'] {
  const isReplaced = entry.phc !== undefined && entry.phc !== current.passwordPhc;
  return entry.passwordState ?? (isReplaced ? 'usable' : current.passwordState);
}

/** What the file says of who checks the password; what it does not say stays. */
function firstFactorOf({ firstFactor }: StagedAccount, current: string | null): string | null {
  return firstFactor === 'policy' ? null : (firstFactor ?? current);
}

function compare(current: KnownAccount, entry: StagedAccount, context: KindContext) {
  const { timeZone } = context;
  const { fields, field, list, secret } = createComparison();
  const moment = (kind: 'from' | 'until') => (at: number) => formatMoment(at, kind, timeZone);
  field<string>('status', current.status, entry.status ?? current.status);
  field('validFrom', current.validFrom, entry.validFrom, moment('from'));
  field('validUntil', current.validUntil, entry.validUntil, moment('until'));
  if (entry.phc !== undefined && entry.phc !== current.passwordPhc) secret('password');
  field<string>('passwordState', current.passwordState, passwordStateOf(current, entry));
  field<string | null>('firstFactor', current.firstFactor, firstFactorOf(entry, current.firstFactor));
  const accepted = current.rulesVersionAccepted;
  field('rulesVersionAccepted', accepted, entry.rulesVersionAccepted ?? accepted);
  const suspension = suspensionOf(entry);
  field<string | null>(
    'suspended',
    current.suspendedDetail,
    suspension === undefined ? current.suspendedDetail : suspension,
  );
  const papers = comparePapers(current, entry);
  if (papers.added.length + papers.removed.length > 0) {
    list(
      'assignments',
      current.papers.map(({ number, unit }) => assignmentKey(number, unit)),
      entry.assignments.map((reference) => {
        const unit = reference.unit ?? current.papers.find(isPaperOf(reference))?.unit;
        return unit === undefined ? reference.number : assignmentKey(reference.number, unit);
      }),
    );
  }
  const uses = compareUses(current, entry);
  if (uses.added.length + uses.removed.length > 0) {
    const text = ({ assetTag, validFrom, validUntil }: Use): string =>
      `${assetTag} from ${moment('from')(validFrom)}${validUntil === null ? '' : ` until ${moment('until')(validUntil)}`}`;
    list('workstations', current.workstations.map(text), entry.workstations.map(text));
  }
  const { added, corrected } = compareAuthenticators(current, entry, context);
  if (added.length + corrected.length > 0) secret('authenticators');
  return fields;
}

/** Ids of what accounts refer to. */
async function resolveReferences(db: Db, entries: readonly StagedAccount[]) {
  const papers = await findAssignments(
    db,
    entries.flatMap(({ assignments }) => assignments.map(({ number }) => number)),
  );
  const byNumber = Map.groupBy(papers, ({ documentNumber }) => documentNumber);
  const workstations = await findWorkstationIds(
    db,
    entries.flatMap(({ workstations }) => workstations.map(({ assetTag }) => assetTag)),
  );
  return {
    paperId({ number, unit }: StagedAccount['assignments'][number]): number {
      const found = (byNumber.get(number) ?? []).filter((paper) => unit === undefined || paper.unit === unit);
      const [only, ...others] = found;
      if (only === undefined || others.length > 0)
        throw new Error(`assignment ${number} is not exactly one any more`);
      return only.id;
    },
    workstationId: (assetTag: string): number => mustGet(workstations, assetTag),
  };
}

type References = Awaited<ReturnType<typeof resolveReferences>>;

function authenticatorRow(accountId: number, staged: StagedAuthenticator, context: KindContext) {
  const { kind, serialNumber, algorithm, digits, periodSeconds } = staged;
  const seed = openStaged(staged, context);
  const sealedSeed = context.keyring.seal(seed, contextOf.seed(accountId));
  seed.fill(0);
  return {
    accountId,
    kind,
    serialNumber,
    algorithm,
    digits,
    periodSeconds,
    sealedSeed,
    state: 'active' as const,
    createdAt: context.now,
  };
}

const useRow = (accountId: number, use: Use, references: References) => ({
  accountId,
  workstationId: references.workstationId(use.assetTag),
  validFrom: use.validFrom,
  validUntil: use.validUntil,
  kind: use.validUntil === null ? ('permanent' as const) : ('temporary' as const),
});

function suspensionColumns(detail: AccountRow['suspendedDetail'], now: number) {
  return {
    suspendedDetail: detail,
    suspendedAt: detail === null ? null : now,
    suspendedBy: detail === null ? null : suspendingRole[detail],
  };
}

async function writeCreated(
  db: Db,
  created: readonly StagedAccount[],
  references: References,
  context: KindContext,
): Promise<void> {
  const { now } = context;
  const people = await findPersonIds(
    db,
    created.map(({ staffCode }) => staffCode),
  );
  const ids = await insertAccounts(
    db,
    created.map((entry) => ({
      userName: entry.userName,
      personId: mustGet(people, entry.staffCode),
      status: entry.status ?? 'active',
      ...suspensionColumns(suspensionOf(entry) ?? null, now),
      validFrom: entry.validFrom,
      validUntil: entry.validUntil,
      passwordPhc: entry.phc ?? null,
      passwordState: entry.passwordState ?? 'usable',
      firstFactor: firstFactorOf(entry, null),
      rulesVersionAccepted: entry.rulesVersionAccepted ?? 0,
      createdAt: now,
      updatedAt: now,
    })),
  );
  const each = <T>(rows: (accountId: number, entry: StagedAccount) => readonly T[]): T[] =>
    created.flatMap((entry) => rows(mustGet(ids, entry.userName), entry));
  await insertAuthenticators(
    db,
    each((id, entry) => entry.authenticators.map((staged) => authenticatorRow(id, staged, context))),
  );
  await insertAssignmentLinks(
    db,
    each((accountId, { assignments }) =>
      assignments.map((reference) => ({ accountId, assignmentId: references.paperId(reference) })),
    ),
  );
  await insertWorkstationLinks(
    db,
    each((id, { workstations }) => workstations.map((use) => useRow(id, use, references))),
  );
}

async function writeChanged(
  db: Db,
  { entry, current }: Changed<StagedAccount, KnownAccount>,
  references: References,
  context: KindContext,
): Promise<void> {
  const { id } = current;
  const suspension = suspensionOf(entry);
  const isNewSuspension = suspension !== undefined && suspension !== current.suspendedDetail;
  await updateAccount(db, id, {
    status: entry.status ?? current.status,
    validFrom: entry.validFrom,
    validUntil: entry.validUntil,
    passwordPhc: entry.phc ?? current.passwordPhc,
    passwordState: passwordStateOf(current, entry),
    firstFactor: firstFactorOf(entry, current.firstFactor),
    rulesVersionAccepted: entry.rulesVersionAccepted ?? current.rulesVersionAccepted,
    ...(isNewSuspension ? suspensionColumns(suspension, context.now) : {}),
    updatedAt: context.now,
  });
  const papers = comparePapers(current, entry);
  await deleteAssignmentLinks(
    db,
    id,
    papers.removed.map(({ assignmentId }) => assignmentId),
  );
  await insertAssignmentLinks(
    db,
    papers.added.map((reference) => ({ accountId: id, assignmentId: references.paperId(reference) })),
  );
  const uses = compareUses(current, entry);
  for (const use of uses.removed) await deleteWorkstationLink(db, use);
  await insertWorkstationLinks(
    db,
    uses.added.map((use) => useRow(id, use, references)),
  );
  const { added, corrected } = compareAuthenticators(current, entry, context);
  for (const { id: authenticatorId, staged } of corrected) {
    const { kind, serialNumber, algorithm, digits, periodSeconds } = staged;
    await updateAuthenticator(db, authenticatorId, { kind, serialNumber, algorithm, digits, periodSeconds });
  }
  await insertAuthenticators(
    db,
    added.map((staged) => authenticatorRow(id, staged, context)),
  );
}

export const accountKind = defineKind('account', {
  async load(db, entries, { keyring }): Promise<ReadonlyMap<string, KnownAccount>> {
    const rows = await findAccounts(
      db,
      entries.map(({ userName }) => userName),
    );
    const ids = rows.map(({ id }) => id);
    const papers = Map.groupBy(await findAssignmentLinks(db, ids), ({ accountId }) => accountId);
    const uses = Map.groupBy(await findWorkstationLinks(db, ids), ({ accountId }) => accountId);
    const authenticators = Map.groupBy(
      await loadAuthenticators(db, ids, keyring),
      ({ accountId }) => accountId,
    );
    return new Map(
      rows.map((row) => [
        row.userName,
        {
          ...row,
          papers: papers.get(row.id) ?? [],
          workstations: uses.get(row.id) ?? [],
          authenticators: authenticators.get(row.id) ?? [],
        },
      ]),
    );
  },
  compare,
  accountIdOf: ({ id }) => id,
  async write(db, created, changed, context) {
    const references = await resolveReferences(db, [...created, ...changed.map(({ entry }) => entry)]);
    await writeCreated(db, created, references, context);
    for (const change of changed) await writeChanged(db, change, references, context);
  },
});
