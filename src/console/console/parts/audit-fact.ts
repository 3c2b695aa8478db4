// One fact of a record in words. What has no words here keeps the name that it has in the record and in its export.
import type { TFunction } from 'i18next';
import type { AuditRecord } from '../../../api/audit.ts';
import { preciseText } from '../../shared/dates.ts';

/** Epoch milliseconds of this century. */
const instant = /^1\d{12}$/;

function valueText(name: string, value: string, t: TFunction): string {
  if (instant.test(value)) return preciseText(Number(value));
  if (value === 'true') return t('audit.yes');
  if (value === 'false') return t('audit.no');
  if (name === 'password') return t(`attempts.password.${value}`, { defaultValue: value });
  return value;
}

export function auditFactText({ name, value }: AuditRecord['data'][number], t: TFunction): string {
  // What an explanation is filled in with, and what enforcement would have said.
  const short = name.replace(/^(?:observedParameter|parameter)\./, '');
  return `${t(`audit.fact.${short}`, { defaultValue: short })}: ${valueText(short, value, t)}`;
}
