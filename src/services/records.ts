// Records explained to the help desk: what was decided, why, and who does what next.
import { OperatorError } from '../base/errors.ts';
import { actText } from '../core/act-texts.ts';
import {
  type Explanation,
  type ExplanationParameters,
  explain,
  explainAccepted,
  explainUndecided,
} from '../core/explain.ts';
import { hoursOfDayInWords } from '../core/hours.ts';
import type { Language } from '../core/reason-texts.ts';
import { isDetail, isReason, type Reason, type UndecidedCause, undecidedCauses } from '../core/reasons.ts';
import { readBody, readPersonal } from '../store/audit/record.ts';
import { findHolder } from '../store/queries/account-details.ts';
import { findAccountById } from '../store/queries/accounts.ts';
import {
  type DecisionFilter,
  type DecisionRow,
  findDecision,
  listDecisionPage,
} from '../store/queries/decision-list.ts';
import { findGatewayDetails } from '../store/queries/gateway-changes.ts';
import { listRecordPage } from '../store/queries/record-list.ts';
import {
  findRecord,
  findRecordByLookupCode,
  listDecisionsOfAccount,
  type RecordRow,
} from '../store/queries/records.ts';
import type { UnitsWithin } from '../store/queries/within.ts';
import type { RecordDraft, Store } from '../store/store.ts';
import { getAccount } from './accounts/account.ts';
import { type PageOf, pageOf, readCursor } from './page.ts';
import { requestParameters } from './request-parameters.ts';
import type { Settings } from './settings/settings.ts';

/** One record as the help desk sees it. */
export interface ExplainedRecord {
  /** `chain:seq`. */
  readonly record: string;
  readonly at: number;
  readonly kind: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly lookupCode: string | null;
  /** Title, explanation, and what to do; `next` is empty when nothing is to be done. */
  readonly explanation: Explanation;
  /** In observe mode: what enforcement would have said. */
  readonly observed: Explanation | null;
  readonly gateway: string | null;
  /** E0 to E3. */
  readonly evidence: string | null;
  /** right, wrong, not-checked, not-required. */
  readonly password: string | null;
  /** Instant at which an accepted session ends. */
  readonly until: number | null;
  readonly data: RecordDraft['body'];
  /** Names, addresses, machines; null when they were erased or there were none. */
  readonly personal: Readonly<Record<string, string>> | null;
}

interface ExplainDeps {
  readonly store: Pick<Store, 'read'>;
  readonly settings: Settings;
  readonly language: Language;
}

/**
 * The record of a lookup code (also spelt `xxxx-xxxx`) or of a place `chain:seq`.
 * @throws OperatorError when it is neither, or there is no such record
 */
export async function explainRecord(deps: ExplainDeps, reference: string): Promise<ExplainedRecord> {
  return explainRow(deps, await getRecord(deps.store, reference));
}

/** The newest decisions about an account, newest first. @throws OperatorError when there is no such account */
export async function explainDecisionsOf(
  deps: ExplainDeps & { readonly store: Store },
  query: { readonly user: string; readonly last: number },
): Promise<ExplainedRecord[]> {
  const account = await getAccount(deps.store, query.user, deps.settings.current().realms);
  const rows = await deps.store.read((db) => listDecisionsOfAccount(db, account.id, query.last));
  return Promise.all(rows.map((row) => explainRow(deps, row)));
}

/** One decision in a list, with whose it is. */
export interface ListedDecision {
  readonly explained: ExplainedRecord;
  readonly accountId: number | null;
  readonly userName: string | null;
  readonly fullName: string | null;
  readonly unitName: string | null;
  readonly gateway: string | null;
}

/** Decisions page by page, the newest first. @throws OperatorError for a gateway that is not there, or a cursor of another list */
export async function listDecisions(
  deps: ExplainDeps,
  query: Omit<DecisionFilter, 'after' | 'gatewayId'> & {
    readonly gateway: string | null;
    readonly cursor: string | undefined;
  },
): Promise<PageOf<ListedDecision>> {
  const { gateway: name, cursor, limit, ...filter } = query;
  const place = readCursor(cursor, ['number', 'string', 'number']);
  const rows = await deps.store.read(async (db) => {
    const gateway = name === null ? null : await findGatewayDetails(db, name);
    if (name !== null && gateway === null) return [];
    const [at, chain, seq] = place ?? [];
    return listDecisionPage(db, {
      ...filter,
      gatewayId: gateway?.id ?? null,
      after: place === null ? null : { at: Number(at), chain: String(chain), seq: Number(seq) },
      limit: limit + 1,
    });
  });
  const { items, next } = pageOf(rows, limit, (row) => [row.at, row.chain, row.seq]);
  return { items: await Promise.all(items.map((row) => listed(deps, row))), next };
}

async function listed(deps: ExplainDeps, row: DecisionRow): Promise<ListedDecision> {
  const explained = await explainRow(deps, row);
  const { accountId, fullName, unitName, gateway } = row;
  const userName = row.userName ?? explained.personal?.['userName'] ?? null;
  return { explained, accountId, userName, fullName, unitName, gateway };
}

/**
 * One decision by its place or its lookup code, if its account lies within the units given.
 * @throws OperatorError when there is no such record there
 */
export async function showDecision(
  deps: ExplainDeps,
  reference: string,
  within: UnitsWithin,
): Promise<ListedDecision> {
  const { chain, seq } = await getRecord(deps.store, reference);
  const row = await deps.store.read((db) => findDecision(db, chain, seq, within));
  if (row !== null) return listed(deps, row);
  throw new OperatorError(`There is no record of ${reference}.`, {
    at: 'id',
    vi: ['Không có bản ghi này.', 'Bản ghi không tồn tại, hoặc nằm ngoài phạm vi quản lý.'],
    remedy: 'It does not exist, or lies outside the units that you look after.',
  });
}

/** Everything that is recorded of an account, page by page, the newest first. @throws OperatorError for a cursor of another list */
export async function tellStory(
  deps: ExplainDeps,
  query: { readonly accountId: number; readonly cursor: string | undefined; readonly limit: number },
): Promise<PageOf<ExplainedRecord>> {
  const { accountId, limit } = query;
  const place = readCursor(query.cursor, ['number', 'string', 'number']);
  const [at, chain, seq] = place ?? [];
  const rows = await deps.store.read((db) =>
    listRecordPage(db, {
      kind: null,
      outcome: null,
      accountId,
      since: null,
      before: null,
      after: place === null ? null : { at: Number(at), chain: String(chain), seq: Number(seq) },
      limit: limit + 1,
    }),
  );
  const { items, next } = pageOf(rows, limit, (row) => [row.at, row.chain, row.seq]);
  return { items: await Promise.all(items.map((row) => explainRow(deps, row))), next };
}

async function getRecord(store: Pick<Store, 'read'>, reference: string): Promise<RecordRow> {
  const text = reference.trim();
  const place = /^([0-9a-f]{32}):([1-9][0-9]{0,15})$/i.exec(text);
  const code = text.replaceAll(/[\s-]/g, '').toUpperCase();
  if (place === null && !/^[23456789A-HJ-NP-Z]{8}$/.test(code)) {
    throw new OperatorError(`${JSON.stringify(text.slice(0, 80))} is no lookup code and no record.`, {
      at: 'CODE',
      vi: ['Không phải mã tra cứu.', 'Nhập mã do người dùng đọc, ví dụ K7WM-3PXA; mã không có 0, 1, I, O.'],
      remedy:
        'Give the code that the holder read out (such as K7WM-3PXA; it has no 0, 1, I or O), or CHAIN:SEQ.',
    });
  }
  const row = await store.read((db) =>
    place === null
      ? findRecordByLookupCode(db, code)
      : findRecord(db, (place[1] ?? '').toLowerCase(), Number(place[2])),
  );
  if (row !== null) return row;
  throw new OperatorError(`There is no record of ${text}.`, {
    at: 'CODE',
    vi: ['Không có bản ghi nào với mã này.', 'Hỏi lại mã từng chữ, hoặc xem trang của tài khoản.'],
    remedy:
      'Ask for the code once more, letter by letter; or look at the account ("gatewarden explain --account USER").',
  });
}

/** Explains a record that was read. */
async function explainRow(deps: ExplainDeps, row: RecordRow): Promise<ExplainedRecord> {
  const data = readBody(row.body)?.body ?? {};
  const text = (key: string) => {
    const value = data[key];
    return typeof value === 'string' ? value : null;
  };
  const personal = personalOf(row);
  const until = data['until'];
  return {
    record: `${row.chain}:${row.seq}`,
    at: row.at,
    kind: row.kind,
    outcome: row.outcome,
    reason: row.reason,
    detail: row.detail,
    lookupCode: row.lookupCode,
    ...(await explanationOf(deps, row, data, personal)),
    gateway: text('gateway'),
    evidence: text('evidence'),
    // Of a name that nobody has no password can be right: it was hashed for the sake of time alone.
    password: row.reason === 'account-unknown' ? null : text('password'),
    until: typeof until === 'number' ? until : null,
    data,
    personal,
  };
}

type Personal = ExplainedRecord['personal'];

function personalOf(row: RecordRow): Personal {
  const fields = row.personal === null ? null : readPersonal(row.personal);
  return fields === null
    ? null
    : Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value]));
}

const plain = (title: string): Explanation => ({ title, explanation: '', next: [] });

async function explanationOf(
  deps: ExplainDeps,
  row: RecordRow,
  data: RecordDraft['body'],
  personal: Personal,
): Promise<Pick<ExplainedRecord, 'explanation' | 'observed'>> {
  const { language } = deps;
  const because = async (prefix: string, reason: string | null, detail: string | null) =>
    reason === null || !isReason(reason)
      ? null
      : explain(
          reason,
          detail !== null && isDetail(reason, detail) ? detail : null,
          await parametersOf(deps, row, data, prefix, reason, personal ?? {}),
          language,
          deps.settings.current().timeZone,
        );
  if (row.kind === 'undecided') {
    const cause = undecidedCauses.find((known) => known === row.reason || known === row.outcome);
    return { explanation: plain(undecidedText(cause, language)), observed: null };
  }
  if (row.kind !== 'decision') return { explanation: plain(actText(row.outcome, language)), observed: null };
  if (row.outcome === 'accept') {
    const observedReason = data['observedReason'];
    const observedDetail = data['observedDetail'];
    const reason = typeof observedReason === 'string' && isReason(observedReason) ? observedReason : null;
    return {
      explanation: plain(explainAccepted(reason, language)),
      observed: await because(
        'observedParameter.',
        reason,
        typeof observedDetail === 'string' ? observedDetail : null,
      ),
    };
  }
  const denied = await because('parameter.', row.reason, row.detail);
  return { explanation: denied ?? plain(challengeTexts[language]), observed: null };
}

function undecidedText(cause: UndecidedCause | undefined, language: Language): string {
  return explainUndecided(cause ?? 'store-unavailable', language);
}

const challengeTexts: Readonly<Record<Language, string>> = {
  vi: 'Đã hỏi mã xác thực',
  en: 'The code was asked for',
};

/** Values of the placeholders, as the record has them; the hours are those of the policy and calendar now in force. */
async function parametersOf(
  { store, settings, language }: ExplainDeps,
  row: RecordRow,
  data: RecordDraft['body'],
  prefix: string,
  reason: Reason,
  personal: Readonly<Record<string, string>>,
): Promise<ExplanationParameters> {
  const parameters: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(data)) {
    if (key.startsWith(prefix) && (typeof value === 'string' || typeof value === 'number')) {
      parameters[key.slice(prefix.length)] = value;
    }
  }
  Object.assign(parameters, requestParameters(reason, data, personal, settings.current().realms, language));
  const { accountId, gatewayId } = row;
  if (reason === 'outside-hours' && accountId !== null && gatewayId !== null) {
    const unitIds = await store.read(async (db) => {
      const account = await findAccountById(db, accountId);
      return account === null ? [] : (await findHolder(db, account.personId)).unitIds;
    });
    const { hours, calendar } = settings.current().policyFor(unitIds, gatewayId);
    if (hours !== null) parameters['hours'] = hoursOfDayInWords(hours, calendar, row.at, language);
  }
  return parameters;
}
