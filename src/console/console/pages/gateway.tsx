// One gateway: what to type there, what was seen of it, what the check of its configuration says.
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { Findings } from '../parts/findings.tsx';
import { FirstPacket, GatewaySettings, useGateway } from '../parts/gateway-settings.tsx';
import { HttpsSection } from '../parts/https-settings.tsx';
import { useUnitName } from '../parts/units.ts';

export default function GatewayPage() {
  const { t } = useTranslation();
  const { name } = useParams({ strict: false }) as { name: string };
  const unitName = useUnitName();
  const { data, error } = useGateway(name);
  if (data === undefined) {
    return <Page title={name}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const { gateway, seen, findings } = data;
  return (
    <Page title={gateway.name} lead={gateway.profileTitle}>
      <FirstPacket seen={seen} />
      <Section title={t('gateways.about')}>
        <Facts
          columns={3}
          facts={[
            [
              t('gateways.address'),
              data.http !== null && gateway.address === 'TLS' ? 'HTTPS' : gateway.address,
            ],
            [t('term.unit'), unitName(gateway.unit) ?? t('role.everywhere')],
            [t('term.evidenceLevel'), `${gateway.leastEvidence} · ${t(`term.${gateway.mode}`)}`],
            [t('gateways.unsigned'), seen?.unsigned],
            [t('gateways.withoutWorkstation'), seen?.withoutWorkstation],
            [
              t('page.attempts'),
              <Go key="attempts" to="/attempts" search={{ gateway: gateway.name }}>
                {t('gateways.showAttempts')}
              </Go>,
            ],
          ]}
        />
      </Section>
      {data.http === null ? null : <HttpsSection name={gateway.name} http={data.http} etag={data.etag} />}
      {data.http !== null && gateway.address === 'TLS' ? null : (
        <Section title={t('gateways.typeThere')}>
          <GatewaySettings detail={data} secret={null} />
        </Section>
      )}
      <Section title={t('term.doctor')}>
        <Findings findings={findings} />
      </Section>
    </Page>
  );
}
