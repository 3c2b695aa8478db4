// Acts of administrators: who acts, in whose words and dates, and the record that every act leaves in the same write.
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { defaultTimeZone } from '../core/time-zone.ts';
import { appendRecord, appendRecords } from '../store/audit/append.ts';
import { findSettings, settingKeys } from '../store/queries/settings.ts';
import type { RecordDraft, Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';
import type { Keyring } from './secrets/keyring.ts';

/** Whoever acts, and by what way the order came. */
export interface Administrator {
  readonly name: string;
  /** Number of the document by which it is done for somebody else. */
  readonly delegation?: string;
  readonly via: 'command line' | 'console' | 'portal' | 'api' | 'source' | 'job' | 'workstation';
}

export interface AdministrationDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly by: Administrator;
  /** The account's revision that whoever acts has looked at; any other is refused. */
  readonly ifRevision?: number;
  /** Tag of what whoever acts has looked at (seen.ts); anything else is refused. */
  readonly ifSeen?: string;
}

/** What messages and dates need to know of the organisation. */
export interface OrganisationFacts {
  readonly name: string;
  readonly timeZone: string;
  readonly realms: readonly string[];
}

export async function readOrganisation(store: Pick<Store, 'read'>): Promise<OrganisationFacts> {
  const values = await store.read((db) => findSettings(db, Object.values(settingKeys)));
  const realms: unknown = JSON.parse(values.get(settingKeys.realms) ?? '[]');
  return {
    name: values.get(settingKeys.organisationName) ?? '',
    timeZone: values.get(settingKeys.timeZone) ?? defaultTimeZone,
    realms: Array.isArray(realms) ? realms.filter((realm) => typeof realm === 'string') : [],
  };
}

export interface Act {
  /** The verb, e.g. `account.suspend`. */
  readonly verb: string;
  readonly at: number;
  readonly accountId?: number;
  readonly gatewayId?: number;
  readonly detail?: string;
  /** Closed words, numbers, instants, codes of papers and machines. */
  readonly body: RecordDraft['body'];
  /** Names of people, and free text, which may name some. */
  readonly personal?: Readonly<Record<string, string>>;
}

/** Writes the record of an act within the act's own write. */
export function recordAct(
  db: Db,
  by: Administrator,
  act: Act,
): Promise<{ readonly chain: string; readonly seq: number }> {
  return appendRecord(db, draftOfAct(by, act));
}

/** Writes the records of many acts at once, within their write. */
export function recordActs(db: Db, by: Administrator, acts: readonly Act[]): Promise<void> {
  return appendRecords(
    db,
    acts.map((act) => draftOfAct(by, act)),
  );
}

function draftOfAct(by: Administrator, act: Act): RecordDraft {
  return {
    kind: 'administration',
    at: act.at,
    accountId: act.accountId ?? null,
    gatewayId: act.gatewayId ?? null,
    outcome: act.verb,
    reason: null,
    detail: act.detail ?? null,
    lookupCode: null,
    body: {
      ...act.body,
      via: by.via,
      ...(by.delegation === undefined ? {} : { delegation: by.delegation }),
    },
    personal: { ...act.personal, administrator: by.name },
  };
}

const longestReason = 500;

/** The reason for an act, trimmed. @throws OperatorError when it says nothing or is too long */
export function checkReason(reason: string, at = '--reason'): string {
  const trimmed = reason.trim().normalize('NFC');
  if (trimmed === '' || trimmed.length > longestReason || /\p{Cc}/u.test(trimmed)) {
    throw new OperatorError(
      trimmed === '' ? 'A reason is needed.' : `The reason is no line of up to ${longestReason} characters.`,
      {
        at,
        remedy: 'Say in a sentence why, with the number of the paper if there is one.',
        vi: [
          trimmed === '' ? 'Chưa nhập lý do.' : `Lý do dài quá ${longestReason} ký tự hoặc có nhiều dòng.`,
          'Ghi lý do trong một câu, nêu số văn bản nếu có.',
        ],
      },
    );
  }
  return trimmed;
}

/** A line of a form that must be there, white space made one. @throws OperatorError that names the field */
export function checkText(value: string, at: string, longest: number): string {
  const text = value.normalize('NFC').replace(/\s+/g, ' ').trim();
  if (text !== '' && text.length <= longest && !/\p{Cc}/u.test(text)) return text;
  throw new OperatorError(text === '' ? 'It is missing.' : `It is no line of up to ${longest} characters.`, {
    at,
    remedy: 'Write it as on the paper.',
    vi: [
      text === '' ? 'Chưa nhập.' : `Dài quá ${longest} ký tự hoặc có ký tự không hợp lệ.`,
      'Nhập như trên văn bản.',
    ],
  });
}

/** Refuses an order for what stands in the field `at`, saying what is wrong and what to do in both languages. */
export function refuse(
  at: string,
  [message, remedy]: readonly [string, string],
  vi: readonly [string, string],
  fault?: 'not-found' | 'conflict',
): never {
  throw new OperatorError(message, { at, remedy, vi, ...(fault === undefined ? {} : { fault }) });
}

/** For a compare-and-set that lost. */
export function changedMeanwhile(what: string): OperatorError {
  return new OperatorError(`${what} was changed by somebody else at the same moment; nothing was done.`, {
    remedy: 'Look at it again, and repeat the command if it is still wanted.',
    vi: ['Vừa có người khác thay đổi mục này; chưa thực hiện gì.', 'Xem lại rồi làm lại nếu vẫn cần.'],
    fault: 'conflict',
  });
}
