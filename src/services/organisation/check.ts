// Second pass: the staging area checked as a whole, chunk by chunk, against itself and against what the store holds.

import { isKey } from '../../core/evidence.ts';
import {
  findAccounts,
  findAuthenticators,
  findSerialNumberHolders,
  type KnownAuthenticator,
} from '../../store/queries/import/accounts.ts';
import { findAssignments } from '../../store/queries/import/assignments.ts';
import { findPersonIds } from '../../store/queries/import/people.ts';
import {
  findStaged,
  findStagedKeys,
  listStaged,
  listStagedTwice,
} from '../../store/queries/import/staging.ts';
import {
  findOwnersOfIdentifiers,
  findRevokedKeys,
  findWorkstationIds,
} from '../../store/queries/import/workstations.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import { EntryFaults, type FaultCollector } from './faults.ts';
import { entryName } from './form.ts';
import { mixedLengths } from './normalise/account.ts';
import { type Lined, noUnit } from './resolve.ts';
import type { EntryKind } from './schema.ts';
import { rangeOf } from './sequence.ts';
import type { StagedPayload } from './stage.ts';
import { type StagedAccount, type StagedEntries, stagedSeedContext } from './staged.ts';

interface CheckInput {
  readonly importId: string;
  readonly file: string;
  readonly faults: FaultCollector;
  readonly unitCodes: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Called with the number of entries checked. */
  readonly progress: (done: number) => void;
}

interface CheckDeps {
  readonly store: Store;
  readonly keyring: Keyring;
}

const chunk = 500;
/** As many as are listed; what lies beyond need not be looked for. */
const mostTwice = 101;

/** Kinds of which there may be very many; the others are checked while the file is read. */
const streamed = ['person', 'assignment', 'workstation', 'account'] as const;
type Streamed = (typeof streamed)[number];

function linesOf(payloads: readonly string[]): number[] {
  return payloads
    .map((payload) => (JSON.parse(payload) as StagedPayload<unknown>).line)
    .sort((a, b) => a - b);
}

async function refuseTwice(input: CheckInput, deps: CheckDeps): Promise<void> {
  const { importId, file, faults } = input;
  for (const kind of [...streamed, 'serial number', 'key'] as const) {
    await deps.store.read(async (db) => {
      const keys = await listStagedTwice(db, importId, kind, mostTwice);
      const rows = Map.groupBy(await findStaged(db, importId, kind, keys), ({ key }) => key);
      for (const key of keys) {
        const [first, ...more] = linesOf((rows.get(key) ?? []).map(({ payload }) => payload));
        for (const line of more) {
          faults.add({
            place: `${file}:${line}`,
            message: `the ${kind} ${JSON.stringify(key)} stands on line ${first} already.`,
            remedy: 'Keep one of the two, or correct the other.',
          });
        }
      }
    });
  }
}

type Check<K extends Streamed> = (
  db: Db,
  entries: readonly Lined<StagedEntries[K]>[],
  input: CheckInput,
  deps: CheckDeps,
) => Promise<void>;

function faultsOf(input: CheckInput, kind: EntryKind, { line, entry }: Lined<object>): EntryFaults {
  return new EntryFaults(input.faults, `${input.file}:${line}`, entryName({ kind, value: entry }));
}

async function findKnownPeople(
  db: Db,
  importId: string,
  staffCodes: readonly string[],
): Promise<Set<string>> {
  const codes = [...new Set(staffCodes)];
  return new Set([
    ...(await findStagedKeys(db, importId, 'person', codes)),
    ...(await findPersonIds(db, codes)).keys(),
  ]);
}

const noPerson = (code: string): [string, string] => [
  `there is no person with staff code ${JSON.stringify(code)}`,
  'Add the person to the file, or correct the staff code',
];

const checkPeople: Check<'person'> = async (_db, entries, input) => {
  for (const one of entries) {
    if (!input.unitCodes.has(one.entry.unit)) {
      faultsOf(input, 'person', one).add('unit', ...noUnit(one.entry.unit));
    }
  }
};

const checkAssignments: Check<'assignment'> = async (_db, entries, input) => {
  for (const one of entries) {
    if (!input.unitCodes.has(one.entry.unit)) {
      faultsOf(input, 'assignment', one).add('unit', ...noUnit(one.entry.unit));
    }
  }
};

const checkWorkstations: Check<'workstation'> = async (db, entries, input) => {
  const keepers = entries.flatMap(({ entry }) => entry.keeper ?? []);
  const people = await findKnownPeople(db, input.importId, keepers);
  const keys = entries.flatMap(({ entry }) => entry.identifiers.filter(isKey));
  const owners = new Map(
    (await findOwnersOfIdentifiers(db, keys)).map((row) => [row.identifier, row.assetTag]),
  );
  const revoked = await findRevokedKeys(db, keys);
  for (const one of entries) {
    const { unit, keeper } = one.entry;
    for (const key of one.entry.identifiers) {
      if (revoked.has(key)) {
        faultsOf(input, 'workstation', one).add(
          'identifiers',
          `the key ${key} was revoked`,
          'Take it out of the file; "gatewarden workstation add-identifier" lets it count again',
        );
      }
      const owner = owners.get(key);
      if (owner === undefined || owner === one.entry.assetTag) continue;
      faultsOf(input, 'workstation', one).add(
        'identifiers',
        `${key} is that of the workstation ${JSON.stringify(owner)}, and a key is one machine's alone`,
        'Take it away there first, in an import of its own ("gatewarden workstation revoke-key" if it was registered), or correct this one',
      );
    }
    if (!input.unitCodes.has(unit)) faultsOf(input, 'workstation', one).add('unit', ...noUnit(unit));
    if (keeper !== null && !people.has(keeper)) {
      faultsOf(input, 'workstation', one).add('keeper', ...noPerson(keeper));
    }
  }
};

/** The units that gave a paper of each number. */
async function findGivers(
  db: Db,
  importId: string,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const givers = new Map<string, Set<string>>();
  const add = (number: string, unit: string) => {
    const units = givers.get(number) ?? new Set();
    givers.set(number, units.add(unit));
  };
  for (const { key, payload } of await findStaged(db, importId, 'document number', numbers)) {
    add(key, (JSON.parse(payload) as StagedPayload<string>).entry);
  }
  for (const { documentNumber, unit } of await findAssignments(db, numbers)) add(documentNumber, unit);
  return givers;
}

function checkPapers(
  account: StagedAccount,
  givers: ReadonlyMap<string, ReadonlySet<string>>,
  faults: EntryFaults,
): void {
  for (const { number, unit } of account.assignments) {
    const units = [...(givers.get(number) ?? [])];
    if (units.length === 0 || (unit !== undefined && !units.includes(unit))) {
      const of = unit === undefined ? '' : ` of unit ${JSON.stringify(unit)}`;
      faults.add(
        'assignments',
        `there is no assignment ${JSON.stringify(number)}${of}`,
        'Add it under assignments, or correct the number',
      );
    } else if (unit === undefined && units.length > 1) {
      faults.add(
        'assignments',
        `several units gave ${JSON.stringify(number)}: ${units.sort().join(', ')}`,
        `Say which: {number: ${JSON.stringify(number)}, unit: ${JSON.stringify(units[0])}}`,
      );
    }
  }
}

async function isSameSeed(
  known: { readonly accountId: number; readonly sealedSeed: Buffer },
  staged: StagedAccount['authenticators'][number],
  importId: string,
  keyring: Keyring,
): Promise<boolean> {
  const theirs = await keyring.openReloading(known.sealedSeed, contextOf.seed(known.accountId));
  const ours = keyring.open(Buffer.from(staged.sealedSeed, 'base64'), stagedSeedContext(importId));
  const isSame = theirs.equals(ours);
  theirs.fill(0);
  ours.fill(0);
  return isSame;
}

/** Whether codes of the account would have two lengths, those in the store included. */
async function wouldMixLengths(
  account: StagedAccount,
  known: readonly KnownAuthenticator[],
  importId: string,
  keyring: Keyring,
): Promise<boolean> {
  const [first] = account.authenticators;
  if (first === undefined) return false;
  for (const one of known) {
    if (one.state === 'revoked' || one.digits === first.digits) continue;
    const corrected = await Promise.all(
      account.authenticators.map((staged) => isSameSeed(one, staged, importId, keyring)),
    );
    if (!corrected.includes(true)) return true;
  }
  return false;
}

const checkAccounts: Check<'account'> = async (db, entries, input, { keyring }) => {
  const { importId } = input;
  const accounts = entries.map(({ entry }) => entry);
  const tags = [
    ...new Set(accounts.flatMap(({ workstations }) => workstations.map(({ assetTag }) => assetTag))),
  ];
  const numbers = [
    ...new Set(accounts.flatMap(({ assignments }) => assignments.map(({ number }) => number))),
  ];
  const serials = accounts.flatMap(({ authenticators }) =>
    authenticators.flatMap(({ serialNumber }) => serialNumber ?? []),
  );
  const people = await findKnownPeople(
    db,
    importId,
    accounts.map(({ staffCode }) => staffCode),
  );
  const workstations = new Set([
    ...(await findStagedKeys(db, importId, 'workstation', tags)),
    ...(await findWorkstationIds(db, tags)).keys(),
  ]);
  const givers = await findGivers(db, importId, numbers);
  const known = new Map(
    (
      await findAccounts(
        db,
        accounts.map(({ userName }) => userName),
      )
    ).map((row) => [row.userName, row]),
  );
  const ids = [...known.values()].map(({ id }) => id);
  const authenticators = Map.groupBy(await findAuthenticators(db, ids), ({ accountId }) => accountId);
  const holders = new Map((await findSerialNumberHolders(db, serials)).map((row) => [row.serialNumber, row]));

  for (const one of entries) {
    const { entry } = one;
    const faults = faultsOf(input, 'account', one);
    if (!people.has(entry.staffCode)) faults.add('staffCode', ...noPerson(entry.staffCode));
    const before = known.get(entry.userName);
    if (before !== undefined && before.staffCode !== entry.staffCode) {
      faults.add(
        'staffCode',
        `the account belongs to ${JSON.stringify(before.staffCode)}, and accounts do not change hands`,
        'Withdraw it, and give the other person an account of their own',
      );
    }
    for (const { assetTag } of entry.workstations) {
      if (workstations.has(assetTag)) continue;
      faults.add(
        'workstations',
        `there is no workstation ${JSON.stringify(assetTag)}`,
        'Add it under workstations, or correct the asset tag',
      );
    }
    checkPapers(entry, givers, faults);
    for (const [index, staged] of entry.authenticators.entries()) {
      const holder = staged.serialNumber === null ? undefined : holders.get(staged.serialNumber);
      if (holder === undefined) continue;
      const isOwn = holder.userName === entry.userName;
      if (isOwn && (await isSameSeed(holder, staged, importId, keyring))) continue;
      faults.add(
        `authenticators[${index}].serialNumber`,
        isOwn
          ? 'the account has it already, with another seed'
          : `it is that of an authenticator of the account ${JSON.stringify(holder.userName)}`,
        'Correct the serial number or the seed',
      );
    }
    const own = before === undefined ? [] : (authenticators.get(before.id) ?? []);
    if (await wouldMixLengths(entry, own, importId, keyring)) faults.add('authenticators', ...mixedLengths);
  }
};

const checks: { readonly [K in Streamed]: Check<K> } = {
  person: checkPeople,
  assignment: checkAssignments,
  workstation: checkWorkstations,
  account: checkAccounts,
};

async function checkKind<K extends Streamed>(
  kind: K,
  input: CheckInput,
  deps: CheckDeps,
  checked: (count: number) => void,
): Promise<void> {
  const { before, after } = rangeOf(kind);
  let through = after;
  for (;;) {
    input.signal.throwIfAborted();
    const count = await deps.store.read(async (db) => {
      const rows = await listStaged(db, input.importId, { after: through, before, limit: chunk });
      const entries = rows
        .map(({ payload }) => JSON.parse(payload) as StagedPayload<StagedEntries[K] | null>)
        .flatMap(({ line, entry }) => (entry === null ? [] : [{ line, entry }]));
      await checks[kind](db, entries, input, deps);
      through = rows.at(-1)?.seq ?? through;
      return rows.length;
    });
    if (count === 0) return;
    checked(count);
  }
}

/** Reports what is given twice, what refers to nothing, and what contradicts the store. */
export async function checkStaged(input: CheckInput, deps: CheckDeps): Promise<void> {
  await refuseTwice(input, deps);
  let done = 0;
  for (const kind of streamed) {
    await checkKind(kind, input, deps, (count) => {
      done += count;
      input.progress(done);
    });
  }
}
