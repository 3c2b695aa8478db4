// Refusals shown where they belong: the fields that were named, and one text for the rest.
import { Alert } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiError } from './api.ts';
import { Icon } from './icons.tsx';

/** What happened and what to do: the server's own words where it gave some. */
export function faultText(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('fault.broken');
  if (error.status === 0) return t('fault.unreachable');
  const named = error.faults.map(({ message, remedy }) => `${message} ${remedy}`);
  const said = named.length > 0 ? named : [error.detail ?? ''];
  const text = [error.title, ...said].filter((part) => part !== '').join(' ');
  return text === '' ? t('fault.broken') : text;
}

/** The refused fields for a form's `setErrors`, by the names that the form uses. */
export function fieldErrors(
  error: unknown,
  names: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.faults.map(({ field, message, remedy }) => [names[field] ?? field, `${message} ${remedy}`]),
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
