// What the clients have seen, kept to be compared with the record: the invariants of every fault.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './broker.ts';
import type { NodeFiles, Site } from './site.ts';

export interface RecordedDecision {
  readonly accountId: number | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly lookupCode: string | null;
  readonly at: number;
}

/** Accounts (ids) of all sessions ever opened, by the reference that their Accept carried in Class. */
export type Sessions = ReadonlyMap<string, number>;

interface SeenAccept {
  readonly account: number;
  readonly step: number;
  readonly reference: string;
  readonly at: number;
}

export interface Ledger {
  /** Before a code is sent. */
  attempt(account: number, step: number): void;
  accepted(account: number, step: number, reference: string | null): void;
  rejected(lookupCode: string | null): void;
  readonly accepts: readonly SeenAccept[];
  readonly rejects: number;
  /** Every way in which the record contradicts what was seen; at best none. */
  faultsAgainst(records: readonly RecordedDecision[], sessions: Sessions): string[];
}

/** Accounts are numbered from 0 here and from 1 in the store. */
export function createLedger(): Ledger {
  const accepts: SeenAccept[] = [];
  const rejected: (string | null)[] = [];
  const attempted = new Map<number, Set<number>>();
  return {
    attempt(account, step) {
      const steps = attempted.get(account) ?? new Set();
      attempted.set(account, steps.add(step));
    },
    accepted(account, step, reference) {
      accepts.push({ account, step, reference: reference ?? '', at: Date.now() });
    },
    rejected: (lookupCode) => void rejected.push(lookupCode),
    accepts,
    get rejects() {
      return rejected.length;
    },
    faultsAgainst(records, sessions) {
      const faults: string[] = [];
      const byLookupCode = new Map(records.map((record) => [record.lookupCode, record]));
      const stepsSeen = new Map<number, Set<number>>();
      for (const { account, step, reference, at } of accepts) {
        const name = `the Accept of account ${account}, step ${step}, ${new Date(at).toISOString()}`;
        // The session is written in one transaction with the record: one without the other would be a fault of its own.
        if (sessions.get(reference) !== account + 1) faults.push(`${name}, opened no session (${reference})`);
        const seen = stepsSeen.get(account) ?? new Set();
        if (seen.has(step)) faults.push(`${name}, came twice`);
        stepsSeen.set(account, seen.add(step));
      }
      const recorded = new Map<number, number>();
      for (const { outcome, accountId } of records) {
        if (outcome !== 'accept' || accountId === null) continue;
        recorded.set(accountId - 1, (recorded.get(accountId - 1) ?? 0) + 1);
      }
      for (const account of new Set([...recorded.keys(), ...stepsSeen.keys()])) {
        const [seen, written, sent] = [stepsSeen, recorded, attempted].map((by) => {
          const found = by.get(account) ?? 0;
          return typeof found === 'number' ? found : found.size;
        });
        if ((written ?? 0) < (seen ?? 0) || (written ?? 0) > (sent ?? 0)) {
          faults.push(`account ${account}: ${seen} Accepts seen, ${written} recorded, ${sent} codes sent`);
        }
      }
      for (const lookupCode of rejected) {
        const record = byLookupCode.get(lookupCode);
        if (lookupCode === null || record?.outcome !== 'deny') {
          faults.push(`the Reject ${lookupCode} is no denial in the record: ${JSON.stringify(record)}`);
        }
      }
      return faults;
    },
  };
}

/** Verifies the log by the program's own command; throws when it is not sound. */
export async function verifyLog(node: NodeFiles): Promise<number> {
  const { sound, records } = (await command(node, 'audit', 'verify')) as { sound: boolean; records: number };
  if (!sound) throw new Error('the audit log is not sound');
  return records;
}

/** Every decision in the log, read from an export as an auditor gets it. */
export async function readDecisions(node: NodeFiles): Promise<RecordedDecision[]> {
  const file = join(node.directory, 'export.jsonl');
  await command(node, 'audit', 'export', file);
  const decisions: RecordedDecision[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.startsWith('{"type":"record"')) continue;
    const { body } = JSON.parse(line) as { body: string };
    const record = JSON.parse(body) as { kind: string } & RecordedDecision;
    if (record.kind !== 'decision') continue;
    const { accountId, outcome, reason, detail, lookupCode, at } = record;
    decisions.push({ accountId, outcome, reason, detail, lookupCode, at });
  }
  rmSync(file);
  return decisions;
}

/** Opens the store beside no broker. */
export async function readSessions(site: Site, node: NodeFiles): Promise<Sessions> {
  const services = await site.open(node);
  try {
    const rows = await services.store.read((db) => {
      const { accountId, reference } = db.tables.sessions;
      return db.select({ accountId, reference }).from(db.tables.sessions);
    });
    return new Map(rows.map(({ reference, accountId }) => [reference ?? '', accountId]));
  } finally {
    await services.close();
  }
}
