// The invented organisation of the trial: what would go, what stands in the way, and the one act that takes it out.
import { Alert, Button, List, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Checklist } from '../../../api/overview.ts';
import type { Sample } from '../../../api/sample.ts';
import { call } from '../../shared/api.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useCan } from '../session.tsx';
import { useDone } from './act-button.tsx';

/** Whether what the console shows is invented. */
export function useIsSample(): boolean {
  const { data } = useQuery({
    queryKey: ['/checklist'],
    queryFn: ({ signal }) => call<Checklist>('GET', '/checklist', { signal }),
  });
  return data?.isSample === true;
}

function Remove({ counts, onClose }: { readonly counts: Sample['counts']; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [organisationName, setOrganisationName] = useState('');
  const [unitCode, setUnitCode] = useState('');
  const [unitName, setUnitName] = useState('');
  const [reason, setReason] = useState('');
  const typed = { organisationName, unitCode, unitName, reason };
  return (
    <FormDialog
      onClose={onClose}
      title={t('sample.removeTitle', { people: counts.people, accounts: counts.accounts })}
      act={t('sample.remove')}
      isDangerous
      isIncomplete={Object.values(typed).some((text) => text.trim() === '')}
      onSubmit={async () => {
        await act(() => call('POST', '/sample/remove', { body: typed }));
        onClose();
        await done(t('sample.removed'));
      }}
    >
      <Text>{t('sample.removeEffect')}</Text>
      <TextInput
        label={t('sample.organisationName')}
        required
        maxLength={200}
        value={organisationName}
        onChange={(event) => setOrganisationName(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label={t('sample.unitName')}
        description={t('sample.unitHint')}
        required
        maxLength={200}
        value={unitName}
        onChange={(event) => setUnitName(event.currentTarget.value)}
      />
      <TextInput
        label={t('enrol.unitCode')}
        description={t('enrol.unitCodeHint')}
        required
        maxLength={64}
        value={unitCode}
        onChange={(event) => setUnitCode(event.currentTarget.value)}
      />
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

export function SampleRemoval() {
  const { t } = useTranslation();
  const can = useCan();
  const isSample = useIsSample();
  const [isRemoving, setRemoving] = useState(false);
  const { data } = useQuery({
    queryKey: ['/sample'],
    queryFn: ({ signal }) => call<Sample>('GET', '/sample', { signal }),
    enabled: isSample && can('sample.remove'),
  });
  if (!isSample || !can('sample.remove')) return null;
  return (
    <Section
      title={t('sample.title')}
      acts={
        <Button
          variant="outline"
          color="red"
          disabled={data === undefined || data.hits.length > 0}
          onClick={() => setRemoving(true)}
        >
          {t('sample.remove')}
        </Button>
      }
    >
      {data === undefined ? (
        <Waiting lines={2} />
      ) : (
        <Stack>
          <Text>{t('sample.text')}</Text>
          <Facts
            columns={3}
            facts={[
              [t('term.person'), data.counts.people],
              [t('page.accounts'), data.counts.accounts],
              [t('page.workstations'), data.counts.workstations],
              [t('term.assignment'), data.counts.assignments],
              [t('page.gateways'), data.counts.gateways],
              [t('term.unit'), data.counts.units],
            ]}
          />
          {data.hits.length === 0 ? null : (
            <Alert color="orange" title={t('sample.blocked')}>
              <List size="sm">
                {data.hits.map(({ kind, name }) => (
                  <List.Item key={`${kind} ${name}`}>
                    {t(`sample.kind.${kind}`)}: {name}
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
        </Stack>
      )}
      {isRemoving && data !== undefined ? (
        <Remove counts={data.counts} onClose={() => setRemoving(false)} />
      ) : null}
    </Section>
  );
}
