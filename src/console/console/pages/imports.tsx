// Files of personnel events: dry run first, then for good, with progress; the rows left out come back as a table to correct.
import {
  Alert,
  Anchor,
  Button,
  FileInput,
  Group,
  List,
  Progress,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImportRun, ImportRuns, Sources } from '../../../api/lifecycle.ts';
import { call, download } from '../../shared/api.ts';
import { dateTimeText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { useCan } from '../session.tsx';

function useSources() {
  return useQuery({
    queryKey: ['/lifecycle/sources'],
    queryFn: ({ signal }) => call<Sources>('GET', '/lifecycle/sources', { signal }),
  });
}

/** Sources that take files; a first one can be made here. */
function SourceChoice(props: {
  readonly value: string | null;
  readonly onChange: (name: string | null) => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const { data } = useSources();
  const [name, setName] = useState('');
  const { isBusy, error, run } = useSubmit();
  const files = (data?.items ?? []).filter(({ kind }) => kind === 'file');
  if (data !== undefined && files.length === 0) {
    return (
      <Stack gap="xs">
        <Group align="flex-end">
          <TextInput
            label={t('imports.newSource')}
            description={t('imports.newSourceHint')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button
            variant="default"
            loading={isBusy}
            disabled={name.trim() === ''}
            onClick={() =>
              void run(async () => {
                await act(() => call('POST', '/lifecycle/sources', { body: { name: name.trim() } }));
                await done(t('imports.sourceAdded'));
              })
            }
          >
            {t('imports.addSource')}
          </Button>
        </Group>
        <Fault error={error} />
      </Stack>
    );
  }
  return (
    <Select
      label={t('column.source')}
      description={t('imports.sourceHint')}
      data={files.map((source) => source.name)}
      value={props.value}
      onChange={props.onChange}
      required
      maw={420}
    />
  );
}

function Report({ run }: { readonly run: ImportRun }) {
  const { t } = useTranslation();
  const { report, fault, state, done, total, dryRun } = run;
  if (state === 'running') {
    return (
      <Stack gap="xs" role="status">
        <Text>{t('imports.running', { done, total })}</Text>
        <Progress
          value={total === 0 ? 0 : (100 * done) / total}
          aria-label={t('imports.progress')}
          animated
        />
      </Stack>
    );
  }
  if (fault !== null || report === null) {
    return <Alert color="red">{fault ?? t('fault.broken')}</Alert>;
  }
  return (
    <Stack>
      <Alert color={dryRun ? 'blue' : 'green'} title={t(dryRun ? 'imports.dryDone' : 'imports.realDone')}>
        {t(dryRun ? 'imports.dryText' : 'imports.realText')}
      </Alert>
      <Facts
        columns={3}
        facts={[
          [t('imports.rows'), report.rows],
          [t('imports.applied'), report.applied],
          [t('imports.scheduled'), report.scheduled],
          [t('term.heldBack'), report.held],
          [t('imports.same'), report.same],
          [t('term.rejectedRows'), report.rejectedCount],
        ]}
      />
      {report.ignoredColumns.length === 0 ? null : (
        <Text size="sm">{t('imports.ignored', { columns: report.ignoredColumns.join(', ') })}</Text>
      )}
      {report.rejected.length === 0 ? null : (
        <>
          <List size="sm">
            {report.rejected.map(({ line, text }) => (
              <List.Item key={line}>{t('imports.line', { line, text })}</List.Item>
            ))}
          </List>
          <Anchor
            component="button"
            type="button"
            onClick={() => void download(`/lifecycle/imports/${run.id}/rejected`, 'rejected-rows.csv')}
          >
            {t('imports.download')}
          </Anchor>
        </>
      )}
    </Stack>
  );
}

export default function Imports() {
  const { t } = useTranslation();
  const can = useCan();
  const act = useAct();
  const [file, setFile] = useState<File | null>(null);
  const [source, setSource] = useState<string | null>(null);
  const [runId, setRunId] = useState<string | null>(null);
  const { isBusy, error, run: submit } = useSubmit();
  const runs = useQuery({
    queryKey: ['/lifecycle/imports'],
    queryFn: ({ signal }) => call<ImportRuns>('GET', '/lifecycle/imports', { signal }),
    refetchInterval: ({ state }) => (state.data?.items.some((run) => run.state === 'running') ? 700 : false),
  });
  const run = runs.data?.items.find(({ id }) => id === runId);

  async function start(dryRun: boolean) {
    if (file === null || source === null) return;
    const started = await call<ImportRun>('POST', '/lifecycle/imports', {
      query: { source, dryRun },
      body: new Blob([await file.arrayBuffer()], { type: 'text/csv' }),
    });
    setRunId(started.id);
    await runs.refetch();
  }

  const isTried = run?.dryRun === true && run.state === 'done';
  return (
    <Page title={t('page.imports')} lead={t('imports.lead')}>
      {can('import.run') ? (
        <Section title={t('term.import')}>
          <Stack>
            <SourceChoice value={source} onChange={setSource} />
            <FileInput
              label={t('imports.file')}
              description={t('imports.fileHint')}
              placeholder={t('imports.choose')}
              accept=".csv,text/csv"
              value={file}
              onChange={(chosen) => {
                setFile(chosen);
                setRunId(null);
              }}
              clearable
              clearButtonProps={{ 'aria-label': t('act.remove') }}
              maw={420}
            />
            <Fault error={error} />
            <Group>
              <Button
                loading={isBusy}
                disabled={file === null || source === null}
                onClick={() => void submit(() => act(() => start(true)))}
              >
                {t('term.dryRun')}
              </Button>
              <ActButton
                label={t('imports.apply')}
                title={t('imports.applyTitle', { file: file?.name ?? '' })}
                effect={t('imports.applyEffect', {
                  rows: (run?.report?.applied ?? 0) + (run?.report?.scheduled ?? 0),
                  rejected: run?.report?.rejectedCount ?? 0,
                })}
                done={t('imports.started')}
                disabled={!isTried}
                act={() => start(false)}
              />
            </Group>
            {run === undefined ? null : <Report run={run} />}
          </Stack>
        </Section>
      ) : null}
      <Section title={t('imports.runs')}>
        <RecordTable
          label={t('imports.runs')}
          rows={runs.data?.items}
          error={runs.error}
          empty={t('imports.none')}
          idOf={({ id }) => id}
          columns={[
            { key: 'at', title: t('column.at'), cell: ({ startedAt }) => dateTimeText(startedAt) },
            { key: 'source', title: t('column.source'), cell: (one) => one.source },
            { key: 'by', title: t('column.by'), cell: ({ by }) => by },
            {
              key: 'kind',
              title: t('column.kind'),
              cell: ({ dryRun }) => t(dryRun ? 'imports.isDry' : 'imports.isReal'),
            },
            {
              key: 'result',
              title: t('column.outcome'),
              cell: ({ report, state }) =>
                report === null
                  ? t(`imports.state.${state}`)
                  : t('imports.result', { rows: report.rows, rejected: report.rejectedCount }),
            },
            {
              key: 'show',
              title: '',
              cell: ({ id }) => (
                <Button size="compact-sm" variant="subtle" onClick={() => setRunId(id)}>
                  {t('imports.show')}
                </Button>
              ),
            },
          ]}
        />
        {can('import.run') || run === undefined ? null : <Report run={run} />}
      </Section>
    </Page>
  );
}
