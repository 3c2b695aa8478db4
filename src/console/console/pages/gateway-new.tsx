// The wizard for a new gateway: which product, where it asks from, what to type there, and its first packet.
import { Alert, Button, Group, List, Select, Stack, Stepper, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GatewayAdded } from '../../../api/gateways.ts';
import { call } from '../../shared/api.ts';
import { Fault, fieldErrors } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Waiting } from '../../shared/table.tsx';
import { FirstPacket, GatewaySettings, useGateway, useProfiles } from '../parts/gateway-settings.tsx';
import { HttpsSettings } from '../parts/https-settings.tsx';
import { useUnitOptions } from '../parts/units.ts';

function TypeThere({ added }: { readonly added: GatewayAdded }) {
  const { t } = useTranslation();
  const { data, error } = useGateway(added.name);
  if (data === undefined) return error === null ? <Waiting /> : <Fault error={error} />;
  return (
    <Stack>
      {added.secret === null ? null : <Alert color="orange">{t('gateways.secretOnce')}</Alert>}
      {added.token === null || data.http === null ? null : (
        <>
          <Alert color="orange">{t('https.once')}</Alert>
          <HttpsSettings http={data.http} token={added.token.token} />
        </>
      )}
      {added.token !== null && added.secret === null ? null : (
        <GatewaySettings detail={data} secret={added.secret} />
      )}
      <FirstPacket seen={data.seen} />
      {data.seen === null ? null : (
        <Text>
          <Go to={`/gateways/${added.name}`}>{t('gateways.toPage')}</Go>
        </Text>
      )}
    </Stack>
  );
}

interface Typed {
  profile: string;
  name: string;
  address: string;
  nasIdentifier: string;
  pin: string;
  unit: string | null;
}

export default function GatewayNew() {
  const { t } = useTranslation();
  const act = useAct();
  const profiles = useProfiles();
  const units = useUnitOptions();
  const [step, setStep] = useState(0);
  const [added, setAdded] = useState<GatewayAdded | null>(null);
  const form = useForm<Typed>({
    initialValues: { profile: '', name: '', address: '', nasIdentifier: '', pin: '', unit: null },
  });
  const { isBusy, error, run } = useSubmit((refused) =>
    form.setErrors(fieldErrors(refused, { gateway: 'name', client: 'name', httpPins: 'pin' })),
  );
  const profile = profiles.find(({ name }) => name === form.values.profile);

  const isOverHttps = profile?.http === true;

  async function add({ profile: product, name, address, nasIdentifier, pin, unit }: Typed) {
    const answer = await act(() =>
      call<GatewayAdded>('POST', '/gateways', {
        body: {
          profile: product,
          name: name.trim(),
          ...(address.trim() === '' ? {} : { address: address.trim() }),
          ...(pin.trim() === '' || profile?.http !== true ? {} : { certificates: { pins: pin.trim() } }),
          ...(nasIdentifier.trim() === '' ? {} : { nasIdentifier: nasIdentifier.trim() }),
          ...(unit === null ? {} : { unit }),
        },
      }),
    );
    setAdded(answer);
    setStep(2);
  }

  return (
    <Page title={t('gateways.add')} lead={t('gateways.addLead')}>
      <Stepper active={step} allowNextStepsSelect={false} onStepClick={(to) => added === null && setStep(to)}>
        <Stepper.Step label={t('gateways.product')}>
          <Stack maw={560} mt="md">
            <Select
              label={t('gateways.product')}
              description={t('gateways.productHint')}
              data={profiles.map(({ name, title }) => ({ value: name, label: title }))}
              searchable
              required
              {...form.getInputProps('profile')}
            />
            {profile === undefined ? null : (
              <List size="sm">
                <List.Item>{t('gateways.carries', { level: profile.evidence })}</List.Item>
                {profile.http ? <List.Item>{t('https.asks')}</List.Item> : null}
                <List.Item>{t(`gateways.credentials.${profile.credentials}`)}</List.Item>
                <List.Item>{t(profile.disconnects ? 'gateways.cuts' : 'gateways.cutsNot')}</List.Item>
              </List>
            )}
            <Group>
              <Button disabled={profile === undefined} onClick={() => setStep(1)}>
                {t('act.continue')}
              </Button>
            </Group>
          </Stack>
        </Stepper.Step>
        <Stepper.Step label={t('gateways.where')}>
          <form onSubmit={form.onSubmit((typed) => void run(() => add(typed)))}>
            <Stack maw={560} mt="md">
              <TextInput
                label={t('column.name')}
                description={t('gateways.nameHint')}
                required
                {...form.getInputProps('name')}
              />
              <TextInput
                label={t('gateways.address')}
                description={t(isOverHttps ? 'https.addressHint' : 'gateways.addressHint')}
                placeholder="192.0.2.10"
                required={!isOverHttps}
                {...form.getInputProps('address')}
              />
              {isOverHttps ? (
                <TextInput
                  label={t('https.pins')}
                  description={t('https.pinHint')}
                  autoComplete="off"
                  {...form.getInputProps('pin')}
                />
              ) : null}
              <TextInput
                label="NAS-Identifier"
                description={t('gateways.nasHint')}
                {...form.getInputProps('nasIdentifier')}
              />
              <Select
                label={t('term.unit')}
                description={t('gateways.unitHint')}
                data={units}
                searchable
                clearable
                {...form.getInputProps('unit')}
              />
              <Fault error={error} />
              <Group>
                <Button variant="default" onClick={() => setStep(0)}>
                  {t('act.back')}
                </Button>
                <Button type="submit" loading={isBusy}>
                  {t(isOverHttps && form.values.address.trim() === '' ? 'https.create' : 'gateways.create')}
                </Button>
              </Group>
            </Stack>
          </form>
        </Stepper.Step>
        <Stepper.Step label={t('gateways.typeThere')}>
          {added === null ? null : <TypeThere added={added} />}
        </Stepper.Step>
      </Stepper>
    </Page>
  );
}
