// One scope's policy: what is in force there, its own fields, what a change would have denied, and who changed what.
import { Alert, Button, Group, List, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Policy, PolicyPreview, PolicyVersion } from '../../../api/policies.ts';
import { type Answer, call, callWithEtag } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateText, dateTimeText } from '../../shared/dates.ts';
import { type Fact, Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Waiting } from '../../shared/table.tsx';
import { useDone } from '../parts/act-button.tsx';
import { type Layer, PolicyFields, usePolicyText } from '../parts/policy-fields.tsx';
import { useCan } from '../session.tsx';

type Seen = Answer<Policy>;

/** Fields of a layer one by one, those inside `lockout` too. */
function fieldsOf(layer: Layer): readonly (readonly [string, unknown])[] {
  const { lockout, ...rest } = layer;
  const inner = Object.entries((lockout ?? {}) as Layer);
  return [...Object.entries(rest), ...inner];
}

function Preview({ preview }: { readonly preview: PolicyPreview }) {
  const { t } = useTranslation();
  const since = dateText(preview.since);
  if (preview.denied.length === 0) {
    return <Alert color="green">{t('policies.deniesNothing', { logins: preview.logins, since })}</Alert>;
  }
  return (
    <Alert color="orange" title={t('policies.denies', { logins: preview.logins, since })} role="status">
      <List size="sm">
        {preview.denied.map(({ reason, title, logins, accounts, named }) => (
          <List.Item key={reason}>
            {t('policies.deniedBy', { title, logins, accounts })}
            <Text size="xs" c="dimmed">
              {named
                .map(({ fullName, userName, unitName }) => `${fullName} (${userName}, ${unitName})`)
                .join('; ')}
            </Text>
          </List.Item>
        ))}
      </List>
      {preview.isCapped ? <Text size="sm">{t('policies.capped', { count: preview.logins })}</Text> : null}
    </Alert>
  );
}

function Change({ seen, onClose }: { readonly seen: Seen; readonly onClose: () => void }) {
  // As it was when the form was opened: what is typed rests on that.
  const [{ data, etag }] = useState(seen);
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [layer, setLayer] = useState<Layer>(data.layer);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState<{ readonly layer: Layer; readonly preview: PolicyPreview } | null>(null);
  const { isBusy, error, run } = useSubmit();
  const at = `/policies/${data.scope}`;
  const preview = tried?.layer === layer ? tried.preview : null;
  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('policies.changeTitle', { name: data.name === '' ? t('role.everywhere') : data.name })}
      act={t('policies.change')}
      isIncomplete={reason.trim() === '' || layer === data.layer}
      onSubmit={async () => {
        await act(() => call('PUT', at, { body: { layer, reason: reason.trim() }, etag }));
        onClose();
        await done(t('policies.saved'));
      }}
    >
      <Text size="sm" c="dimmed">
        {t('policies.emptyMeans')}
      </Text>
      <PolicyFields kind={data.kind} layer={layer} inForce={data.inForce} onChange={setLayer} />
      <Textarea
        label={t('term.reason')}
        description={t('account.reasonHint')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group>
        <Button
          variant="default"
          loading={isBusy}
          onClick={() =>
            void run(async () => {
              const found = await act(() =>
                call<PolicyPreview>('POST', `${at}/preview`, { body: { layer, days: 14 } }),
              );
              setTried({ layer, preview: found });
            })
          }
        >
          {t('policies.preview')}
        </Button>
      </Group>
      <Fault error={error} />
      {preview === null ? null : <Preview preview={preview} />}
    </FormDialog>
  );
}

function History({ scope }: { readonly scope: string }) {
  const { t } = useTranslation();
  const text = usePolicyText();
  const { rows, error, more } = useRecords<PolicyVersion>(`/policies/${scope}/history`, {});
  const shown = (field: string, json: string | null) =>
    text(field, json === null ? undefined : (JSON.parse(json) as unknown));
  if (error !== null) return <Fault error={error} />;
  if (rows === undefined) return <Waiting />;
  if (rows.length === 0) return <Text c="dimmed">{t('policies.noHistory')}</Text>;
  return (
    <Stack>
      {rows.map(({ id, at, by, reason, changes }) => (
        <div key={id}>
          <Text fw={600}>
            {dateTimeText(at)} · {by}
          </Text>
          {reason === null ? null : (
            <Text size="sm" c="dimmed">
              {reason}
            </Text>
          )}
          <List size="sm">
            {changes.map(({ field, before, after }) => {
              const name = field.replace(/^lockout\./, '');
              return (
                <List.Item key={field}>
                  {t(`policies.field.${name}`)}: <del>{shown(name, before)}</del> →{' '}
                  <ins>{shown(name, after)}</ins>
                </List.Item>
              );
            })}
          </List>
        </div>
      ))}
      {more.hasMore ? (
        <Group>
          <Button variant="default" loading={more.isLoading} onClick={more.load}>
            {t('list.more')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}

export default function PolicyPage() {
  const { t } = useTranslation();
  const can = useCan();
  const language = useLanguage();
  const text = usePolicyText();
  const { scope } = useParams({ strict: false }) as { scope: string };
  const [isChanging, setChanging] = useState(false);
  const { data: seen, error } = useQuery({
    queryKey: ['/policies', scope, language],
    queryFn: ({ signal }) => callWithEtag<Policy>('GET', `/policies/${scope}`, { signal }),
  });
  if (seen === undefined) {
    return <Page title={t('page.policy')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const { data } = seen;
  const own = new Map(fieldsOf(data.layer));
  const facts = fieldsOf(data.inForce)
    .filter(([field]) => data.kind !== 'unit' || field !== 'gatewayUnits')
    .map(
      ([field, value]): Fact => [
        t(`policies.field.${field}`),
        own.has(field) ? <strong key={field}>{text(field, value)}</strong> : text(field, value),
      ],
    );
  return (
    <Page
      title={data.name === '' ? t('policies.ofOrganisation') : t('policies.of', { name: data.name })}
      lead={<Go to="/policies">{t('page.policies')}</Go>}
      acts={
        can('policy.edit') ? (
          <Button onClick={() => setChanging(true)}>{t('policies.change')}</Button>
        ) : undefined
      }
    >
      <Section title={t('policies.inForce')}>
        <Text size="sm" c="dimmed" mb="sm">
          {t('policies.bold')}
        </Text>
        <Facts columns={3} facts={facts} />
      </Section>
      <Section title={t('policies.history')}>
        <History scope={data.scope} />
      </Section>
      {isChanging ? <Change seen={seen} onClose={() => setChanging(false)} /> : null}
    </Page>
  );
}
