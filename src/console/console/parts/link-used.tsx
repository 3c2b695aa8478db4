// The operator's own notice that a one-time link took the place of password and authenticator.
import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { dateTimeText } from '../../shared/dates.ts';
import { useSession } from '../session.tsx';

export function LinkUsed() {
  const { t } = useTranslation();
  const { linkUsed } = useSession();
  if (linkUsed === null) return null;
  const { at, from, by } = linkUsed;
  return (
    <Alert color="orange" title={t('me.linkUsedTitle')}>
      {t('me.linkUsed', { at: dateTimeText(at), from, by })}
    </Alert>
  );
}
