// What the clients have seen, kept to be compared with the record: the invariants of every fault.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './broker.ts';
import type { NodeFiles } from './site.ts';

export interface RecordedDecision {
  readonly reference: string;
  readonly accountId: number | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly lookupCode: string | null;
  readonly at: number;
}

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
  faultsAgainst(records: readonly RecordedDecision[]): string[];
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
    faultsAgainst(records) {
      const faults: string[] = [];
      const byReference = new Map(records.map((record) => [record.reference, record]));
      const byLookupCode = new Map(records.map((record) => [record.lookupCode, record]));
      const seen = new Set<string>();
      for (const { account, step, reference, at } of accepts) {
        const name = `the Accept of account ${account}, step ${step}, ${new Date(at).toISOString()}`;
        const record = byReference.get(reference);
        if (record === undefined) faults.push(`${name}, is not in the record (${reference})`);
        else if (record.outcome !== 'accept' || record.accountId !== account + 1) {
          faults.push(`${name}, is another decision in the record: ${JSON.stringify(record)}`);
        }
        if (seen.has(`${account} ${step}`)) faults.push(`${name}, came twice`);
        seen.add(`${account} ${step}`);
      }
      const recorded = new Map<number, number>();
      for (const { outcome, accountId } of records) {
        if (outcome !== 'accept' || accountId === null) continue;
        recorded.set(accountId - 1, (recorded.get(accountId - 1) ?? 0) + 1);
      }
      for (const [account, count] of recorded) {
        const steps = attempted.get(account)?.size ?? 0;
        if (count > steps) faults.push(`account ${account}: ${count} Accepts recorded for ${steps} codes`);
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
    const { chain, seq, body } = JSON.parse(line) as { chain: string; seq: number; body: string };
    const record = JSON.parse(body) as { kind: string } & Omit<RecordedDecision, 'reference'>;
    if (record.kind !== 'decision') continue;
    const { accountId, outcome, reason, detail, lookupCode, at } = record;
    decisions.push({ reference: `${chain}:${seq}`, accountId, outcome, reason, detail, lookupCode, at });
  }
  rmSync(file);
  return decisions;
}
