// The rules in force, to be read and accepted before the next login.
import { Button, Card, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { call } from '../shared/api.ts';
import { useLanguage } from '../shared/appearance.tsx';
import { Fault } from '../shared/fault.tsx';
import { useSubmit } from '../shared/submit.ts';
import { useRefresh, useRules } from './holder.ts';

export function RulesToAccept() {
  const { t } = useTranslation();
  const language = useLanguage();
  const refresh = useRefresh();
  const rules = useRules();
  const { isBusy, error, run } = useSubmit();
  if (rules.data === undefined) return <Fault error={rules.error} />;
  const { version, textVi, textEn } = rules.data;
  return (
    <Card withBorder>
      <Stack>
        <Text fw={600}>{t('activate.rules')}</Text>
        <Text style={{ whiteSpace: 'pre-line' }}>{language === 'vi' ? textVi : textEn}</Text>
        <Fault error={error} />
        <Button
          loading={isBusy}
          onClick={() =>
            void run(async () => {
              await call('POST', '/rules/accept', { body: { version } });
              await refresh();
            })
          }
        >
          {t('activate.accept')}
        </Button>
      </Stack>
    </Card>
  );
}
