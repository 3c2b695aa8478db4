// The term of an account: a calendar that knows the policy's limit, and the last access in words.
import { Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { type Day, dayIso, dayOf, dayText, lastDayOf } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import type { SeenAccount } from '../pages/account.tsx';
import { useDone, useOutcome } from './act-button.tsx';

interface SetTermProps {
  readonly seen: SeenAccount;
  readonly opened: boolean;
  readonly onClose: () => void;
}

const dayMs = 86_400_000;

export function SetTerm({ seen: { account, etag }, opened, onClose }: SetTermProps) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const outcome = useOutcome();
  const before = lastDayOf(account.validUntil).day;
  const form = useForm<{ until: Day | null; reason: string }>({
    initialValues: { until: before, reason: '' },
  });
  const { until, reason } = form.values;
  const isLater = until !== null && dayIso(until) > dayIso(before);
  const isChanged = until !== null && dayIso(until) !== dayIso(before);

  async function save() {
    if (until === null) return;
    const answer = await act(() =>
      call('PATCH', `/accounts/${account.id}/term`, {
        body: { validUntil: dayText(until), reason: reason.trim() },
        etag,
      }),
    );
    onClose();
    await done(outcome(answer, t('account.done')));
  }

  return (
    <FormDialog
      opened={opened}
      onClose={onClose}
      title={t('account.termTitle', { name: account.person.fullName })}
      act={t(isLater ? 'term.extension' : 'term.shortenTheTerm')}
      isIncomplete={!isChanged || reason.trim() === ''}
      onSubmit={save}
      onRefused={(refused) => form.setErrors(fieldErrors(refused, { validUntil: 'until' }))}
    >
      <DayInput
        label={t('term.validUntil')}
        means="until"
        required
        value={until}
        onChange={(day) => form.setFieldValue('until', day)}
        min={dayOf(Date.now())}
        max={dayOf(Date.now() + account.longestTermDays * dayMs)}
        error={form.errors['until']}
      />
      <Text size="sm" c="dimmed">
        {t('account.limit', { count: account.longestTermDays })}
      </Text>
      <Textarea
        label={t('term.reason')}
        description={t('account.reasonHint')}
        required
        maxLength={500}
        autosize
        minRows={2}
        {...form.getInputProps('reason')}
      />
    </FormDialog>
  );
}
