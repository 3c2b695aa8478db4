// Giving an account a workstation: for good, or until a day (lent).
import { Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { type Day, dayOf, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import type { SeenAccount } from '../pages/account.tsx';
import { useDone, useOutcome } from './act-button.tsx';

interface AssignProps {
  readonly seen: SeenAccount;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function AssignWorkstation({ seen: { account, etag }, opened, onClose }: AssignProps) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const outcome = useOutcome();
  const form = useForm<{ assetTag: string; until: Day | null; reason: string }>({
    initialValues: { assetTag: '', until: null, reason: '' },
  });
  const { assetTag, until, reason } = form.values;

  async function assign() {
    const answer = await act(() =>
      call('POST', `/accounts/${account.id}/workstations`, {
        body: {
          assetTag: assetTag.trim(),
          ...(until === null ? {} : { until: dayText(until) }),
          ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        },
        etag,
      }),
    );
    form.reset();
    onClose();
    await done(outcome(answer, t('account.done')));
  }

  return (
    <FormDialog
      opened={opened}
      onClose={onClose}
      title={t('account.assignTitle', { name: account.person.fullName })}
      act={t(until === null ? 'account.assign' : 'term.temporaryAssignment')}
      isIncomplete={assetTag.trim() === ''}
      onSubmit={assign}
      onRefused={(refused) => form.setErrors(fieldErrors(refused, { ASSET: 'assetTag' }))}
    >
      <TextInput label={t('term.assetTag')} required data-autofocus {...form.getInputProps('assetTag')} />
      <DayInput
        label={t('account.lendUntil')}
        means="until"
        value={until}
        onChange={(day) => form.setFieldValue('until', day)}
        min={dayOf(Date.now())}
      />
      <Textarea
        label={t('term.reason')}
        description={t('account.assignReasonHint')}
        maxLength={500}
        autosize
        minRows={2}
        {...form.getInputProps('reason')}
      />
    </FormDialog>
  );
}
