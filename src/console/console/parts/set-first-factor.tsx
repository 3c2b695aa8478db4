// Who checks the password of one account: this broker, an upstream by its name, or whoever the policy says.
import { Button, Select, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import type { SeenAccount } from '../pages/account.tsx';
import { useDone } from './act-button.tsx';

const choices = ['policy', 'own', 'upstream'] as const;
type Choice = (typeof choices)[number];

function choiceOf(firstFactor: string | null): Choice {
  if (firstFactor === null) return 'policy';
  return firstFactor === 'own' ? 'own' : 'upstream';
}

export function SetFirstFactor({ seen }: { readonly seen: SeenAccount }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<SeenAccount | null>(null);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(seen)}>
        {t('account.setFirstFactor')}
      </Button>
      {opened === null ? null : <Form seen={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

function Form({
  seen: { account, etag },
  onClose,
}: {
  readonly seen: SeenAccount;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const before = choiceOf(account.firstFactor);
  const [choice, setChoice] = useState<Choice>(before);
  const [name, setName] = useState(before === 'upstream' ? (account.firstFactor ?? '') : '');
  const [reason, setReason] = useState('');
  const wanted = choice === 'policy' ? null : choice === 'own' ? 'own' : name.trim();
  async function save() {
    const body = { firstFactor: wanted, reason: reason.trim() };
    await act(() => call('PUT', `/accounts/${account.id}/first-factor`, { body, etag }));
    onClose();
    await done(t('account.done'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('account.setFirstFactorTitle', { name: account.person.fullName })}
      act={t('act.save')}
      isIncomplete={wanted === account.firstFactor || wanted === '' || reason.trim() === ''}
      onSubmit={save}
    >
      <Text size="sm">{t('account.setFirstFactorEffect')}</Text>
      <Select
        label={t('policies.field.firstFactor')}
        allowDeselect={false}
        data={choices.map((value) => ({ value, label: t(`account.firstFactor.${value}`) }))}
        value={choice}
        onChange={(value) => setChoice(choices.find((one) => one === value) ?? choice)}
      />
      {choice === 'upstream' ? (
        <TextInput
          label={t('account.upstreamName')}
          description={t('account.upstreamNameHint')}
          required
          maxLength={63}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      ) : null}
      <Textarea
        label={t('term.reason')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
