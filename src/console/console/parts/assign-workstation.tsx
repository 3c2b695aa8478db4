// Giving an account a workstation: for good, or until a day (lent).
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { type Day, dayOf, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Fault, fieldErrors } from '../../shared/fault.tsx';
import { useAct } from '../../shared/step-up.tsx';
import type { SeenAccount } from '../pages/account.tsx';
import { useDone } from './act-button.tsx';

interface AssignProps {
  readonly seen: SeenAccount;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function AssignWorkstation({ seen: { account, etag }, opened, onClose }: AssignProps) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm<{ assetTag: string; until: Day | null }>({
    initialValues: { assetTag: '', until: null },
  });
  const { assetTag, until } = form.values;

  async function assign() {
    setBusy(true);
    setError(null);
    try {
      await act(() =>
        call('POST', `/accounts/${account.id}/workstations`, {
          body: { assetTag: assetTag.trim(), ...(until === null ? {} : { until: dayText(until) }) },
          etag,
        }),
      );
      form.reset();
      onClose();
      await done(t('account.done'));
    } catch (refused) {
      form.setErrors(fieldErrors(refused, { ASSET: 'assetTag' }));
      setError(refused);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<Text fw={600}>{t('account.assignTitle', { name: account.person.fullName })}</Text>}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void assign();
        }}
      >
        <Stack>
          <TextInput label={t('term.assetTag')} required data-autofocus {...form.getInputProps('assetTag')} />
          <DayInput
            label={t('account.lendUntil')}
            means="until"
            value={until}
            onChange={(day) => form.setFieldValue('until', day)}
            min={dayOf(Date.now())}
          />
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('act.cancel')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={assetTag.trim() === ''}>
              {t(until === null ? 'account.assign' : 'term.temporaryAssignment')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
