// The roll-out: how far each unit has got, slips printed and handed over, the file of who is missing.
import { Alert, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Rollout, RolloutPeople } from '../../../api/slips.ts';
import { call, download } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { numberText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { Filters, useFilters } from '../parts/filters.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

type Unit = Rollout['units'][number];
type Person = RolloutPeople['items'][number];

const states = ['not-printed', 'printed', 'handed-over', 'activated', 'logged-in'] as const;

/** A file asked for by a button; what was refused is shown by the button's page. */
function useDownload(): {
  readonly error: unknown;
  readonly fetchFile: (path: string, name: string, unit?: string) => void;
} {
  const act = useAct();
  const { error, run } = useSubmit();
  return {
    error,
    fetchFile: (path, name, unit) => void run(() => act(() => download(path, name, { query: { unit } }))),
  };
}

function PersonActs({ person, portalUrl }: { readonly person: Person; readonly portalUrl: string }) {
  const { t } = useTranslation();
  const { accountId, fullName, state, slip } = person;
  const at = `/accounts/${accountId}/slip`;
  return (
    <Group gap="xs">
      {state === 'printed' ? (
        <ActButton
          size="compact-sm"
          label={t('rollout.handOver')}
          title={t('rollout.handOverTitle', { name: fullName })}
          effect={t('rollout.handOverEffect')}
          done={t('rollout.handedOver')}
          act={() => call('POST', `${at}/hand-over`, { body: {}, etag: slip?.etag })}
        />
      ) : null}
      <ActButton
        size="compact-sm"
        label={t(state === 'not-printed' ? 'rollout.print' : 'rollout.reprint')}
        title={t('rollout.printTitle', { name: fullName })}
        effect={t('rollout.printEffect', { url: portalUrl })}
        done={t('rollout.printed')}
        act={() => download(at, 'phieu-kich-hoat.pdf', { method: 'POST' })}
      />
    </Group>
  );
}

function People({ unit, state, portalUrl }: { unit: string; state: string; portalUrl: string }) {
  const { t } = useTranslation();
  const can = useCan();
  const { data, error } = useQuery({
    queryKey: ['/rollout/people', unit, state],
    queryFn: ({ signal }) =>
      call<RolloutPeople>('GET', '/rollout/people', { query: { unit, state }, signal }),
  });
  return (
    <Section title={t('rollout.people')}>
      {data?.isCapped === true ? (
        <Text size="sm" mb="xs">
          {t('rollout.capped', { count: data.items.length })}
        </Text>
      ) : null}
      <RecordTable
        label={t('rollout.people')}
        rows={data?.items}
        error={error}
        empty={t('rollout.nobody')}
        idOf={({ accountId }) => accountId}
        columns={[
          {
            key: 'name',
            title: t('column.holder'),
            cell: (row: Person) => <Go to={`/accounts/${row.accountId}`}>{row.fullName}</Go>,
          },
          { key: 'userName', title: t('term.userName'), cell: ({ userName }) => userName },
          { key: 'staffCode', title: t('term.staffCode'), cell: ({ staffCode }) => staffCode },
          { key: 'unit', title: t('term.unit'), cell: ({ unitName }) => unitName },
          { key: 'state', title: t('column.state'), cell: (row) => t(`rollout.state.${row.state}`) },
          ...(can('account.print-slip')
            ? [
                {
                  key: 'acts',
                  title: t('rollout.slip'),
                  cell: (row: Person) => <PersonActs person={row} portalUrl={portalUrl} />,
                },
              ]
            : []),
        ]}
      />
    </Section>
  );
}

export default function RolloutPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const can = useCan();
  const { values } = useFilters();
  const { error: refused, fetchFile } = useDownload();
  const options = useUnitOptions('id');
  const { data, error } = useQuery({
    queryKey: ['/rollout'],
    queryFn: ({ signal }) => call<Rollout>('GET', '/rollout', { signal }),
  });
  const { unit = '', state = '' } = values;
  const name = options.find(({ value }) => value === unit)?.label.trim() ?? '';
  const portalUrl = data?.portalUrl ?? '';
  const print = () =>
    download('/slips', 'phieu-kich-hoat.pdf', { method: 'POST', body: { unit: Number(unit) } });
  return (
    <Page
      title={t('page.rollout')}
      lead={t('rollout.lead')}
      acts={
        <Button
          variant="default"
          onClick={() => fetchFile('/rollout/missing', 'chua-dang-nhap.csv', unit === '' ? undefined : unit)}
        >
          {t('rollout.missing')}
        </Button>
      }
    >
      <Fault error={refused} />
      <Filters
        page="rollout"
        fields={[
          { name: 'unit', label: t('term.unit'), options },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((one) => ({ value: one, label: t(`rollout.state.${one}`) })),
          },
        ]}
      />
      {unit === '' ? (
        <RecordTable
          label={t('page.rollout')}
          rows={data?.units}
          error={error}
          empty={<Go to="/organisation">{t('rollout.none')}</Go>}
          idOf={({ unitId }) => unitId}
          columns={[
            {
              key: 'unit',
              title: t('term.unit'),
              cell: (row: Unit) => (
                <Go to="/rollout" search={{ unit: String(row.unitId) }}>
                  {row.unitName}
                </Go>
              ),
            },
            ...states.map((one) => ({
              key: one,
              title: t(`rollout.state.${one}`),
              areFigures: true,
              cell: (row: Unit) => numberText(row.counts[one], language),
            })),
            {
              key: 'total',
              title: t('rollout.total'),
              areFigures: true,
              cell: ({ total }) => numberText(total, language),
            },
          ]}
        />
      ) : (
        <>
          {can('account.print-slip') ? (
            <Alert variant="default" title={name}>
              <Text mb="sm">{t('rollout.address', { url: portalUrl })}</Text>
              <Group gap="xs">
                <ActButton
                  variant="filled"
                  label={t('rollout.printAll')}
                  title={t('rollout.printAllTitle', { name })}
                  effect={t('rollout.printAllEffect', { url: portalUrl })}
                  done={t('rollout.printed')}
                  act={print}
                />
                <Button
                  variant="default"
                  onClick={() => fetchFile('/slips/hand-over-list', 'danh-sach-ky-nhan.pdf', unit)}
                >
                  {t('rollout.handOverList')}
                </Button>
              </Group>
            </Alert>
          ) : null}
          <People unit={unit} state={state} portalUrl={portalUrl} />
        </>
      )}
    </Page>
  );
}
