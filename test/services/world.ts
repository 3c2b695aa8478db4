// A small organisation in a real store, and brokers that serve it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { and, asc, eq } from 'drizzle-orm';
import { type Random, systemRandom } from '../../src/base/random.ts';
import { hotp, type OtpParameters, seedKey, timeStepAt } from '../../src/core/otp.ts';
import type { PolicyLayer } from '../../src/core/policy.ts';
import { type AuthenticatorDeps, createAuthenticator } from '../../src/services/authenticate/authenticate.ts';
import { createChallenges } from '../../src/services/challenge.ts';
import { type FirstFactors, noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import type { LoginRequest } from '../../src/services/login.ts';
import { createPasswords, type Passwords } from '../../src/services/passwords/passwords.ts';
import { contextOf, type Keyring, openKeyring, prepareKeys } from '../../src/services/secrets/keyring.ts';
import { openSettings } from '../../src/services/settings/settings.ts';
import { insertNameWords } from '../../src/store/queries/name-words.ts';
import { bumpSettingsVersion } from '../../src/store/queries/settings.ts';
import type { DecisionStore, Store } from '../../src/store/store.ts';
import type { Db, Tables } from '../../src/store/tables.ts';
import { type CapturedLog, captureLog } from './captured-log.ts';
import type { TestClock } from './clock.ts';
import { findProfile } from './profiles.ts';

export const day = 86_400_000;
/** The machine that every account of this organisation is assigned, as a gateway reports it. */
export const ownMachine = { key: 'mac:0210a4231901', level: 1 } as const;
export const station = '203.0.113.9';
export const labSecret = 'a shared secret of the lab';
const password = 'con ga ben hien nha cu';

type Row<Name extends keyof Tables> = Tables[Name]['$inferInsert'];

export interface AccountOptions {
  readonly account?: Partial<Row<'accounts'>>;
  readonly employment?: readonly Pick<Row<'employmentEvents'>, 'kind' | 'detail' | 'effectiveAt'>[];
  readonly assignment?: Partial<Row<'assignments'>> | null;
  readonly machine?: Partial<Row<'workstations'>> | null;
  readonly machineTerm?: Partial<Row<'accountWorkstations'>>;
  readonly authenticators?: readonly Partial<OtpParameters>[];
}

export interface TestAccount {
  readonly accountId: number;
  readonly personId: number;
  readonly workstationId: number | null;
  readonly userName: string;
  readonly password: string;
  readonly seeds: readonly { readonly seed: Buffer; readonly parameters: OtpParameters }[];
}

export interface AuditRow {
  readonly kind: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly lookupCode: string | null;
  readonly accountId: number | null;
  readonly gatewayId: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly bodyText: string;
  readonly personal: Readonly<Record<string, string>>;
}

async function insertId(rows: Promise<{ id: number }[]>): Promise<number> {
  const [row] = await rows;
  if (row === undefined) throw new Error('nothing was inserted');
  return row.id;
}

export async function createWorld(opened: Store, clock: TestClock) {
  /** Chain and number of each record in the order of commits; chains of several lanes have no other order. */
  const committed: string[] = [];
  const store: Store = {
    ...opened,
    decisions: {
      loadFacts: (query) => opened.decisions.loadFacts(query),
      async commit(command) {
        const result = await opened.decisions.commit(command);
        if (result.kind === 'committed') committed.push(`${result.chain}:${result.seq}`);
        return result;
      },
    },
  };
  const folder = await mkdtemp(join(tmpdir(), 'gatewarden-world-'));
  const keyFile = join(folder, 'kek');
  const random: Random = systemRandom;
  await prepareKeys({ store, keyFile, mayCreateKeyFile: true, clock, random });
  const keyring = await openKeyring({ store, keyFile, random });
  const phc = await hash(password, { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  const now = clock.now();
  let serial = 0;

  const ids = await store.write(async (db) => {
    const t = db.tables;
    const unit = async (code: string, parentPath: string, parentId: number | null) => {
      const name = `Unit ${code}`;
      const id = await insertId(
        db
          .insert(t.units)
          .values({ code, name, nameSearchKey: name.toLowerCase(), parentId })
          .returning({ id: t.units.id }),
      );
      return { id, path: `${parentPath}${id}/` };
    };
    const centre = await unit('TW', '/', null);
    const local = await unit('T01', centre.path, centre.id);
    const other = await unit('T02', centre.path, centre.id);
    for (const { id, path } of [centre, local, other]) {
      await db.update(t.units).set({ path }).where(eq(t.units.id, id));
    }
    const client = await insertId(
      db
        .insert(t.radiusClients)
        .values({
          name: 'lab',
          prefix: '192.0.2.0/24',
          sealedSecret: keyring.seal(Buffer.from(labSecret), contextOf.clientSecret('lab')),
          requireMessageAuthenticator: 'auto',
          createdAt: now,
        })
        .returning({ id: t.radiusClients.id }),
    );
    const gateway = (name: string, profile: string, overrides: object | null = null) =>
      insertId(
        db
          .insert(t.gateways)
          .values({
            name,
            clientId: client,
            nasIdentifier: name,
            profile,
            profileOverrides: overrides === null ? null : JSON.stringify(overrides),
            createdAt: now,
          })
          .returning({ id: t.gateways.id }),
      );
    const gateways = {
      appended: await gateway('gw-appended', 'generic'),
      challenge: await gateway('gw-challenge', 'ocserv'),
      otherChallenge: await gateway('gw-challenge-2', 'ocserv'),
      hidden: await gateway('gw-hidden', 'pfsense'),
      codeOnly: await gateway('gw-code', 'generic', { credentials: { style: 'code-only' } }),
    };
    await bumpSettingsVersion(db);
    return { units: { centre: centre.id, local: local.id, other: other.id }, client, gateways };
  });

  async function setPolicy(scope: string, layer: PolicyLayer): Promise<void> {
    await store.write(async (db) => {
      const { policies } = db.tables;
      const value = { scope, layer: JSON.stringify(layer) };
      await db
        .insert(policies)
        .values(value)
        .onConflictDoUpdate({ target: policies.scope, set: { layer: value.layer } });
      await bumpSettingsVersion(db);
    });
  }

  async function addAccount(options: AccountOptions = {}): Promise<TestAccount> {
    serial += 1;
    const number = serial;
    const userName = options.account?.userName ?? `nvduc${number}`;
    const seeds = (options.authenticators ?? [{}]).map((given) => {
      const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30, ...given };
      return { seed: random.bytes(20), parameters };
    });
    return await store.write(async (db) => {
      const t = db.tables;
      const personId = await insertId(
        db
          .insert(t.people)
          .values({
            staffCode: `TCT-${number}`,
            fullName: `Nguyễn Văn Đức ${number}`,
            nameSearchKey: `nguyen van duc ${number}`,
            nameSortKey: `duc nguyen van ${number}`,
            kind: 'civil-servant',
            unitId: ids.units.local,
            createdAt: now,
          })
          .returning({ id: t.people.id }),
      );
      await insertNameWords(db, [{ personId, nameSearchKey: `nguyen van duc ${number}` }]);
      const employment = options.employment ?? [{ kind: 'hired', effectiveAt: now - 1000 * day }];
      for (const [index, event] of employment.entries()) {
        await db
          .insert(t.employmentEvents)
          .values({ ...event, personId, source: 'test', sourceKey: `${number}-${index}`, recordedAt: now });
      }
      const accountId = await insertId(
        db
          .insert(t.accounts)
          .values({
            personId,
            status: 'active',
            validFrom: now - 30 * day,
            validUntil: now + 30 * day,
            passwordPhc: phc,
            createdAt: now,
            updatedAt: now,
            ...options.account,
            userName,
          })
          .returning({ id: t.accounts.id }),
      );
      if (options.assignment !== null) {
        const assignmentId = await insertId(
          db
            .insert(t.assignments)
            .values({
              documentNumber: `${number}/QĐ-TCCB`,
              documentDate: now - 60 * day,
              signatory: 'Trần Thị B, Thủ trưởng',
              purpose: 'Tra cứu hồ sơ',
              dataScope: 'Hồ sơ lưu trữ',
              unitId: ids.units.local,
              validFrom: now - 60 * day,
              ...options.assignment,
            })
            .returning({ id: t.assignments.id }),
        );
        await db.insert(t.accountAssignments).values({ accountId, assignmentId });
      }
      const workstationId =
        options.machine === null
          ? null
          : await addMachine(db, `MT-${number}`, [ownMachine.key], options.machine);
      if (workstationId !== null) {
        await db.insert(t.accountWorkstations).values({
          accountId,
          workstationId,
          validFrom: now - 30 * day,
          kind: 'permanent',
          ...options.machineTerm,
        });
      }
      for (const { seed, parameters } of seeds) {
        await db.insert(t.authenticators).values({
          accountId,
          kind: 'app',
          state: 'active',
          ...parameters,
          sealedSeed: keyring.seal(seed, contextOf.seed(accountId)),
          createdAt: now,
        });
      }
      return { accountId, personId, workstationId, userName, password, seeds };
    });
  }

  async function addMachine(
    db: Db,
    assetTag: string,
    identifiers: readonly string[],
    columns: Partial<Row<'workstations'>> = {},
  ): Promise<number> {
    const t = db.tables;
    const workstationId = await insertId(
      db
        .insert(t.workstations)
        .values({
          assetTag,
          name: assetTag,
          kind: 'personal',
          state: 'active',
          unitId: ids.units.local,
          ...columns,
        })
        .returning({ id: t.workstations.id }),
    );
    for (const identifier of identifiers) {
      await db.insert(t.workstationIdentifiers).values({ workstationId, identifier });
    }
    return workstationId;
  }

  /** Another identifier of the account's machine. */
  async function addIdentifier(account: TestAccount, identifier: string): Promise<void> {
    const workstationId = account.workstationId ?? 0;
    await store.write(async (db) => {
      await db.insert(db.tables.workstationIdentifiers).values({ workstationId, identifier });
    });
  }

  /** A ticket for the account's machine, bought now from where its logins come. */
  async function addTicket(account: TestAccount, columns: Partial<Row<'deviceTickets'>> = {}): Promise<void> {
    await store.write(async (db) => {
      await db.insert(db.tables.deviceTickets).values({
        accountId: account.accountId,
        workstationId: account.workstationId ?? 0,
        kind: 'proof',
        address: station,
        issuedAt: clock.now(),
        expiresAt: clock.now() + 60_000,
        ...columns,
      });
    });
  }

  /** A broker of its own: only the store is common. */
  async function createNode(
    node: string,
    changes: {
      readonly decisions?: DecisionStore;
      readonly passwords?: Passwords;
      readonly log?: CapturedLog;
      readonly isClockStable?: () => boolean;
      readonly firstFactors?: FirstFactors;
    } = {},
  ) {
    const log = changes.log ?? captureLog();
    const ownKeyring: Keyring = await openKeyring({ store, keyFile, random });
    const settings = await openSettings({ store, keyring: ownKeyring, findProfile, log });
    const passwords =
      changes.passwords ?? createPasswords({ clock, random, log, concurrency: 2, queueLength: 100 });
    const deps: AuthenticatorDeps = {
      store: changes.decisions ?? store.decisions,
      keyring: ownKeyring,
      passwords,
      firstFactors: changes.firstFactors ?? noFirstFactors,
      challenges: createChallenges({ keyring: ownKeyring, random, clock }),
      settings,
      clock,
      random,
      log,
      node,
      isClockStable: changes.isClockStable ?? (() => true),
      answerWithinMs: 30_000,
    };
    return { ...createAuthenticator(deps), log, passwords, settings };
  }

  function request(changes: Partial<LoginRequest> = {}): LoginRequest {
    return {
      gatewayId: ids.gateways.appended,
      receivedAt: clock.now(),
      receivedMonotonic: clock.monotonic(),
      userName: '',
      credentials: { style: 'password+code', text: '' },
      station,
      observed: [ownMachine],
      refused: null,
      isHealthProbe: false,
      method: 'pap',
      summary: { sourceAddress: '192.0.2.1', nasIdentifier: 'gw-appended' },
      ...changes,
    };
  }

  /** The code that the account's authenticator shows, `minutesOff` its clock. */
  function codeOf(account: TestAccount, minutesOff = 0, authenticator = 0): string {
    const held = account.seeds[authenticator];
    if (held === undefined) throw new Error('no such authenticator');
    const { seed, parameters } = held;
    const step = timeStepAt(clock.now() + minutesOff * 60_000, parameters.periodSeconds);
    return hotp(seedKey(seed), step, parameters);
  }

  /** A code that no step within the hour has. */
  function wrongCode(account: TestAccount): string {
    const held = account.seeds[0];
    if (held === undefined) throw new Error('no authenticator');
    const { seed, parameters } = held;
    const now = timeStepAt(clock.now(), parameters.periodSeconds);
    const real = new Set(
      Array.from({ length: 240 }, (_, index) => hotp(seedKey(seed), now - 120 + index, parameters)),
    );
    for (let candidate = 0; ; candidate += 1) {
      const code = String(candidate).padStart(parameters.digits, '0');
      if (!real.has(code)) return code;
    }
  }

  /** A login as the account's holder makes it, with password and code appended. */
  function login(account: TestAccount, changes: Partial<LoginRequest> = {}): LoginRequest {
    const text = `${account.password}${account.seeds.length === 0 ? '' : codeOf(account)}`;
    return request({
      userName: account.userName,
      credentials: { style: 'password+code', text },
      ...changes,
    });
  }

  async function records(): Promise<AuditRow[]> {
    return await store.read(async (db) => {
      const t = db.tables;
      const rows = await db
        .select({ audit: t.audit, personal: t.auditPersonal.personalValues })
        .from(t.audit)
        .leftJoin(
          t.auditPersonal,
          and(eq(t.auditPersonal.chain, t.audit.chain), eq(t.auditPersonal.seq, t.audit.seq)),
        )
        .where(eq(t.audit.kind, 'decision'))
        .orderBy(asc(t.audit.chain), asc(t.audit.seq));
      const place = ({ audit }: (typeof rows)[number]) => committed.indexOf(`${audit.chain}:${audit.seq}`);
      return rows
        .sort((a, b) => place(a) - place(b))
        .map(({ audit, personal }) => {
          const values = JSON.parse(personal ?? '{}') as Record<string, [string, string]>;
          return {
            kind: audit.kind,
            outcome: audit.outcome,
            reason: audit.reason,
            detail: audit.detail,
            lookupCode: audit.lookupCode,
            accountId: audit.accountId,
            gatewayId: audit.gatewayId,
            data: (JSON.parse(audit.body) as { data: Record<string, unknown> }).data,
            bodyText: audit.body,
            personal: Object.fromEntries(Object.entries(values).map(([name, [, value]]) => [name, value])),
          };
        });
    });
  }

  async function lastRecord(): Promise<AuditRow> {
    const last = (await records()).at(-1);
    if (last === undefined) throw new Error('there is no record');
    return last;
  }

  return {
    ...ids,
    store,
    keyFile,
    keyring,
    setPolicy,
    addAccount,
    addMachine,
    addIdentifier,
    addTicket,
    createNode,
    request,
    login,
    codeOf,
    wrongCode,
    records,
    lastRecord,
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
