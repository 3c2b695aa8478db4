// A lifecycle event that a person enters: on their word, so the brake does not count it.
import { OperatorError } from '../../base/errors.ts';
import { type LifecycleKind, lifecycleDetails } from '../../core/lifecycle.ts';
import { eventFaultTexts } from '../../core/lifecycle-texts.ts';
import type { Language } from '../../core/reason-texts.ts';
import { dateOf } from '../accounts/standing.ts';
import { readOrganisation } from '../administration.ts';
import { getUnit } from '../units.ts';
import { type LifecycleDeps, type Recorded, recordEvents } from './record.ts';

export interface ManualEvent {
  readonly staffCode: string;
  readonly kind: LifecycleKind;
  readonly detail?: string;
  readonly from: string;
  readonly until?: string;
  readonly keepUntil?: string;
  /** Code. */
  readonly unit?: string;
  readonly documentNumber: string;
  readonly language: Language;
}

/**
 * Records one event of somebody known. Entered twice, it is recorded once.
 * @throws OperatorError for a date or unit that is none, or an event that does not fit
 */
export async function enterEvent(
  deps: LifecycleDeps,
  order: ManualEvent,
): Promise<Exclude<Recorded, { outcome: 'refused' }> & { readonly effectiveAt: number }> {
  const { kind, detail = null, language } = order;
  const staffCode = order.staffCode.trim().normalize('NFC');
  const documentNumber = order.documentNumber.trim().normalize('NFC');
  if (documentNumber === '' || documentNumber.length > 100) {
    throw new OperatorError('--document: the number of the decision paper is missing or too long.', {
      at: '--document',
      vi: ['Số, ký hiệu văn bản để trống hoặc quá dài.', 'Nhập như trên văn bản, ví dụ 123/QĐ-TCCB.'],
      remedy: 'Give its number and sign, such as --document 123/QĐ-TCCB.',
    });
  }
  const { timeZone } = await readOrganisation(deps.store);
  const effectiveAt = dateOf(order.from, 'from', timeZone, '--from');
  const until = (text: string | undefined, option: string) =>
    text === undefined ? null : dateOf(text, 'until', timeZone, option);
  const endsAt = until(order.until, '--until');
  const keepUntil = until(order.keepUntil, '--keep-until');
  const unitId = order.unit === undefined ? null : (await getUnit(deps.store, order.unit)).id;
  const content = [kind, detail ?? '', effectiveAt, endsAt ?? '', keepUntil ?? '', unitId ?? ''];
  const [result] = await recordEvents(deps, { kind: 'person', name: 'command-line' }, [
    {
      staffCode,
      kind,
      detail,
      effectiveAt,
      endsAt,
      keepUntil,
      unitId,
      documentNumber,
      sourceKey: [staffCode, documentNumber, ...content].join('|'),
      person: null,
    },
  ]);
  if (result === undefined) throw new Error('an event has no outcome');
  if (result.outcome !== 'refused') return { ...result, effectiveAt };
  const details = lifecycleDetails[kind]?.join(', ');
  throw new OperatorError(eventFaultTexts[result.fault][language], {
    at: 'STAFF-CODE',
    vi: [eventFaultTexts[result.fault].vi, 'Xem lại biến động và quá trình công tác của người này.'],
    remedy:
      details === undefined
        ? 'See "gatewarden lifecycle list --staff-code …" and docs/lifecycle.md.'
        : `With "${kind}" give --detail: ${details}. See docs/lifecycle.md.`,
  });
}
