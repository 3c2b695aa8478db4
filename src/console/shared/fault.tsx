// Refusals shown where they belong: the fields that were named, and one text for the rest.
import { Alert } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiError } from './api.ts';
import { Icon } from './icons.tsx';

/** One sentence for an error of any kind: the server's own words where it gave some. */
export function faultText(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('fault.broken');
  if (error.status === 0) return t('fault.unreachable');
  if (error.status === 412) return t('fault.changed');
  if (error.status === 429) return error.detail ?? t('fault.tooMany');
  if (error.status >= 500) return t('fault.broken');
  if (error.detail !== null) return error.detail;
  const [first] = error.faults;
  return first?.message ?? (error.title === '' ? t('fault.broken') : error.title);
}

/** The refused fields for a form's `setErrors`, by the names that the form uses. */
export function fieldErrors(
  error: unknown,
  names: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.faults.map(({ field, message }) => [names[field] ?? field.replace(/^\//, ''), message]),
  );
}

export function Fault({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  return (
    <Alert color="red" variant="light" icon={<Icon name="alert" />} role="alert">
      {faultText(error, t)}
    </Alert>
  );
}
