// Own requests: made here, followed to the decision, completed when returned, withdrawn while open.
import { Badge, Button, Card, Group, Modal, Stack, Text } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalRequest } from '../../../api/portal.ts';
import { call } from '../../shared/api.ts';
import { Confirm } from '../../shared/confirm.tsx';
import { dateTimeText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useRefresh, useRequests } from '../holder.ts';
import { type AskedKind, RequestForm, requestKinds } from '../request-form.tsx';

const isAsked = (kind: string | undefined): kind is AskedKind =>
  (requestKinds as readonly string[]).includes(kind ?? '');

function One({
  request,
  onWithdraw,
  onComplete,
}: {
  readonly request: PortalRequest;
  readonly onWithdraw: () => void;
  readonly onComplete: () => void;
}) {
  const { t } = useTranslation();
  const { kind, state, terms } = request;
  const isOpen = state === 'open' || state === 'returned';
  return (
    <Card withBorder component="article" aria-label={t(`requests.kind.${kind}`)}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Text fw={600}>{t(`requests.kind.${kind}`)}</Text>
          <Badge variant="default" tt="none">
            {t(`requests.state.${state}`)}
          </Badge>
        </Group>
        <Facts
          facts={[
            ...Object.entries(terms).map(([name, value]) => [t(`requests.field.${name}`), value] as const),
            [t('requests.why'), request.reason],
            ...(request.documentNumber === null
              ? []
              : [[t('term.documentNumber'), request.documentNumber] as const]),
            [t('requests.filedAt'), dateTimeText(request.filedAt)],
            ...(request.isOwn ? [] : [[t('requests.filedBy'), request.filedBy] as const]),
            ...(request.decidedAt === null || state === 'cancelled'
              ? []
              : [[t('requests.decidedAt'), dateTimeText(request.decidedAt)] as const]),
            ...(request.decisionReason === null
              ? []
              : [[t('requests.answer'), request.decisionReason] as const]),
          ]}
        />
        {isOpen && !request.isOwn ? <Text size="sm">{t('requests.notOwn')}</Text> : null}
        {isOpen && request.isOwn ? (
          <Group gap="xs">
            {state === 'returned' && isAsked(kind) ? (
              <Button onClick={onComplete}>{t('requests.complete')}</Button>
            ) : null}
            <Button variant="default" onClick={onWithdraw}>
              {t('requests.withdraw')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Card>
  );
}

export default function Requests() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Readonly<Record<string, string>>;
  const { data, error } = useRequests();
  const [withdrawn, setWithdrawn] = useState<PortalRequest | null>(null);
  const [completed, setCompleted] = useState<PortalRequest | null>(null);
  const kind = completed === null ? search['new'] : completed.kind;
  function close() {
    setCompleted(null);
    void navigate({ to: '/requests', search: {} as never });
    void refresh();
  }
  const old = search['old'];
  return (
    <Page title={t('page.requests')} lead={t('requests.lead')}>
      <Section title={t('requests.make')}>
        <Group gap="xs">
          {requestKinds.map((one) => (
            <Button
              key={one}
              variant="default"
              component={Link}
              to="/requests"
              search={{ new: one } as never}
            >
              {t(`requests.kind.${one}`)}
            </Button>
          ))}
        </Group>
      </Section>
      <Fault error={error} />
      {data === undefined && error === null ? <Waiting /> : null}
      {data?.requests.length === 0 ? <Text c="dimmed">{t('requests.none')}</Text> : null}
      {data?.requests.map((request) => (
        <One
          key={request.id}
          request={request}
          onWithdraw={() => setWithdrawn(request)}
          onComplete={() => setCompleted(request)}
        />
      ))}
      {isAsked(kind) ? (
        <Modal opened onClose={close} title={<Text fw={600}>{t(`requests.kind.${kind}`)}</Text>}>
          <RequestForm
            key={`${kind}-${completed?.id ?? 'new'}`}
            kind={kind}
            {...(completed === null ? {} : { returned: completed })}
            {...(old === undefined ? {} : { initial: { oldAssetTag: old } })}
            onDone={close}
            onCancel={close}
          />
        </Modal>
      ) : null}
      <Confirm
        opened={withdrawn !== null}
        onClose={() => setWithdrawn(null)}
        title={t('requests.withdraw')}
        effect={t('requests.withdrawEffect')}
        act={t('requests.withdraw')}
        onConfirm={async () => {
          await call('POST', `/requests/${withdrawn?.id}/cancel`);
          await refresh();
        }}
      />
    </Page>
  );
}
