// The organisation file: units, people, papers, machines, accounts and gateways at once; checked first, then applied.
import { Alert, Button, FileInput, Group, List, Progress, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LastOrganisationRun, OrganisationRun } from '../../../api/organisation.ts';
import { call } from '../../shared/api.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { ActButton } from '../parts/act-button.tsx';
import { SampleRemoval } from '../parts/sample-removal.tsx';

function Report({ run }: { readonly run: OrganisationRun }) {
  const { t } = useTranslation();
  const { state, dryRun, counts, faults, warnings, phase, done, total, fileName } = run;
  if (state === 'running') {
    return (
      <Stack gap="xs" role="status">
        <Text>{t(`organisation.phase.${phase}`)}</Text>
        <Progress
          value={total === null || total === 0 ? 100 : (100 * done) / total}
          animated
          aria-label={t('imports.progress')}
        />
      </Stack>
    );
  }
  if (state !== 'done') {
    return (
      <Alert color="red" title={t('organisation.refused', { file: fileName })}>
        <List size="sm">
          {faults.map(({ place, message, remedy }) => (
            <List.Item key={`${place} ${message}`}>
              {place === '' ? null : <b>{place}: </b>}
              {message} {remedy}
            </List.Item>
          ))}
        </List>
      </Alert>
    );
  }
  return (
    <Stack>
      <Alert color={dryRun ? 'blue' : 'green'} title={t(dryRun ? 'imports.dryDone' : 'imports.realDone')}>
        {t(dryRun ? 'imports.dryText' : 'organisation.realText')}
      </Alert>
      <Table aria-label={t('organisation.counts')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('column.kind')}</Table.Th>
            <Table.Th ta="right">{t('organisation.create')}</Table.Th>
            <Table.Th ta="right">{t('organisation.change')}</Table.Th>
            <Table.Th ta="right">{t('organisation.same')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {counts
            .filter(({ create, change, same }) => create + change + same > 0)
            .map(({ kind, create, change, same }) => (
              <Table.Tr key={kind}>
                <Table.Td>{t(`organisation.kind.${kind}`)}</Table.Td>
                <Table.Td ta="right">{create}</Table.Td>
                <Table.Td ta="right">{change}</Table.Td>
                <Table.Td ta="right">{same}</Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
      {warnings.map((warning) => (
        <Alert key={warning} color="orange">
          {warning}
        </Alert>
      ))}
    </Stack>
  );
}

export default function OrganisationPage() {
  const { t } = useTranslation();
  const act = useAct();
  const [file, setFile] = useState<File | null>(null);
  const { isBusy, error, run: submit } = useSubmit();
  const last = useQuery({
    queryKey: ['/organisation/imports/last'],
    queryFn: ({ signal }) => call<LastOrganisationRun>('GET', '/organisation/imports/last', { signal }),
    refetchInterval: ({ state }) => (state.data?.run?.state === 'running' ? 700 : false),
  });
  const run = last.data?.run ?? null;
  const isTried = run?.dryRun === true && run.state === 'done' && run.fileName === file?.name;

  async function start(dryRun: boolean) {
    if (file === null) return;
    await call<OrganisationRun>('POST', '/organisation/imports', {
      query: { fileName: file.name, dryRun },
      body: new Blob([await file.arrayBuffer()], { type: 'application/octet-stream' }),
    });
    await last.refetch();
  }

  return (
    <Page title={t('page.organisation')} lead={t('organisation.lead')}>
      <Section title={t('term.import')}>
        <Stack>
          <FileInput
            label={t('organisation.file')}
            description={t('organisation.fileHint')}
            placeholder={t('imports.choose')}
            accept=".yaml,.yml,.json,.jsonl,.ndjson"
            value={file}
            onChange={setFile}
            clearable
            clearButtonProps={{ 'aria-label': t('act.remove') }}
            maw={480}
          />
          <Fault error={error} />
          <Group>
            <Button
              loading={isBusy}
              disabled={file === null}
              onClick={() => void submit(() => act(() => start(true)))}
            >
              {t('term.dryRun')}
            </Button>
            <ActButton
              label={t('imports.apply')}
              title={t('imports.applyTitle', { file: file?.name ?? '' })}
              effect={t('organisation.applyEffect', {
                create: run?.counts.reduce((sum, { create }) => sum + create, 0) ?? 0,
                change: run?.counts.reduce((sum, { change }) => sum + change, 0) ?? 0,
              })}
              done={t('imports.started')}
              disabled={!isTried}
              act={() => start(false)}
            />
          </Group>
          {run === null ? null : <Report run={run} />}
        </Stack>
      </Section>
      <SampleRemoval />
    </Page>
  );
}
