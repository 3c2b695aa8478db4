// Hardware tokens: the stock by serial number, seeds from a file, hand-over, synchronisation, replacement, loss.
import { Alert, Button, Checkbox, FileInput, Group, List, Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HardwareTokenItem, TokenImport } from '../../../api/hardware-tokens.ts';
import { call } from '../../shared/api.ts';
import { dateText } from '../../shared/dates.ts';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { AccountChooser, type ChoosableAccount } from '../parts/account-chooser.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

const states = ['stock', 'assigned', 'lost', 'retired'] as const;
const goneStates = ['lost', 'retired', 'stock'] as const;

function Import({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const [file, setFile] = useState<File | null>(null);
  const [unit, setUnit] = useState<string | null>(null);
  const [secret, setSecret] = useState('');
  const [isKey, setKey] = useState(false);
  const [trial, setTrial] = useState<TokenImport | null>(null);

  async function send(dryRun: boolean) {
    const typed = secret.trim();
    const body = {
      file: (await file?.text()) ?? '',
      dryRun,
      ...(unit === null ? {} : { unit }),
      ...(typed === '' ? {} : isKey ? { key: typed.replaceAll(/\s/g, '') } : { passphrase: typed }),
    };
    return act(() => call<TokenImport>('POST', '/hardware-tokens/import', { body }));
  }

  async function submit() {
    if (trial === null) {
      setTrial(await send(true));
      return;
    }
    const { added } = await send(false);
    onClose();
    await done(t('stock.imported', { count: added }));
  }

  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('stock.import')}
      act={trial === null ? t('stock.try') : t('stock.import')}
      isIncomplete={file === null || trial?.added === 0}
      onSubmit={submit}
    >
      <FileInput
        label={t('stock.file')}
        description={t('stock.fileHint')}
        required
        accept=".xml,.pskc,.csv,.txt"
        value={file}
        onChange={(value) => {
          setFile(value);
          setTrial(null);
        }}
      />
      <TextInput
        label={t('stock.secret')}
        description={t('stock.secretHint')}
        type="password"
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <Checkbox
        label={t('stock.isKey')}
        checked={isKey}
        onChange={(event) => setKey(event.currentTarget.checked)}
      />
      <Select label={t('term.unit')} clearable searchable data={units} value={unit} onChange={setUnit} />
      {trial === null ? null : (
        <Alert variant="default" title={t('stock.trial', { count: trial.added })}>
          <List size="sm">
            {trial.refused.slice(0, 20).map(({ serialNumber, place, why }) => (
              <List.Item key={`${serialNumber} ${place}`}>
                {serialNumber ?? t(`stock.place.${trial.format}`, { place })}: {why}
              </List.Item>
            ))}
          </List>
          {trial.refused.length > 20 ? (
            <Text size="sm">{t('stock.moreRefused', { count: trial.refused.length - 20 })}</Text>
          ) : null}
          {trial.remarks.map((remark) => (
            <Text key={remark} size="sm" fw={600}>
              {remark}
            </Text>
          ))}
        </Alert>
      )}
    </FormDialog>
  );
}

function HandOver({ token, onClose }: { readonly token: HardwareTokenItem; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [account, setAccount] = useState<ChoosableAccount | null>(null);
  const [replace, setReplace] = useState(false);
  async function save() {
    const body = { user: account?.userName ?? '', replace };
    await act(() => call('POST', `/hardware-tokens/${token.id}/hand-over`, { body, etag: token.etag }));
    onClose();
    await done(t('stock.saved'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('stock.handOverTitle', { serial: token.serialNumber })}
      act={t('stock.handOver')}
      isIncomplete={account === null}
      onSubmit={save}
    >
      <AccountChooser label={t('stock.toAccount')} required value={account} onChange={setAccount} />
      <Checkbox
        label={t('stock.replaceAll')}
        checked={replace}
        onChange={(event) => setReplace(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}

function Synchronise({
  token,
  onClose,
}: {
  readonly token: HardwareTokenItem;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  async function save() {
    const body = { first: first.trim(), second: second.trim() };
    await act(() => call('POST', `/hardware-tokens/${token.id}/synchronise`, { body }));
    onClose();
    await done(t('stock.synchronised'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('stock.synchroniseTitle', { serial: token.serialNumber })}
      act={t('stock.synchronise')}
      isIncomplete={first.trim().length < 6 || second.trim().length < 6}
      onSubmit={save}
    >
      <Text size="sm">{t('stock.synchroniseHint')}</Text>
      <TextInput
        label={t('stock.first')}
        inputMode="numeric"
        autoComplete="off"
        required
        value={first}
        onChange={(event) => setFirst(event.currentTarget.value)}
      />
      <TextInput
        label={t('stock.second')}
        inputMode="numeric"
        autoComplete="off"
        required
        value={second}
        onChange={(event) => setSecond(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function Replace({ token, onClose }: { readonly token: HardwareTokenItem; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [serialNumber, setSerialNumber] = useState('');
  const [formerIs, setFormerIs] = useState<string>('lost');
  const [reason, setReason] = useState('');
  async function save() {
    const body = { serialNumber: serialNumber.trim(), formerIs, reason: reason.trim() };
    await act(() => call('POST', `/hardware-tokens/${token.id}/replace`, { body, etag: token.etag }));
    onClose();
    await done(t('stock.saved'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('stock.replaceTitle', { serial: token.serialNumber })}
      act={t('stock.replace')}
      isIncomplete={serialNumber.trim() === '' || reason.trim() === ''}
      onSubmit={save}
    >
      <TextInput
        label={t('stock.newSerial')}
        required
        autoComplete="off"
        value={serialNumber}
        onChange={(event) => setSerialNumber(event.currentTarget.value)}
      />
      <Select
        label={t('stock.formerIs')}
        allowDeselect={false}
        data={goneStates.map((value) => ({ value, label: t(`stock.state.${value}`) }))}
        value={formerIs}
        onChange={(value) => setFormerIs(value ?? formerIs)}
      />
      <TextInput
        label={t('stock.reason')}
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

type Open = { readonly what: 'hand-over' | 'synchronise' | 'replace'; readonly token: HardwareTokenItem };

function Acts({
  token,
  onOpen,
}: {
  readonly token: HardwareTokenItem;
  readonly onOpen: (open: Open) => void;
}) {
  const { t } = useTranslation();
  const isHeld = token.state === 'assigned';
  const button = (what: Open['what'], label: string) => (
    <Button size="compact-sm" variant="default" onClick={() => onOpen({ what, token })}>
      {label}
    </Button>
  );
  return (
    <Group gap="xs">
      {token.state === 'stock' ? button('hand-over', t('stock.handOver')) : null}
      {isHeld ? button('synchronise', t('stock.synchronise')) : null}
      {isHeld ? button('replace', t('stock.replace')) : null}
      {goneStates
        .filter((state) => state !== token.state)
        .map((state) => (
          <ActButton
            key={state}
            size="compact-sm"
            label={t(`stock.act.${state}`)}
            title={`${t(`stock.act.${state}`)}: ${token.serialNumber}`}
            effect={t(isHeld ? 'stock.goneEffect' : 'stock.stateEffect')}
            done={t('stock.saved')}
            reasonLabel=""
            isDangerous={isHeld}
            act={(reason) =>
              call('POST', `/hardware-tokens/${token.id}/state`, {
                body: { state, reason },
                etag: token.etag,
              })
            }
          />
        ))}
    </Group>
  );
}

export default function HardwareTokens() {
  const { t } = useTranslation();
  const can = useCan();
  const { values } = useFilters();
  const empty = useEmpty(t('stock.none'));
  const [isImporting, setImporting] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const { rows, error, more } = useRecords<HardwareTokenItem>('/hardware-tokens', values);
  const mayHandOut = can('account.reset-authenticator');
  const close = () => setOpen(null);
  return (
    <Page
      title={t('page.hardwareTokens')}
      lead={t('stock.lead')}
      acts={
        can('token-stock.edit') ? (
          <Button onClick={() => setImporting(true)}>{t('stock.import')}</Button>
        ) : undefined
      }
    >
      <Filters
        page="hardware-tokens"
        fields={[
          { name: 'q', label: t('stock.serial') },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((value) => ({ value, label: t(`stock.state.${value}`) })),
          },
        ]}
      />
      <RecordTable
        label={t('page.hardwareTokens')}
        rows={rows}
        error={error}
        empty={empty}
        idOf={({ id }) => id}
        more={more}
        columns={[
          {
            key: 'serial',
            title: t('stock.serial'),
            cell: ({ serialNumber, model }) => (
              <>
                {serialNumber}
                <Text size="xs" c="dimmed">
                  {model}
                </Text>
              </>
            ),
          },
          {
            key: 'kind',
            title: t('column.kind'),
            cell: ({ mode, digits, periodSeconds }) =>
              mode === 'totp'
                ? t('stock.byClock', { digits, seconds: periodSeconds })
                : t('stock.byCount', { digits }),
          },
          { key: 'state', title: t('column.state'), cell: ({ state }) => t(`stock.state.${state}`) },
          {
            key: 'holder',
            title: t('stock.holder'),
            cell: ({ fullName, userName, handedOverAt, unitName }) =>
              userName === null ? (
                (unitName ?? '–')
              ) : (
                <>
                  {fullName}
                  <Text size="xs" c="dimmed">
                    {[userName, handedOverAt === null ? '' : dateText(handedOverAt)].join(' · ')}
                  </Text>
                </>
              ),
          },
          ...(mayHandOut
            ? [
                {
                  key: 'acts',
                  title: t('operators.acts'),
                  cell: (token: HardwareTokenItem) => <Acts token={token} onOpen={setOpen} />,
                },
              ]
            : []),
        ]}
      />
      {isImporting ? <Import onClose={() => setImporting(false)} /> : null}
      {open?.what === 'hand-over' ? <HandOver token={open.token} onClose={close} /> : null}
      {open?.what === 'synchronise' ? <Synchronise token={open.token} onClose={close} /> : null}
      {open?.what === 'replace' ? <Replace token={open.token} onClose={close} /> : null}
    </Page>
  );
}
