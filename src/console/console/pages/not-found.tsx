// An address that no page has.
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t('notFound.title')}>
      <Text>{t('notFound.text')}</Text>
      <Go to="/">{t('notFound.back')}</Go>
    </Page>
  );
}
