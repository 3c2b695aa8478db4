// A gateway that asks over HTTPS: what to write there, its tokens (a new one beside the former), the certificates it shows.
import { Alert, Button, Code, Group, NumberInput, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayDetail, GatewayTokenMade } from '../../../api/gateways.ts';
import { call } from '../../shared/api.ts';
import { CopyText } from '../../shared/copy-text.tsx';
import { dateText, dateTimeText, untilText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { useCan } from '../session.tsx';
import { ActButton, useDone } from './act-button.tsx';

type Http = NonNullable<GatewayDetail['http']>;

/** What the script of OpenVPN reads; whoever asks otherwise finds address and path in it. */
function settingsFile(port: number): string {
  return [
    `server = https://${window.location.hostname}:${port}`,
    'token-file = /etc/openvpn/gatewarden.token',
  ].join('\n');
}

export function HttpsSettings({ http, token }: { readonly http: Http; readonly token: string | null }) {
  const { t } = useTranslation();
  const { port } = http;
  const address = port === null ? null : `https://${window.location.hostname}:${port}/gateway/v1/decisions`;
  return (
    <Stack>
      {port === null ? <Alert color="red">{t('https.off')}</Alert> : null}
      <Facts
        columns={1}
        facts={[
          [
            t('https.address'),
            address === null ? null : <CopyText key="address" value={address} label={t('https.address')} />,
          ],
          [
            t('https.token'),
            token === null ? (
              t('https.tokenHidden')
            ) : (
              <CopyText key="token" value={token} label={t('https.token')} />
            ),
          ],
          [
            t('https.file'),
            port === null ? null : (
              <Code key="file" block>
                {settingsFile(port)}
              </Code>
            ),
          ],
        ]}
      />
      <Text size="sm" c="dimmed">
        {t('https.fileHint')}
      </Text>
    </Stack>
  );
}

function NewToken({
  name,
  onMade,
  onClose,
}: {
  readonly name: string;
  readonly onMade: (token: string) => void;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [days, setDays] = useState<string | number>(365);
  async function make() {
    const path = `/gateways/${encodeURIComponent(name)}/tokens`;
    const made = await act(() => call<GatewayTokenMade>('POST', path, { body: { days } }));
    onMade(made.token);
    onClose();
    await done(t('https.made'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('https.newTokenTitle', { name })}
      act={t('https.newToken')}
      isIncomplete={typeof days !== 'number'}
      onSubmit={make}
    >
      <Text>{t('https.newTokenText')}</Text>
      <NumberInput
        label={t('https.days')}
        required
        min={1}
        max={366}
        allowDecimal={false}
        value={days}
        onChange={setDays}
      />
    </FormDialog>
  );
}

function SetCertificates({
  name,
  http,
  seenEtag,
  onClose,
}: {
  readonly name: string;
  readonly http: Http;
  readonly seenEtag: string;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  // As it was when the form was opened: what is typed rests on that.
  const [etag] = useState(seenEtag);
  const form = useForm({ initialValues: { pins: http.pins.join('\n'), names: http.names.join('\n') } });
  const listOf = (text: string) =>
    text
      .split(/[\s,]+/)
      .filter((part) => part !== '')
      .join(',');
  async function save() {
    const body = { pins: listOf(form.values.pins), names: listOf(form.values.names) };
    await act(() => call('PUT', `/gateways/${encodeURIComponent(name)}/certificates`, { body, etag }));
    onClose();
    await done(t('https.certificatesSet'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('https.certificatesTitle', { name })}
      act={t('https.setCertificates')}
      onSubmit={save}
      onRefused={(refused) =>
        form.setErrors(fieldErrors(refused, { httpPins: 'pins', httpNames: 'names', GATEWAY: 'pins' }))
      }
    >
      <Text>{t('https.certificatesText')}</Text>
      <Textarea
        label={t('https.pins')}
        description={t('https.pinsHint')}
        autosize
        minRows={2}
        {...form.getInputProps('pins')}
      />
      <Textarea
        label={t('https.names')}
        description={t('https.namesHint')}
        autosize
        minRows={2}
        {...form.getInputProps('names')}
      />
    </FormDialog>
  );
}

/** Tokens and certificates of a gateway, and the acts on them. */
export function HttpsSection({
  name,
  http,
  etag,
}: {
  readonly name: string;
  readonly http: Http;
  readonly etag: string;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const [asking, setAsking] = useState<'token' | 'certificates' | null>(null);
  const [token, setToken] = useState<string | null>(null);
  const mayEdit = can('gateway.edit');
  const close = () => setAsking(null);
  return (
    <Section
      title={t('https.title')}
      acts={
        mayEdit ? (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => setAsking('certificates')}>
              {t('https.setCertificates')}
            </Button>
            <Button size="xs" onClick={() => setAsking('token')}>
              {t('https.newToken')}
            </Button>
          </Group>
        ) : undefined
      }
    >
      <Stack>
        {token === null ? null : <Alert color="orange">{t('https.once')}</Alert>}
        <HttpsSettings http={http} token={token} />
        <Facts
          columns={2}
          facts={[
            [t('https.pins'), http.pins.map((pin) => `${pin.slice(0, 16)}…`).join(', ')],
            [t('https.names'), http.names.join(', ')],
          ]}
        />
        <RecordTable
          label={t('https.tokens')}
          rows={http.tokens}
          empty={t('https.noTokens')}
          idOf={({ id }) => id}
          columns={[
            { key: 'made', title: t('https.createdAt'), cell: ({ createdAt }) => dateText(createdAt) },
            { key: 'until', title: t('term.validUntil'), cell: ({ expiresAt }) => untilText(expiresAt) },
            {
              key: 'used',
              title: t('https.lastUsed'),
              cell: ({ lastUsedAt }) =>
                lastUsedAt === null ? t('gateways.neverSeen') : dateTimeText(lastUsedAt),
            },
            ...(mayEdit
              ? [
                  {
                    key: 'act',
                    title: t('column.act'),
                    cell: ({ id, createdAt }: Http['tokens'][number]) => (
                      <ActButton
                        size="xs"
                        isDangerous
                        label={t('https.revoke')}
                        title={t('https.revokeTitle', { name, date: dateText(createdAt) })}
                        effect={t('https.revokeEffect')}
                        done={t('https.revoked')}
                        act={() => call('DELETE', `/gateways/${encodeURIComponent(name)}/tokens/${id}`)}
                      />
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Stack>
      {asking === 'token' ? <NewToken name={name} onMade={setToken} onClose={close} /> : null}
      {asking === 'certificates' ? (
        <SetCertificates name={name} http={http} seenEtag={etag} onClose={close} />
      ) : null}
    </Section>
  );
}
