// What every decision writer offers, and what both databases' writers do alike around their batches.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { createRecordLane, type RecordLane, startChain } from '../audit/append.ts';
import { type PreparedRecord, prepareRecord } from '../audit/record.ts';
import type { CommitResult, DecisionCommand, RecordDraft, Store } from '../store.ts';
import type { PreparedCommand } from './apply.ts';
import type { Coalescer } from './coalescer.ts';

export interface Committer {
  /** As DecisionStore.commit. */
  commit(command: PreparedCommand): Promise<CommitResult>;
  /** Commands that wait or are in flight. */
  pending(): number;
  /** Writes a trifle, durably, where decisions are written; rejects when that can't be done. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface WriterDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name of this node. */
  readonly node: string;
  /** Version of the program. */
  readonly program: string;
  readonly queueLimit?: number;
}

/** Makes the record's body and commitments, in the thread that decided. */
export function prepareCommand(command: DecisionCommand, random: Random): PreparedCommand {
  const { claim, session } = command;
  const record = prepareRecord(command.record, random);
  if (!claim?.claimant.station.includes('\0') && !session?.station.includes('\0')) {
    return { ...command, record };
  }
  return {
    ...command,
    claim: claim === null ? null : { ...claim, claimant: storable(claim.claimant) },
    session: session === null ? null : storable(session),
    record,
  };
}

/** PostgreSQL takes no NUL: what a gateway reports must not keep a decision from being stored. */
function storable<T extends { readonly station: string }>(at: T): T {
  return { ...at, station: at.station.replaceAll('\0', '\uFFFD') };
}

export interface DecisionChains {
  /** The chain of a lane; `ready` must have resolved. */
  chainOf(lane: number): string;
  /** Rejects when the store fails, and tries again when asked again. */
  ready(): Promise<void>;
  /** Resolves when every commit that waits for the chains to begin has gone on. */
  settled(): Promise<void>;
  /** New chains for what comes: the database no longer knows the present ones (a standby took over without them). */
  restart(): void;
}

/** One chain per lane of this incarnation, begun before the first batch. */
export function createDecisionChains(lanes: number, deps: WriterDeps, write: Store['write']): DecisionChains {
  let chains: readonly string[] = [];
  let begun: Promise<void> | null = null;
  const begin = async () => {
    // Named afresh at every attempt: one whose outcome is unknown may have begun the chains that it named.
    const fresh = Array.from({ length: lanes }, (_, index): RecordLane => {
      const lane = `decisions-${index + 1}`;
      return createRecordLane({ node: deps.node, lane, program: deps.program }, deps);
    });
    await write(async (db) => {
      for (const lane of fresh) await startChain(db, lane);
    });
    chains = fresh.map((lane) => lane.chain);
  };
  return {
    chainOf(lane) {
      const chain = chains[lane];
      if (chain === undefined) throw new RangeError(`lane ${lane} has no chain`);
      return chain;
    },
    ready() {
      begun ??= begin().catch((error: unknown) => {
        begun = null;
        throw error;
      });
      return begun;
    },
    async settled() {
      await begun?.catch(() => {});
    },
    restart() {
      begun = null;
    },
  };
}

const unwritable = 'decision-unwritable';

/** Records and alerts, under a rule of its own, that a decision could not be written and so was never answered. */
export function reportUnwritable(
  command: PreparedCommand,
  error: unknown,
  coalescer: Coalescer,
  deps: WriterDeps,
): void {
  const { accountId, gatewayId, outcome, reason } = command.record;
  const fault = error instanceof Error ? error.message : String(error);
  deps.log.error({ accountId, gatewayId, outcome, reason, error: fault }, 'a decision cannot be written');
  // The report of a report would go round for ever.
  if (command.record.outcome === unwritable) return;
  const draft: RecordDraft = {
    kind: 'system',
    at: deps.clock.now(),
    accountId: command.accountId,
    gatewayId,
    outcome: unwritable,
    reason: null,
    detail: null,
    lookupCode: null,
    body: { decided: outcome, fault },
    personal: {},
  };
  const report: PreparedCommand = {
    accountId: command.accountId,
    guard: null,
    lockout: command.lockout,
    claim: null,
    spend: null,
    issue: null,
    challengeClaim: null,
    failures: [],
    reset: [],
    session: null,
    endSessions: [],
    alert: { rule: unwritable, evidence: fault },
    record: prepareRecord(draft, deps.random) satisfies PreparedRecord,
  };
  coalescer.commit(report).catch((failure: unknown) => {
    deps.log.error(
      { error: String(failure) },
      'the alert of an unwritable decision could not be written either',
    );
  });
}
