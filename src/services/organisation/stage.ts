// First pass over an organisation file: every entry checked by itself and put into the staging area.
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { OperatorError } from '../../base/errors.ts';
import { isKey } from '../../core/evidence.ts';
import { defaultTimeZone } from '../../core/time-zone.ts';
import { findPasswordRecords } from '../../store/queries/import/accounts.ts';
import { insertStaged, type StagedRow } from '../../store/queries/import/staging.ts';
import { findSettings, settingKeys } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import { faultOfUpstream } from '../first-factor/known-upstream.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import { EntryFaults, type FaultCollector } from './faults.ts';
import { checkForm, entryName, nameFields } from './form.ts';
import { normaliseAccount } from './normalise/account.ts';
import { normaliseGateway, normalisePolicy, normaliseRadiusClient } from './normalise/network.ts';
import {
  normaliseAssignment,
  normaliseOrganisation,
  normalisePerson,
  normaliseUnit,
  normaliseWorkstation,
  type OrganisationContext,
} from './normalise/people.ts';
import { type RawEntry, readEntries } from './read.ts';
import { emptyFrame, resolveFrame } from './resolve.ts';
import type { EntryKind } from './schema.ts';
import { type AuxiliaryKind, rangeOf } from './sequence.ts';
import { assignmentKey, keyOf, type StagedAccount, type StagedEntries } from './staged.ts';

export interface StagingDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly passwords: Passwords;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Names in the configuration. */
  readonly upstreams: readonly string[];
  /** Fingerprints of the authorities that RADIUS/TLS trusts here; null: it is not configured on this host. */
  readonly tlsAuthorities: () => readonly string[] | null;
}

/** What a row of the staging area holds. */
export interface StagedPayload<T> {
  readonly line: number;
  /** Null only where a fault was found, in an import that will be refused. */
  readonly entry: T;
}

const rowsPerWrite = 250;
/** Few enough not to fill the queue in which logins wait too. */
const hashesAtOnce = 8;
const overloadPauseMs = 100;
const overloadPatience = 600;

export async function readOrganisationContext(store: Store): Promise<OrganisationContext> {
  const values = await store.read((db) => findSettings(db, [settingKeys.timeZone, settingKeys.realms]));
  return {
    timeZone: values.get(settingKeys.timeZone) ?? defaultTimeZone,
    realms: JSON.parse(values.get(settingKeys.realms) ?? '[]') as string[],
  };
}

/** Collects rows and writes them a few hundred at a time. */
function createRowWriter(store: Store, importId: string) {
  const counts = new Map<string, number>();
  let rows: StagedRow[] = [];
  const flush = async () => {
    const full = rows;
    rows = [];
    if (full.length > 0) await store.write((db) => insertStaged(db, importId, full));
  };
  return {
    counts,
    flush,
    async add(kind: EntryKind | AuxiliaryKind, key: string, payload: StagedPayload<unknown>): Promise<void> {
      const number = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, number);
      rows.push({ seq: rangeOf(kind).after + number, kind, key, payload: JSON.stringify(payload) });
      if (rows.length >= rowsPerWrite) await flush();
    },
  };
}

interface WaitingAccount {
  readonly line: number;
  readonly entry: StagedAccount;
  readonly plainPassword: string | null;
}

async function untilNotOverloaded<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < overloadPatience; tries += 1) {
    const answer = await attempt();
    if (answer !== null) return answer;
    await wait(overloadPauseMs);
  }
  throw new OperatorError('the broker is too busy to hash passwords', {
    remedy: 'import the file again when fewer people log in',
  });
}

/** The entry with the hash of its password; without one when the account has this password already. */
async function withPassword(
  { entry, plainPassword }: WaitingAccount,
  phc: string | null,
  passwords: Passwords,
): Promise<StagedAccount> {
  if (plainPassword === null) return entry;
  if (phc !== null) {
    const check = await untilNotOverloaded(async () => {
      const answer = await passwords.check({
        phc,
        password: plainPassword,
        deadline: Number.POSITIVE_INFINITY,
      });
      return answer === 'overloaded' ? null : answer;
    });
    if (check === 'right') return entry;
  }
  return { ...entry, phc: await untilNotOverloaded(() => passwords.hash(plainPassword)) };
}

/**
 * Reads the whole file into the staging area of the import. What is staged holds no secret in clear: seeds and
 * client secrets are sealed, passwords hashed (none after the first fault: the import will be refused).
 * @returns how many entries of each kind were staged, and the codes of all units that there will be
 */
export async function stageFile(
  input: {
    readonly file: string;
    readonly mayNameFiles: boolean;
    readonly importId: string;
    readonly faults: FaultCollector;
    readonly signal: AbortSignal;
    /** Called with the number of entries read. */
    readonly progress: (done: number) => void;
  },
  deps: StagingDeps,
): Promise<{ readonly counts: ReadonlyMap<string, number>; readonly unitCodes: ReadonlySet<string> }> {
  const { file, mayNameFiles, importId, faults, signal } = input;
  const { store, keyring, passwords, profiles } = deps;
  const rows = createRowWriter(store, importId);
  const frame = emptyFrame();
  let context = await readOrganisationContext(store);
  let waiting: WaitingAccount[] = [];
  let read = 0;

  const add = async <K extends EntryKind>(kind: K, line: number, entry: StagedEntries[K] | null) => {
    if (entry !== null) await rows.add(kind, keyOf[kind](entry), { line, entry });
  };

  /** So that what refers to a faulty entry is not reported too. */
  async function addFaulty({ kind, value, line }: RawEntry): Promise<void> {
    const given = (value ?? {}) as Readonly<Record<string, unknown>>;
    const key = given[nameFields[kind]];
    if (typeof key !== 'string' || key.length > 300) return;
    if (kind === 'unit' || kind === 'radiusClient' || kind === 'gateway') frame.faulty[kind].add(key);
    else if (kind === 'person' || kind === 'workstation') await rows.add(kind, key, { line, entry: null });
    else if (kind === 'assignment') {
      const giver = String(given['unit']);
      await rows.add('document number', key, { line, entry: giver });
      await rows.add(kind, assignmentKey(key, giver), { line, entry: null });
    }
  }

  async function addAccount(line: number, entry: StagedAccount): Promise<void> {
    await add('account', line, entry);
    for (const { serialNumber } of entry.authenticators) {
      if (serialNumber !== null)
        await rows.add('serial number', serialNumber, { line, entry: entry.userName });
    }
  }

  async function addWaiting(): Promise<void> {
    const accounts = waiting;
    waiting = [];
    if (accounts.length === 0) return;
    if (faults.total > 0) {
      for (const { line, entry } of accounts) await addAccount(line, entry);
      return;
    }
    const names = accounts
      .filter(({ plainPassword }) => plainPassword !== null)
      .map((one) => one.entry.userName);
    const records = await store.read((db) => findPasswordRecords(db, names));
    const hashed = await Promise.all(
      accounts.map((one) => withPassword(one, records.get(one.entry.userName) ?? null, passwords)),
    );
    for (const [index, entry] of hashed.entries()) await addAccount(accounts[index]?.line ?? 0, entry);
  }

  async function take(raw: RawEntry): Promise<void> {
    const report = new EntryFaults(faults, `${file}:${raw.line}`, entryName(raw));
    await normalise(raw, report);
    if (report.count > 0) await addFaulty(raw);
  }

  async function normalise(raw: RawEntry, report: EntryFaults): Promise<void> {
    const checked = checkForm(raw, report);
    if (checked === null) return;
    const { line } = raw;
    switch (checked.kind) {
      case 'organisation': {
        if (read > 1) {
          report.add(
            null,
            'it does not come first, or comes twice',
            'Make it the first line: dates depend on it',
          );
        }
        const entry = normaliseOrganisation(checked.value, report);
        if (entry === null) return;
        context = { timeZone: entry.timeZone ?? context.timeZone, realms: entry.realms ?? context.realms };
        return await add('organisation', line, entry);
      }
      case 'unit':
        frame.units.push({ line, entry: normaliseUnit(checked.value) });
        return;
      case 'person':
        return await add('person', line, normalisePerson(checked.value, report, context));
      case 'assignment': {
        const entry = normaliseAssignment(checked.value, report, context);
        await add('assignment', line, entry);
        if (entry !== null) await rows.add('document number', entry.number, { line, entry: entry.unit });
        return;
      }
      case 'workstation': {
        const entry = normaliseWorkstation(checked.value, report);
        await add('workstation', line, entry);
        for (const key of entry?.identifiers.filter(isKey) ?? [])
          await rows.add('key', key, { line, entry: entry?.assetTag });
        return;
      }
      case 'account': {
        const account = normaliseAccount(checked.value, report, { ...context, keyring, importId });
        if (account === null) return;
        const { firstFactor = 'policy' } = account.entry;
        const unknown = firstFactor === 'policy' ? null : faultOfUpstream(firstFactor, deps.upstreams);
        if (unknown !== null) report.add('firstFactor', ...unknown);
        if (account.plainPassword === null) return await addAccount(line, account.entry);
        waiting.push({ line, ...account });
        if (waiting.length >= hashesAtOnce) await addWaiting();
        return;
      }
      case 'radiusClient': {
        const secretsIn = mayNameFiles ? dirname(file) : null;
        const entry = await normaliseRadiusClient(checked.value, report, { ...deps, secretsIn });
        if (entry !== null) frame.clients.push({ line, entry });
        return;
      }
      case 'gateway': {
        const gateway = normaliseGateway(checked.value, report, profiles);
        if (gateway !== null) frame.gateways.push({ line, ...gateway });
        return;
      }
      case 'policy': {
        const entry = normalisePolicy(checked.value, report, context.timeZone);
        if (entry !== null) frame.policies.push({ line, entry });
        return;
      }
    }
  }

  for await (const raw of readEntries(file, faults)) {
    signal.throwIfAborted();
    read += 1;
    await take(raw);
    if (read % rowsPerWrite === 0) input.progress(read);
  }
  await addWaiting();
  const resolved = await resolveFrame(frame, deps, { file, faults });
  for (const { line, entry } of resolved.units) await add('unit', line, entry);
  for (const { line, entry } of resolved.clients) await add('radiusClient', line, entry);
  for (const { line, entry } of resolved.gateways) await add('gateway', line, entry);
  for (const { line, entry } of resolved.policies) await add('policy', line, entry);
  await rows.flush();
  input.progress(read);
  return { counts: rows.counts, unitCodes: resolved.unitCodes };
}
