// Alerts and notices on their way out: each message of the outbox goes to every target that wants it, until that has taken it.
import type { Clock } from '../base/clock.ts';
import { findAccountNames } from '../store/queries/account-names.ts';
import { insertOutbox, listUnsorted, settleOutbox } from '../store/queries/outbox.ts';
import { findUnits } from '../store/queries/units.ts';
import type { Store } from '../store/store.ts';

type NoticeKind = 'alert' | 'notice';

/** What a target is told. */
export interface NoticeMessage {
  readonly target: string;
  readonly kind: NoticeKind;
  /** Rule of the alert, or what the notice is about: a closed word. */
  readonly about: string;
  readonly at: number;
  readonly userName: string | null;
  readonly fullName: string | null;
  readonly unit: { readonly code: string; readonly name: string } | null;
  /** Further facts: numbers, codes, closed words. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export interface NoticeTarget {
  /** Stable across restarts: `mail:a@example.org via mail.example.org:587`. */
  readonly target: string;
  readonly kinds: readonly NoticeKind[];
  /** Codes; null: whatever it concerns. */
  readonly units: readonly string[] | null;
  /** Resolves once the place has taken the message, else rejects; a message may come twice. */
  deliver(message: NoticeMessage): Promise<void>;
}

const batch = 50;
/** What is older was written before anybody wanted to know. */
const oldestMs = 7 * 86_400_000;

interface Payload {
  readonly rule?: string;
  readonly about?: string;
  readonly at?: number;
  readonly accountId?: number | null;
  readonly unitId?: number | null;
  readonly evidence?: string;
  readonly [fact: string]: unknown;
}

const notFacts = new Set([
  'rule',
  'about',
  'at',
  'accountId',
  'unitId',
  'evidence',
  'alertId',
  'chain',
  'seq',
]);

/** Closed words and numbers of a payload and its evidence; lists and objects are left to the console. */
function factsOf(payload: Payload): NoticeMessage['facts'] {
  let evidence: unknown = {};
  try {
    evidence = JSON.parse(payload.evidence ?? '{}');
  } catch {
    evidence = {};
  }
  const own = Object.fromEntries(Object.entries(payload).filter(([name]) => !notFacts.has(name)));
  return Object.fromEntries(
    Object.entries({ ...own, ...(typeof evidence === 'object' ? evidence : {}) }).filter(
      (entry): entry is [string, string | number | boolean | null] =>
        entry[1] === null || ['string', 'number', 'boolean'].includes(typeof entry[1]),
    ),
  );
}

/**
 * Makes one message for each target that wants it, in the write that settles the original: none is lost, none comes twice.
 * @returns how many originals were looked at
 */
export async function sortNotices(deps: {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
  readonly targets: readonly Pick<NoticeTarget, 'target' | 'kinds' | 'units'>[];
}): Promise<number> {
  const { store, clock, targets } = deps;
  const rows = await store.read((db) => listUnsorted(db, batch));
  if (rows.length === 0) return 0;
  await store.write(async (db) => {
    const now = clock.now();
    for (const row of rows) {
      // Another node may have been faster.
      if (!(await settleOutbox(db, row.id, now))) continue;
      if (row.createdAt < now - oldestMs) continue;
      const payload = JSON.parse(row.payload) as Payload;
      const holder = payload.accountId == null ? null : await findAccountNames(db, payload.accountId);
      const unitId = payload.unitId ?? holder?.unitId ?? null;
      const unit = unitId === null ? null : ((await findUnits(db, [unitId])).get(unitId) ?? null);
      const above =
        unit === null
          ? []
          : unit.path
              .split('/')
              .filter((id) => id !== '')
              .map(Number);
      const codes = new Set([...(await findUnits(db, above)).values()].map(({ code }) => code));
      for (const { target, kinds, units } of targets) {
        if (!kinds.includes(row.kind)) continue;
        if (units !== null && !units.some((code) => codes.has(code))) continue;
        const message: NoticeMessage = {
          target,
          kind: row.kind,
          about: payload.rule ?? payload.about ?? 'unknown',
          at: payload.at ?? row.createdAt,
          userName: holder?.userName ?? null,
          fullName: holder?.fullName ?? null,
          unit: unit === null ? null : { code: unit.code, name: unit.name },
          facts: factsOf(payload),
        };
        await insertOutbox(db, {
          kind: row.kind,
          payload: JSON.stringify(message),
          createdAt: now,
          deliveredAt: null,
        });
      }
    }
  });
  return rows.length;
}
