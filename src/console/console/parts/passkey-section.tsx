// The operator's own passkeys: added with a name, removed.
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { dateTimeText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from './act-button.tsx';
import { addPasskey, canUsePasskeys, usePasskeys } from './passkeys.ts';

function Add({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [name, setName] = useState('');
  return (
    <FormDialog
      onClose={onClose}
      title={t('me.addPasskey')}
      act={t('me.addPasskey')}
      isIncomplete={name.trim() === ''}
      onSubmit={async () => {
        await act(() => addPasskey(name.trim()));
        onClose();
        await done(t('me.passkeyAdded'));
      }}
    >
      <TextInput
        label={t('me.passkeyName')}
        description={t('me.passkeyNameHint')}
        required
        maxLength={60}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  );
}

export function PasskeySection() {
  const { t } = useTranslation();
  const [isAdding, setAdding] = useState(false);
  const { data, error } = usePasskeys();
  const isPossible = canUsePasskeys && data?.isPossible !== false;
  return (
    <Section
      title={t('me.passkeys')}
      acts={
        isPossible ? (
          <Button size="xs" variant="default" onClick={() => setAdding(true)}>
            {t('me.addPasskey')}
          </Button>
        ) : undefined
      }
    >
      <Stack gap="xs">
        <Text size="sm">{t('me.passkeysText')}</Text>
        {isPossible ? null : <Text size="sm">{t('me.passkeyByName')}</Text>}
        <RecordTable
          label={t('me.passkeys')}
          rows={data?.items}
          error={error}
          empty={t('me.noPasskey')}
          idOf={({ id }) => id}
          columns={[
            { key: 'name', title: t('me.passkeyName'), cell: ({ name }) => name },
            { key: 'since', title: t('me.passkeySince'), cell: ({ createdAt }) => dateTimeText(createdAt) },
            {
              key: 'used',
              title: t('me.passkeyUsed'),
              cell: ({ lastUsedAt }) => (lastUsedAt === null ? t('tokens.never') : dateTimeText(lastUsedAt)),
            },
            {
              key: 'act',
              title: t('operators.acts'),
              cell: ({ id, name }) => (
                <ActButton
                  size="compact-sm"
                  label={t('me.removePasskey')}
                  title={t('me.removePasskeyTitle', { name })}
                  effect={t('me.removePasskeyEffect')}
                  done={t('me.passkeyRemoved')}
                  isDangerous
                  act={() => call('DELETE', `/me/passkeys/${id}`)}
                />
              ),
            },
          ]}
        />
      </Stack>
      {isAdding ? <Add onClose={() => setAdding(false)} /> : null}
    </Section>
  );
}
