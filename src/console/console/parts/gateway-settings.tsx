// What to type at a gateway, and whether it has been heard of: shown by the wizard and by the gateway's own page.
import { Alert, Group, List, Loader, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { GatewayDetail, Profiles } from '../../../api/gateways.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { CopyText } from '../../shared/copy-text.tsx';
import { preciseText } from '../../shared/dates.ts';
import { Facts } from '../../shared/facts.tsx';
import { Icon } from '../../shared/icons.tsx';

/** A gateway as it is now; asked for again and again, so that its first packet shows by itself. */
export function useGateway(name: string) {
  const language = useLanguage();
  return useQuery({
    queryKey: ['/gateways', name, language],
    queryFn: ({ signal }) => call<GatewayDetail>('GET', `/gateways/${encodeURIComponent(name)}`, { signal }),
    refetchInterval: 2_000,
  });
}

export function useProfiles(): Profiles['items'] {
  const language = useLanguage();
  const { data } = useQuery({
    queryKey: ['/gateway-profiles', language],
    queryFn: ({ signal }) => call<Profiles>('GET', '/gateway-profiles', { signal }),
    staleTime: 300_000,
  });
  return data?.items ?? [];
}

interface SettingsProps {
  readonly detail: GatewayDetail;
  /** Known only right after it was made. */
  readonly secret: string | null;
}

export function GatewaySettings({ detail, secret }: SettingsProps) {
  const { t } = useTranslation();
  const profile = useProfiles().find(({ name }) => name === detail.gateway.profile);
  const { radius } = detail;
  const host = window.location.hostname;
  return (
    <>
      <Facts
        columns={2}
        facts={[
          [t('gateways.server'), <CopyText key="server" value={host} label={t('gateways.server')} />],
          [t('gateways.port'), radius.ports.join(', ')],
          [t('gateways.accountingPort'), radius.accountingPorts.join(', ')],
          [
            t('term.sharedSecret'),
            secret === null ? (
              t('gateways.secretHidden')
            ) : (
              <CopyText key="secret" value={secret} label={t('term.sharedSecret')} />
            ),
          ],
          [t('gateways.method'), t('gateways.pap')],
          [t('gateways.timeout'), t('gateways.seconds', { count: radius.leastTimeoutSeconds })],
          [
            t('gateways.code'),
            profile === undefined ? null : t(`gateways.credentials.${profile.credentials}`),
          ],
          [
            t('gateways.disconnect'),
            radius.disconnectPort === null
              ? t('gateways.noDisconnect')
              : t('gateways.disconnectPort', { port: radius.disconnectPort }),
          ],
        ]}
      />
      {profile === undefined ? null : (
        <details>
          <summary>{t('gateways.notes')}</summary>
          <List size="sm" mt="xs">
            {profile.notes.map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
        </details>
      )}
    </>
  );
}

export function FirstPacket({ seen }: { readonly seen: GatewayDetail['seen'] }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-live="polite">
      {seen === null ? (
        <Alert color="blue">
          <Group gap="sm" wrap="nowrap">
            <Loader size="sm" />
            <Text>{t('gateways.waiting')}</Text>
          </Group>
        </Alert>
      ) : (
        <Alert color="green" icon={<Icon name="check" />}>
          {t('gateways.seen', { requests: seen.requests, at: preciseText(seen.lastRequestAt) })}
        </Alert>
      )}
    </div>
  );
}
