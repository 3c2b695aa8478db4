// The operator's own affairs: roles held, sessions in other browsers.
import { Badge, List } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { OwnSessions } from '../../../api/session.ts';
import { call } from '../../shared/api.ts';
import { dateTimeText, untilText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Page } from '../../shared/page.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { browserText } from '../parts/browser-text.ts';
import { LinkUsed } from '../parts/link-used.tsx';
import { OidcSection } from '../parts/oidc-section.tsx';
import { PasskeySection } from '../parts/passkey-section.tsx';
import { useSession } from '../session.tsx';

export default function Me() {
  const { t } = useTranslation();
  const { operator, roles } = useSession();
  const { data, error } = useQuery({
    queryKey: ['/me/sessions'],
    queryFn: ({ signal }) => call<OwnSessions>('GET', '/me/sessions', { signal }),
  });
  return (
    <Page title={t('page.me')}>
      <LinkUsed />
      <Section title={t('me.who')}>
        <Facts
          facts={[
            [t('person.fullName'), operator.fullName],
            [t('term.staffCode'), operator.staffCode],
            [t('person.position'), operator.position],
            [t('term.userName'), operator.signInName],
          ]}
        />
      </Section>
      <Section title={t('me.roles')}>
        <List>
          {roles.map(({ role, unit, validUntil, acting, onBehalfOf, documentNumber }) => (
            <List.Item key={`${role} ${unit?.id ?? ''} ${onBehalfOf ?? ''}`}>
              {t(`role.${role}`)} · {unit?.name ?? t('role.everywhere')}
              {acting ? ` · ${t('role.acting')}` : ''}
              {onBehalfOf === null
                ? ''
                : ` · ${t('role.onBehalfOf', { name: onBehalfOf, number: documentNumber })}`}
              {validUntil === null ? '' : ` · ${t('role.until', { date: untilText(validUntil) })}`}
            </List.Item>
          ))}
        </List>
      </Section>
      <PasskeySection />
      <OidcSection />
      <Section title={t('me.sessions')}>
        <RecordTable
          label={t('me.sessions')}
          rows={data?.items}
          error={error}
          idOf={({ id }) => id}
          columns={[
            { key: 'since', title: t('me.since'), cell: ({ createdAt }) => dateTimeText(createdAt) },
            { key: 'address', title: t('me.address'), cell: ({ address }) => address },
            {
              key: 'browser',
              title: t('me.browser'),
              cell: ({ userAgent }) => <span title={userAgent}>{browserText(userAgent)}</span>,
            },
            {
              key: 'act',
              title: '',
              cell: ({ id, isCurrent, address }) =>
                isCurrent ? (
                  <Badge variant="light" tt="none" className="nowrap" miw="max-content">
                    {t('me.current')}
                  </Badge>
                ) : (
                  <ActButton
                    label={t('me.end')}
                    title={t('me.endTitle', { address })}
                    effect={t('me.endEffect')}
                    done={t('me.ended')}
                    size="compact-sm"
                    act={() => call('DELETE', `/me/sessions/${id}`)}
                  />
                ),
            },
          ]}
        />
      </Section>
    </Page>
  );
}
