// The operator's own link to the organisation's account: made, and taken away.
import { Alert, Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProviderAddress } from '../../../api/oidc.ts';
import { call } from '../../shared/api.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { useSession } from '../session.tsx';
import { ActButton } from './act-button.tsx';
import { outcomeInAddress } from './oidc.ts';

export function OidcSection() {
  const { t } = useTranslation();
  const { oidc } = useSession();
  const act = useAct();
  const { isBusy, error, run } = useSubmit();
  const [outcome] = useState(outcomeInAddress);
  if (oidc === null) return null;
  const { isLinked, mayLink } = oidc;
  const link = () =>
    run(async () => {
      const { url } = await act(() => call<ProviderAddress>('POST', '/me/oidc'));
      window.location.assign(url);
    });
  return (
    <Section
      title={t('oidc.account')}
      acts={
        mayLink && !isLinked ? (
          <Button size="xs" variant="default" loading={isBusy} onClick={() => void link()}>
            {t('oidc.link')}
          </Button>
        ) : undefined
      }
    >
      <Stack gap="xs" align="flex-start">
        {outcome === null || outcome === 'code' ? null : (
          <Alert color={outcome === 'done' ? 'teal' : 'red'} variant="light" role="alert">
            {t(outcome === 'done' ? 'oidc.linkedNow' : `oidc.${outcome}`)}
          </Alert>
        )}
        <Text size="sm">{t(isLinked ? 'oidc.linked' : mayLink ? 'oidc.notLinked' : 'oidc.linksItself')}</Text>
        <Fault error={error} />
        {mayLink && isLinked ? (
          <ActButton
            size="compact-sm"
            label={t('oidc.unlink')}
            title={t('oidc.unlinkTitle')}
            effect={t('oidc.unlinkEffect')}
            done={t('oidc.unlinked')}
            isDangerous
            act={() => call('DELETE', '/me/oidc')}
          />
        ) : null}
      </Stack>
    </Section>
  );
}
