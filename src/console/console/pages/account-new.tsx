// One account with the paper it rests on and the workstation, in one act.
import { Alert, Button, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountAdded } from '../../../api/accounts.ts';
import type { Person } from '../../../api/people.ts';
import { call } from '../../shared/api.ts';
import { type Day, dayOf, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Section } from '../../shared/facts.tsx';
import { Fault, fieldErrors } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { type ChoosablePerson, PersonChooser } from '../../shared/person-chooser.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { useDone } from '../parts/act-button.tsx';
import { type ChoosablePaper, PaperChooser } from '../parts/paper-chooser.tsx';
import {
  emptyPaper,
  PaperFields,
  paperFieldNames,
  paperOf,
  type TypedPaper,
} from '../parts/paper-fields.tsx';
import { proposeUserName } from '../parts/user-name.ts';

interface Typed {
  userName: string;
  from: Day | null;
  until: Day | null;
  assetTag: string;
  lentUntil: Day | null;
  reason: string;
}

/** The person that the address names, as the chooser has people. */
function useNamedPerson(): ChoosablePerson | null {
  const { person: id } = useSearch({ strict: false }) as { readonly person?: string };
  const { data } = useQuery({
    queryKey: ['/people', id],
    queryFn: ({ signal }) => call<Person>('GET', `/people/${id}`, { signal }),
    enabled: id !== undefined,
  });
  if (data === undefined) return null;
  const { id: personId, fullName, staffCode, position, unit } = data;
  return { id: personId, fullName, staffCode, position, unitName: unit.names.at(-1) ?? '' };
}

export default function AccountNew() {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const navigate = useNavigate();
  const named = useNamedPerson();
  const [person, setPerson] = useState<ChoosablePerson | null>(null);
  const [way, setWay] = useState<'new' | 'known'>('new');
  const [known, setKnown] = useState<ChoosablePaper | null>(null);
  const paperForm = useForm<TypedPaper>({ initialValues: emptyPaper });
  const form = useForm<Typed>({
    initialValues: {
      userName: '',
      from: dayOf(Date.now()),
      until: null,
      assetTag: '',
      lentUntil: null,
      reason: '',
    },
  });
  const { userName, from, until, assetTag, lentUntil, reason } = form.values;
  const paper = way === 'new' ? paperOf(paperForm.values) : null;
  const { isBusy, error, run } = useSubmit((refused) => {
    const faults = fieldErrors(refused, {
      'workstation.assetTag': 'assetTag',
      'workstation.until': 'lentUntil',
    });
    form.setErrors({
      ...faults,
      ...(faults['validFrom'] === undefined ? {} : { from: faults['validFrom'] }),
      ...(faults['validUntil'] === undefined ? {} : { until: faults['validUntil'] }),
    });
    paperForm.setErrors(
      Object.fromEntries(
        Object.entries(faults).flatMap(([field, text]) => {
          if (!field.startsWith('assignment.')) return [];
          const name = field.slice('assignment.'.length);
          return [[paperFieldNames[name as keyof typeof paperFieldNames] ?? name, text]];
        }),
      ),
    );
  });

  function choose(chosen: ChoosablePerson | null) {
    setPerson(chosen);
    if (chosen !== null) form.setFieldValue('userName', proposeUserName(chosen.fullName));
  }
  const namedId = named?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the person of the address has come
  useEffect(() => {
    if (named !== null) choose(named);
  }, [namedId]);

  const isComplete =
    person !== null &&
    userName.trim() !== '' &&
    from !== null &&
    until !== null &&
    (way === 'new' ? paper !== null : known !== null);

  async function save() {
    if (person === null || from === null || until === null) return;
    const added = await act(() =>
      call<AccountAdded>('POST', '/accounts', {
        body: {
          personId: person.id,
          userName: userName.trim(),
          validFrom: dayText(from),
          validUntil: dayText(until),
          ...(way === 'new' ? { assignment: paper } : { assignmentId: known?.id }),
          ...(assetTag.trim() === ''
            ? {}
            : {
                workstation: {
                  assetTag: assetTag.trim(),
                  ...(lentUntil === null ? {} : { until: dayText(lentUntil) }),
                },
              }),
          ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
        },
      }),
    );
    await done(t(added.asked.length === 0 ? 'accountNew.done' : 'accountNew.doneAsked'));
    await navigate({ to: `/accounts/${added.id}` });
  }

  return (
    <Page title={t('page.accountNew')} lead={t('accountNew.lead')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isComplete) void run(save);
        }}
      >
        <Stack maw={760}>
          <Section title={t('accountNew.who')}>
            <Stack>
              <PersonChooser
                label={t('accountNew.person')}
                required
                value={person}
                onChange={choose}
                error={form.errors['personId']}
              />
              <TextInput
                label={t('term.userName')}
                description={t('accountNew.userNameHint')}
                required
                maxLength={64}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                {...form.getInputProps('userName')}
              />
              <Group grow align="flex-start" preventGrowOverflow={false}>
                <DayInput
                  label={t('term.validFrom')}
                  means="from"
                  required
                  value={from}
                  onChange={(day) => form.setFieldValue('from', day)}
                  error={form.errors['from']}
                />
                <DayInput
                  label={t('term.validUntil')}
                  means="until"
                  required
                  min={dayOf(Date.now())}
                  value={until}
                  onChange={(day) => form.setFieldValue('until', day)}
                  error={form.errors['until']}
                />
              </Group>
            </Stack>
          </Section>
          <Section title={t('accountNew.paper')}>
            <Stack>
              <SegmentedControl
                aria-label={t('accountNew.paper')}
                value={way}
                onChange={(value) => setWay(value === 'known' ? 'known' : 'new')}
                data={[
                  { value: 'new', label: t('accountNew.newPaper') },
                  { value: 'known', label: t('accountNew.knownPaper') },
                ]}
              />
              {way === 'new' ? (
                <PaperFields form={paperForm} />
              ) : (
                <PaperChooser
                  label={t('term.documentNumber')}
                  value={known}
                  onChange={setKnown}
                  error={paperForm.errors['id']}
                />
              )}
            </Stack>
          </Section>
          <Section title={t('term.workstation')}>
            <Stack>
              <Group grow align="flex-start" preventGrowOverflow={false}>
                <TextInput
                  label={t('term.assetTag')}
                  description={t('accountNew.assetTagHint')}
                  maxLength={64}
                  autoComplete="off"
                  {...form.getInputProps('assetTag')}
                />
                <DayInput
                  label={t('account.lendUntil')}
                  means="until"
                  disabled={assetTag.trim() === ''}
                  min={dayOf(Date.now())}
                  value={lentUntil}
                  onChange={(day) => form.setFieldValue('lentUntil', day)}
                  error={form.errors['lentUntil']}
                />
              </Group>
              <Textarea
                label={t('term.reason')}
                description={t('accountNew.reasonHint')}
                maxLength={500}
                autosize
                minRows={2}
                {...form.getInputProps('reason')}
              />
            </Stack>
          </Section>
          <Alert color="blue" variant="light">
            {t('accountNew.next')}
          </Alert>
          <Fault error={error} />
          <Group>
            <Button type="submit" loading={isBusy} disabled={!isComplete}>
              {t('accountNew.make')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
