// Operators of the console: who they are, their dated roles, one-time links; nobody changes their own.
import { Alert, Button, Checkbox, Group, Select, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperatorLinkAnswer, Operators, WaitingOrderAnswer } from '../../../api/operators.ts';
import { call } from '../../shared/api.ts';
import { CopyText } from '../../shared/copy-text.tsx';
import { type Day, dateTimeText, dayText, untilText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { type ChoosablePerson, PersonChooser } from '../../shared/person-chooser.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { OperatorOrdersSection } from '../parts/operator-orders.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan, useSession } from '../session.tsx';

type Operator = Operators['items'][number];
type Role = Operator['roles'][number];

/** A link, an order that waits for another administrator, or a role that was given at once. */
type Made = OperatorLinkAnswer | WaitingOrderAnswer | { readonly id: number };

/** Where a role may count: the whole organisation, a unit, or either. */
const scopes = {
  'unit-administrator': 'unit',
  'head-of-unit': 'unit',
  'help-desk': 'either',
  duty: 'either',
  auditor: 'either',
  'central-administrator': 'organisation',
} as const;
type RoleName = keyof typeof scopes;
const roleNames = Object.keys(scopes) as RoleName[];

/** Adds an operator, or a role to one that is given. */
function AddRole({
  operator,
  onClose,
  onMade,
}: {
  readonly operator: Operator | null;
  readonly onClose: () => void;
  readonly onMade: (made: Made) => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const [person, setPerson] = useState<ChoosablePerson | null>(null);
  const [signInName, setSignInName] = useState('');
  const [role, setRole] = useState<RoleName>('unit-administrator');
  const [unit, setUnit] = useState<string | null>(null);
  const [from, setFrom] = useState<Day | null>(null);
  const [until, setUntil] = useState<Day | null>(null);
  const [isActing, setActing] = useState(false);
  const [documentNumber, setDocumentNumber] = useState('');
  const scope = scopes[role];
  const isMissing =
    (operator === null && (person === null || signInName.trim() === '')) ||
    (scope === 'unit' && unit === null);

  async function save() {
    const order = {
      role,
      ...(scope === 'organisation' || unit === null ? {} : { unit }),
      ...(from === null ? {} : { from: dayText(from) }),
      ...(until === null ? {} : { until: dayText(until) }),
      ...(isActing && role === 'head-of-unit' ? { acting: true } : {}),
      ...(documentNumber.trim() === '' ? {} : { documentNumber: documentNumber.trim() }),
    };
    if (operator === null) {
      const body = { staffCode: person?.staffCode, signInName: signInName.trim(), ...order };
      onMade(await act(() => call<Made>('POST', '/operators', { body })));
    } else {
      onMade(
        await act(() =>
          call<Made>('POST', `/operators/${operator.id}/roles`, { body: order, etag: operator.etag }),
        ),
      );
    }
    onClose();
    await done(t('operators.saved'));
  }

  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={operator === null ? t('operators.add') : t('operators.addRoleTo', { name: operator.fullName })}
      act={t('act.save')}
      isIncomplete={isMissing}
      onSubmit={save}
    >
      {operator === null ? (
        <>
          <PersonChooser label={t('term.person')} required value={person} onChange={setPerson} />
          <TextInput
            label={t('term.userName')}
            required
            maxLength={64}
            autoComplete="off"
            value={signInName}
            onChange={(event) => setSignInName(event.currentTarget.value)}
          />
        </>
      ) : null}
      <Select
        label={t('operators.role')}
        required
        allowDeselect={false}
        data={roleNames.map((name) => ({ value: name, label: t(`role.${name}`) }))}
        value={role}
        onChange={(value) => setRole((value ?? role) as RoleName)}
      />
      {scope === 'organisation' ? null : (
        <Select
          label={t('term.unit')}
          description={scope === 'either' ? t('operators.everywhereHint') : undefined}
          required={scope === 'unit'}
          clearable={scope === 'either'}
          searchable
          data={units}
          value={unit}
          onChange={setUnit}
        />
      )}
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('operators.from')} means="from" value={from} onChange={setFrom} />
        <DayInput label={t('operators.until')} means="until" value={until} onChange={setUntil} />
      </Group>
      {role === 'head-of-unit' ? (
        <Checkbox
          label={t('role.acting')}
          checked={isActing}
          onChange={(event) => setActing(event.currentTarget.checked)}
        />
      ) : null}
      <TextInput
        label={t('term.documentNumber')}
        placeholder="123/QĐ-TCCB"
        maxLength={100}
        value={documentNumber}
        onChange={(event) => setDocumentNumber(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function RoleLine({ operator, role, mayEdit }: { operator: Operator; role: Role; mayEdit: boolean }) {
  const { t } = useTranslation();
  const name = t(`role.${role.role}`);
  const words = [
    name,
    role.unit?.name ?? t('role.everywhere'),
    role.acting ? t('role.acting') : '',
    role.onBehalfOf === null
      ? ''
      : t('role.onBehalfOf', { name: role.onBehalfOf, number: role.documentNumber ?? '' }),
    role.validUntil === null ? '' : t('role.until', { date: untilText(role.validUntil) }),
    role.onBehalfOf === null ? (role.documentNumber ?? '') : '',
  ];
  return (
    <Group gap="xs">
      <Text size="sm">{words.filter((part) => part !== '').join(' · ')}</Text>
      {mayEdit ? (
        <ActButton
          size="compact-xs"
          label={t('operators.revokeRole')}
          title={t('operators.revokeRoleTitle', { role: name, name: operator.fullName })}
          effect={t('operators.revokeRoleEffect')}
          done={t('operators.saved')}
          reasonLabel=""
          isDangerous
          act={(reason) =>
            call('DELETE', `/operators/${operator.id}/roles/${role.id}`, {
              query: { reason },
              etag: operator.etag,
            })
          }
        />
      ) : null}
    </Group>
  );
}

/** What is shown once: the link, or the code that goes with the link another administrator gets. */
function MadeNotice({ made, onClose }: { readonly made: Made; readonly onClose: () => void }) {
  const { t } = useTranslation();
  if ('id' in made) return null;
  const isLink = 'link' in made;
  const title = t(isLink ? 'operators.linkTitle' : 'operators.waitingTitle');
  const until = dateTimeText(made.expiresAt);
  return (
    <Alert
      variant="default"
      title={title}
      withCloseButton
      closeButtonLabel={t('operators.linkClose')}
      onClose={onClose}
    >
      <Text mb="xs">
        {isLink
          ? t('operators.linkText', { until })
          : t(made.code === null ? 'operators.waitingRole' : 'operators.waitingCode', { until })}
      </Text>
      {isLink ? (
        <CopyText value={`${window.location.origin}${made.link}`} label={title} />
      ) : made.code === null ? null : (
        <CopyText value={made.code} label={t('operators.code')} />
      )}
    </Alert>
  );
}

export default function OperatorsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { operator: self } = useSession();
  const [adding, setAdding] = useState<Operator | 'new' | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const { data, error } = useQuery({
    queryKey: ['/operators'],
    queryFn: ({ signal }) => call<Operators>('GET', '/operators', { signal }),
  });
  const mayEdit = (one: Operator) =>
    can('operator.edit') && one.state === 'active' && one.staffCode !== self.staffCode;
  return (
    <Page
      title={t('page.operators')}
      lead={t('operators.lead')}
      acts={
        can('operator.edit') ? (
          <Button onClick={() => setAdding('new')}>{t('operators.add')}</Button>
        ) : undefined
      }
    >
      {made === null ? null : <MadeNotice made={made} onClose={() => setMade(null)} />}
      {can('operator.edit') ? <OperatorOrdersSection onLink={setMade} /> : null}
      <RecordTable
        label={t('page.operators')}
        rows={data?.items}
        error={error}
        idOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            title: t('person.fullName'),
            cell: ({ fullName, signInName, position }) => (
              <>
                {fullName}
                <Text size="xs" c="dimmed">
                  {[signInName, position].filter((part) => part !== null).join(' · ')}
                </Text>
              </>
            ),
          },
          { key: 'unit', title: t('term.unit'), cell: ({ unit }) => unit.name },
          {
            key: 'state',
            title: t('column.state'),
            cell: ({ state, isEnrolled }) =>
              t(
                state === 'ended'
                  ? 'operators.ended'
                  : isEnrolled
                    ? 'operators.active'
                    : 'operators.notEnrolled',
              ),
          },
          {
            key: 'roles',
            title: t('operators.roles'),
            cell: (one) =>
              one.roles.length === 0
                ? t('role.none')
                : one.roles.map((role) => (
                    <RoleLine key={role.id} operator={one} role={role} mayEdit={mayEdit(one)} />
                  )),
          },
          ...(can('operator.edit')
            ? [
                {
                  key: 'acts',
                  title: t('operators.acts'),
                  cell: (one: Operator) =>
                    mayEdit(one) ? (
                      <Group gap="xs">
                        <Button size="compact-sm" variant="default" onClick={() => setAdding(one)}>
                          {t('operators.addRole')}
                        </Button>
                        <ActButton
                          size="compact-sm"
                          label={t('operators.newLink')}
                          title={t('operators.newLinkTitle', { name: one.fullName })}
                          effect={t('operators.newLinkEffect')}
                          done={t('operators.saved')}
                          reasonLabel=""
                          act={async (reason) =>
                            setMade(
                              await call<Made>('POST', `/operators/${one.id}/link`, {
                                body: { reason },
                                etag: one.etag,
                              }),
                            )
                          }
                        />
                        {one.isLinked ? (
                          <ActButton
                            size="compact-sm"
                            label={t('oidc.unlink')}
                            title={t('oidc.unlinkOtherTitle', { name: one.fullName })}
                            effect={t('oidc.unlinkOtherEffect')}
                            done={t('operators.saved')}
                            reasonLabel=""
                            isDangerous
                            act={(reason) =>
                              call('DELETE', `/operators/${one.id}/oidc`, {
                                query: { reason },
                                etag: one.etag,
                              })
                            }
                          />
                        ) : null}
                        <ActButton
                          size="compact-sm"
                          label={t('operators.end')}
                          title={t('operators.endTitle', { name: one.fullName })}
                          effect={t('operators.endEffect')}
                          done={t('operators.saved')}
                          reasonLabel=""
                          isDangerous
                          act={(reason) =>
                            call('POST', `/operators/${one.id}/end`, { body: { reason }, etag: one.etag })
                          }
                        />
                      </Group>
                    ) : (
                      '–'
                    ),
                },
              ]
            : []),
        ]}
      />
      {adding === null ? null : (
        <AddRole
          operator={adding === 'new' ? null : adding}
          onClose={() => setAdding(null)}
          onMade={setMade}
        />
      )}
    </Page>
  );
}
