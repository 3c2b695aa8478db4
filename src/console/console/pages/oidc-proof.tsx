// Where the provider's window ends: it tells the page that waits, and goes.
import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { outcomeInAddress, tellOutcome } from '../parts/oidc.ts';
import { Gate } from './sign-in.tsx';

export default function OidcProof() {
  const { t } = useTranslation();
  const [outcome] = useState(outcomeInAddress);
  useEffect(() => {
    tellOutcome(outcome);
    window.close();
  }, [outcome]);
  return (
    <Gate title={t('term.stepUp')}>
      <Text>
        {outcome === 'done'
          ? t('oidc.proved')
          : t(`oidc.${outcome === null || outcome === 'code' ? 'again' : outcome}`)}
      </Text>
      <Text>{t('oidc.closeWindow')}</Text>
    </Gate>
  );
}
