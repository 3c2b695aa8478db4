// Workstations within reach: found by asset tag, registered, lost, retired, in use again; who uses one.
import { Anchor, Button, Group, List, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Workstation, WorkstationItem } from '../../../api/workstations.ts';
import { call, callWithEtag } from '../../shared/api.ts';
import { dateText, untilText } from '../../shared/dates.ts';
import { Facts } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable, Waiting } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

const kinds = ['personal', 'shared', 'spare'] as const;
const states = ['active', 'lost', 'retired'] as const;

function Register({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const [assetTag, setAssetTag] = useState('');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<string>('personal');
  const [unit, setUnit] = useState<string | null>(null);
  async function save() {
    const named = name.trim() === '' ? {} : { name: name.trim() };
    await act(() =>
      call('POST', '/workstations', { body: { assetTag: assetTag.trim(), kind, unit, ...named } }),
    );
    onClose();
    await done(t('machine.saved'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('machine.register')}
      act={t('machine.register')}
      isIncomplete={assetTag.trim() === '' || unit === null}
      onSubmit={save}
    >
      <TextInput
        label={t('term.assetTag')}
        required
        maxLength={64}
        autoComplete="off"
        value={assetTag}
        onChange={(event) => setAssetTag(event.currentTarget.value)}
      />
      <TextInput
        label={t('machine.name')}
        maxLength={100}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('column.kind')}
        required
        allowDeselect={false}
        data={kinds.map((value) => ({ value, label: t(`machine.kind.${value}`) }))}
        value={kind}
        onChange={(value) => setKind(value ?? kind)}
      />
      <Select label={t('term.unit')} required searchable data={units} value={unit} onChange={setUnit} />
    </FormDialog>
  );
}

function Show({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const { data: seen, error } = useQuery({
    queryKey: ['/workstations', id],
    queryFn: ({ signal }) => callWithEtag<Workstation>('GET', `/workstations/${id}`, { signal }),
  });
  const data = seen?.data;
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={<Text fw={600}>{data?.assetTag ?? t('term.workstation')}</Text>}
    >
      <Fault error={error} />
      {data === undefined ? (
        error === null ? (
          <Waiting />
        ) : null
      ) : (
        <Stack>
          <Facts
            facts={[
              [t('machine.name'), data.name],
              [t('column.kind'), t(`machine.kind.${data.kind}`)],
              [t('column.state'), t(`machine.state.${data.state}`)],
              [t('machine.keeper'), data.keeper?.fullName],
              [t('machine.identifiers'), data.identifiers.join(', ')],
            ]}
          />
          <Text fw={600}>{t('machine.users')}</Text>
          {data.users.length === 0 ? <Text c="dimmed">{t('machine.noUsers')}</Text> : null}
          <List size="sm">
            {data.users.map(({ userName, fullName, validFrom, validUntil }) => (
              <List.Item key={`${userName} ${validFrom}`}>
                {fullName} · {userName} · {dateText(validFrom)} –{' '}
                {validUntil === null ? t('machine.lasting') : untilText(validUntil)}
              </List.Item>
            ))}
          </List>
          {can('workstation.revoke') ? (
            <Group gap="xs">
              {states
                .filter((state) => state !== data.state)
                .map((state) => (
                  <ActButton
                    key={state}
                    label={t(`machine.act.${state}`)}
                    title={`${t(`machine.act.${state}`)}: ${data.assetTag}`}
                    effect={t(state === 'active' ? 'machine.activeEffect' : 'machine.goneEffect')}
                    done={t('machine.saved')}
                    reasonLabel=""
                    isDangerous={state !== 'active'}
                    act={(reason) =>
                      call('POST', `/workstations/${id}/state`, { body: { state, reason }, etag: seen?.etag })
                    }
                  />
                ))}
            </Group>
          ) : null}
        </Stack>
      )}
    </Modal>
  );
}

export default function Workstations() {
  const { t } = useTranslation();
  const can = useCan();
  const { values } = useFilters();
  const empty = useEmpty(t('machine.none'));
  const units = useUnitOptions('id');
  const [isRegistering, setRegistering] = useState(false);
  const [shown, setShown] = useState<number | null>(null);
  const { rows, error, more } = useRecords<WorkstationItem>('/workstations', values);
  return (
    <Page
      title={t('page.workstations')}
      lead={t('machine.lead')}
      acts={
        can('workstation.edit') ? (
          <Button onClick={() => setRegistering(true)}>{t('machine.register')}</Button>
        ) : undefined
      }
    >
      <Filters
        page="workstations"
        fields={[
          { name: 'q', label: t('term.assetTag') },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((value) => ({ value, label: t(`machine.state.${value}`) })),
          },
          { name: 'unit', label: t('term.unit'), options: units },
        ]}
      />
      <RecordTable
        label={t('page.workstations')}
        rows={rows}
        error={error}
        empty={empty}
        idOf={({ id }) => id}
        more={more}
        columns={[
          {
            key: 'assetTag',
            title: t('term.assetTag'),
            cell: ({ id, assetTag }) => (
              <Anchor component="button" type="button" onClick={() => setShown(id)}>
                {assetTag}
              </Anchor>
            ),
          },
          { key: 'name', title: t('machine.name'), cell: ({ name }) => name },
          { key: 'kind', title: t('column.kind'), cell: ({ kind }) => t(`machine.kind.${kind}`) },
          { key: 'unit', title: t('term.unit'), cell: ({ unitName }) => unitName },
          { key: 'state', title: t('column.state'), cell: ({ state }) => t(`machine.state.${state}`) },
          { key: 'users', title: t('machine.userCount'), areFigures: true, cell: ({ users }) => users },
        ]}
      />
      {isRegistering ? <Register onClose={() => setRegistering(false)} /> : null}
      {shown === null ? null : <Show id={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}
