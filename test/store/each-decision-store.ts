// Runs the same tests on every implementation of DecisionStore: both databases and the model that the simulation uses.
import { asc, eq } from 'drizzle-orm';
import { describe } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { ClaimFact, CounterFact } from '../../src/core/facts.ts';
import { readAudit } from '../../src/store/audit/read.ts';
import { type Verification, verifyAudit } from '../../src/store/audit/verify.ts';
import { applyBatch } from '../../src/store/decision-writer/apply.ts';
import { authenticatorRow } from '../../src/store/decision-writer/rows.ts';
import type { DecisionStore, RecordDraft, Store } from '../../src/store/store.ts';
import { addAccounts, type TestAccount } from './decision-writer/people.ts';
import { describeOnEachStore } from './each-store.ts';
import { ModelDatabase } from './model-store/database.ts';
import { openModelStore } from './model-store/store.ts';
import { silentLog } from './silent-log.ts';

interface AccountChange {
  readonly revision?: number;
  readonly status?: 'withdrawn';
  readonly validUntil?: number;
}

type RecordColumns = Omit<RecordDraft, 'personal' | 'body'> & {
  readonly chain: string;
  readonly seq: number;
  readonly body: string;
  /** JSON of values and salts. */
  readonly personal: string | null;
};

/** A decision store that holds an organisation of one unit, and a look at what it keeps. */
export interface StoreUnderTest {
  readonly decisions: DecisionStore;
  addAccounts(count: number, validUntil?: number): Promise<TestAccount[]>;
  /** Changes every account. */
  changeAccounts(change: AccountChange): Promise<void>;
  forgetCounters(): Promise<void>;
  counters(): Promise<(CounterFact & { readonly accountId: number })[]>;
  authenticators(): Promise<
    { readonly authenticatorId: number; readonly lastStep: number; readonly lastClaim: ClaimFact | null }[]
  >;
  sessions(): Promise<
    {
      readonly sessionId: number;
      readonly accountId: number;
      readonly state: string;
      readonly until: number;
    }[]
  >;
  /** Adds a ticket of the account, unspent. */
  addTicket(accountId: number): Promise<number>;
  withdrawTicket(ticketId: number): Promise<void>;
  spentTickets(): Promise<number[]>;
  /** By their ids. */
  tickets(accountId: number): Promise<{ readonly workstationId: number; readonly expiresAt: number }[]>;
  spentChallenges(): Promise<string[]>;
  /** Those of kind `decision`. */
  records(): Promise<RecordColumns[]>;
  alerts(): Promise<
    {
      readonly id: number;
      readonly rule: string;
      readonly accountId: number | null;
      readonly unitId: number | null;
      readonly chain: string;
      readonly seq: number;
    }[]
  >;
  /** Payloads of messages that wait to be sent. */
  outbox(): Promise<string[]>;
  verify(): Promise<Verification>;
}

interface OpenOptions {
  readonly clock?: Clock;
}

/** Opens a fresh, empty store, closed after the test. */
export type OpenDecisionStore = (options?: OpenOptions) => Promise<StoreUnderTest>;

/** As many nodes of one store; null where one process alone may write. */
export type OpenNodes = ((nodes: readonly string[]) => Promise<StoreUnderTest[]>) | null;

/** Describes the contract of decisions. The body runs once per implementation. */
export function describeOnEachDecisionStore(
  name: string,
  body: (open: OpenDecisionStore, openNodes: OpenNodes) => void,
): void {
  describeOnEachStore(name, (open, createDatabase, dialect) => {
    const openNodes: OpenNodes = async (nodes) => {
      const target = await createDatabase();
      const opened: StoreUnderTest[] = [];
      for (const node of nodes) opened.push(inDatabase(await open({ node }, target)));
      return opened;
    };
    body(async (options) => inDatabase(await open(options)), dialect === 'sqlite' ? null : openNodes);
  });
  describe(`${name} (model)`, () => {
    body(
      async ({ clock = systemClock } = {}) => inModel(new ModelDatabase(), 'test', clock),
      async (nodes) => {
        const database = new ModelDatabase();
        return nodes.map((node) => inModel(database, node, systemClock));
      },
    );
  });
}

function inDatabase(store: Store): StoreUnderTest {
  return {
    decisions: store.decisions,
    addAccounts: (count, validUntil) => addAccounts(store, count, validUntil),
    changeAccounts: (change) =>
      store.write(async (db) => {
        await db.update(db.tables.accounts).set(change);
      }),
    forgetCounters: () =>
      store.write(async (db) => {
        await db.delete(db.tables.counters);
      }),
    counters: () => store.read((db) => db.select().from(db.tables.counters)),
    authenticators: async () => {
      const rows = await store.read((db) => db.select().from(db.tables.authenticators));
      return rows.map((row) => ({
        authenticatorId: row.id,
        ...authenticatorRow({
          ...row,
          node: row.lastClaimNode,
          gatewayId: row.lastClaimGatewayId,
          station: row.lastClaimStation,
          at: row.lastClaimAt,
        }),
      }));
    },
    sessions: async () => {
      const rows = await store.read((db) => db.select().from(db.tables.sessions));
      return rows.map(({ id, accountId, state, until }) => ({ sessionId: id, accountId, state, until }));
    },
    addTicket: (accountId) =>
      store.write(async (db) => {
        const { deviceTickets, workstations, units } = db.tables;
        const [unit] = await db.select({ id: units.id }).from(units);
        await db
          .insert(workstations)
          .values({ assetTag: 'W', name: 'W', kind: 'personal', state: 'active', unitId: unit?.id ?? 0 })
          .onConflictDoNothing();
        const [machine] = await db.select({ id: workstations.id }).from(workstations);
        const [ticket] = await db
          .insert(deviceTickets)
          .values({
            accountId,
            workstationId: machine?.id ?? 0,
            kind: 'proof',
            address: '198.51.100.7',
            issuedAt: 1,
            expiresAt: 2,
          })
          .returning({ id: deviceTickets.id });
        return ticket?.id ?? 0;
      }),
    withdrawTicket: (ticketId) =>
      store.write(async (db) => {
        await db.delete(db.tables.deviceTickets).where(eq(db.tables.deviceTickets.id, ticketId));
      }),
    tickets: async (accountId) => {
      const rows = await store.read((db) => {
        const { deviceTickets: t } = db.tables;
        return db.select().from(t).where(eq(t.accountId, accountId)).orderBy(t.id);
      });
      return rows.map(({ workstationId, expiresAt }) => ({ workstationId, expiresAt }));
    },
    spentTickets: async () => {
      const rows = await store.read((db) => db.select().from(db.tables.deviceTickets));
      return rows.filter(({ spentAt }) => spentAt !== null).map(({ id }) => id);
    },
    spentChallenges: async () => {
      const rows = await store.read((db) => db.select().from(db.tables.challengeClaims));
      return rows.map(({ challengeId }) => challengeId);
    },
    records: () =>
      store.read(async (db) => {
        const { audit, auditPersonal } = db.tables;
        const personal = await db.select().from(auditPersonal);
        const rows = await db
          .select()
          .from(audit)
          .where(eq(audit.kind, 'decision'))
          .orderBy(asc(audit.chain), asc(audit.seq));
        return rows.map((row) => ({
          ...row,
          personal:
            personal.find(({ chain, seq }) => chain === row.chain && seq === row.seq)?.personalValues ?? null,
        }));
      }),
    alerts: () => store.read((db) => db.select().from(db.tables.alerts)),
    outbox: async () => {
      const rows = await store.read((db) => db.select().from(db.tables.outbox));
      return rows.map(({ payload }) => payload);
    },
    verify: () => verifyAudit(readAudit(store), { checkpoints: [], keys: [] }),
  };
}

/** A node of the model store without faults, in real time: only its order of events is its own. */
export function openFaultlessModel(
  database: ModelDatabase,
  node: string,
  clock: Clock = systemClock,
): DecisionStore {
  return openModelStore({
    database,
    node,
    clock,
    random: systemRandom,
    log: silentLog,
    lanes: 2,
    applyBatch,
    time: {
      wait: () => new Promise((resolve) => setImmediate(resolve)),
      afterTick: setImmediate,
      afterAtDatabase: (_ms, task) => setImmediate(task),
      onEnd: () => {},
    },
    faults: { latency: () => 0, isUnreachable: () => false, commit: () => 'done' },
  });
}

function inModel(database: ModelDatabase, node: string, clock: Clock): StoreUnderTest {
  const { rows } = database;
  return {
    decisions: openFaultlessModel(database, node, clock),
    async addAccounts(count, validUntil = 4_102_444_800_000) {
      rows.gateways.add(1);
      return Array.from({ length: count }, (_, index) => {
        const id = index + 1;
        rows.accounts.set(id, {
          accountId: id,
          userName: `user${index}`,
          revision: 1,
          status: 'active',
          suspension: null,
          validFrom: 1,
          validUntil,
          passwordPhc: null,
          passwordState: 'usable',
          firstFactor: null,
          rulesVersionAccepted: 0,
          unitPath: [1],
          unitId: 1,
          employment: [],
          assignments: [],
          workstations: [],
        });
        rows.authenticators.set(id, {
          authenticatorId: id,
          accountId: id,
          state: 'active',
          parameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
          sealedSeed: Buffer.alloc(1),
          driftSteps: 0,
          lastStep: -1,
          lastClaim: null,
        });
        return { accountId: id, authenticatorId: id, gatewayId: 1, unitId: 1 };
      });
    },
    async changeAccounts(change) {
      for (const [id, row] of rows.accounts) rows.accounts.set(id, { ...row, ...change });
    },
    async forgetCounters() {
      rows.counters.clear();
    },
    counters: async () =>
      [...rows.counters].flatMap(([accountId, counters]) =>
        [...counters.values()].map((counter) => ({ accountId, ...counter })),
      ),
    authenticators: async () => [...rows.authenticators.values()],
    sessions: async () => [...rows.sessions],
    addTicket: async (accountId) => {
      const ticketId = rows.tickets.size + 1;
      rows.tickets.set(ticketId, {
        ticketId,
        accountId,
        kind: 'proof',
        workstationId: 1,
        keyIdentifier: null,
        address: '198.51.100.7',
        tokenHash: null,
        expiresAt: 2,
        isSpent: false,
        passwordBy: null,
      });
      return ticketId;
    },
    withdrawTicket: async (ticketId) => {
      rows.tickets.delete(ticketId);
    },
    tickets: async (accountId) =>
      [...rows.tickets.values()]
        .filter((one) => one.accountId === accountId)
        .map(({ workstationId, expiresAt }) => ({ workstationId, expiresAt })),
    spentTickets: async () =>
      [...rows.tickets.values()].filter((one) => one.isSpent).map((one) => one.ticketId),
    spentChallenges: async () => [...rows.challengeClaims.keys()],
    records: async () =>
      [...rows.chains.values()]
        .flatMap(({ records }) => records.map(({ chain, seq, record }) => ({ chain, seq, ...record })))
        .filter(({ kind }) => kind === 'decision'),
    alerts: async () => [...rows.alerts],
    outbox: async () => [...rows.outbox],
    verify: () => verifyAudit(database.audit(), { checkpoints: [], keys: [] }),
  };
}
