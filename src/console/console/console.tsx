// The console: who is signed in decides what there is to see.
import { useTranslation } from 'react-i18next';
import { Page } from '../shared/page.tsx';

export function Console() {
  const { t } = useTranslation();
  return <Page title={t('signIn.title')}>{t('app.product')}</Page>;
}
