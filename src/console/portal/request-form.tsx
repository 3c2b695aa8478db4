// What is asked, by kind: the fields, why, and the document if there is one. Also for a request returned to be completed.
import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalRequest } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { type Day, dayText, parseDay } from '../shared/dates.ts';
import { DayInput } from '../shared/day-input.tsx';
import { Fault } from '../shared/fault.tsx';
import { useSubmit } from '../shared/submit.ts';
import { useHome } from './holder.ts';

export const requestKinds = [
  'extension',
  'workstation-register',
  'workstation-replace',
  'workstation-temporary',
  'unlock',
] as const;
export type AskedKind = (typeof requestKinds)[number];

/** The fields of each kind: a day, the own workstation to be replaced, or a text that may be left out. */
const fields: Readonly<Record<AskedKind, readonly (readonly [name: string, isRequired: boolean])[]>> = {
  extension: [['validUntil', true]],
  'workstation-register': [
    ['assetTag', true],
    ['name', false],
    ['hostname', false],
    ['mac', false],
  ],
  'workstation-replace': [
    ['oldAssetTag', true],
    ['assetTag', true],
  ],
  'workstation-temporary': [
    ['assetTag', true],
    ['validFrom', false],
    ['validUntil', true],
  ],
  unlock: [],
};

function dayIn(text: string | undefined): Day | null {
  const parsed = text === undefined ? null : parseDay(text);
  return parsed?.ok === true ? parsed.day : null;
}

export function RequestForm({
  kind,
  returned,
  initial = {},
  onDone,
  onCancel,
}: {
  readonly kind: AskedKind;
  /** Files this one again, completed. */
  readonly returned?: PortalRequest;
  readonly initial?: Readonly<Record<string, string>>;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}) {
  const { t } = useTranslation();
  const { data: home } = useHome();
  const { isBusy, error, run } = useSubmit();
  const [terms, setTerms] = useState<Readonly<Record<string, string>>>(returned?.terms ?? initial);
  const [reason, setReason] = useState(returned?.reason ?? '');
  const [documentNumber, setDocumentNumber] = useState(returned?.documentNumber ?? '');
  const put = (name: string, value: string) => setTerms((now) => ({ ...now, [name]: value }));
  const isMissing = fields[kind].some(([name, isRequired]) => isRequired && (terms[name] ?? '') === '');

  function send(event: FormEvent) {
    event.preventDefault();
    const given = Object.fromEntries(Object.entries(terms).filter(([, value]) => value.trim() !== ''));
    const document = documentNumber.trim() === '' ? {} : { documentNumber: documentNumber.trim() };
    const body = { terms: given, reason: reason.trim(), ...document };
    void run(async () => {
      if (returned === undefined) await call('POST', '/requests', { body: { kind, ...body } });
      else await call('POST', `/requests/${returned.id}/resubmit`, { body });
      onDone();
    });
  }

  function field([name, isRequired]: readonly [string, boolean]) {
    const label = t(`requests.field.${name}`);
    if (name === 'validUntil' || name === 'validFrom') {
      return (
        <DayInput
          key={name}
          label={label}
          required={isRequired}
          means={name === 'validUntil' ? 'until' : 'from'}
          value={dayIn(terms[name])}
          onChange={(day) => put(name, day === null ? '' : dayText(day))}
        />
      );
    }
    if (name === 'oldAssetTag') {
      return (
        <Select
          key={name}
          label={label}
          required
          allowDeselect={false}
          value={terms[name] ?? null}
          onChange={(value) => put(name, value ?? '')}
          data={(home?.workstations ?? []).map((one) => ({
            value: one.assetTag,
            label: `${one.name} (${one.assetTag})`,
          }))}
        />
      );
    }
    return (
      <TextInput
        key={name}
        label={label}
        required={isRequired}
        maxLength={name === 'mac' ? 40 : 64}
        autoComplete="off"
        value={terms[name] ?? ''}
        onChange={(event) => put(name, event.currentTarget.value)}
      />
    );
  }

  return (
    <form onSubmit={send}>
      <Stack>
        <Text>{t(`requests.hint.${kind}`)}</Text>
        {fields[kind].map(field)}
        <Textarea
          label={t('requests.why')}
          required
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <TextInput
          label={t('requests.document')}
          placeholder="123/QĐ-TCCB"
          maxLength={100}
          autoComplete="off"
          value={documentNumber}
          onChange={(event) => setDocumentNumber(event.currentTarget.value)}
        />
        <Fault error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t('act.cancel')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={isMissing || reason.trim() === ''}>
            {t('requests.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
