// One act on several accounts: each is looked at first, so that the button names how many it will touch and what becomes of them.
import { Alert, Button, Group, List, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../api/accounts.ts';
import type { DoneOrAsked } from '../../../api/common.ts';
import { type Answer, call, callWithEtag } from '../../shared/api.ts';
import { type Day, dayIso, dayOf, dayText, lastDayOf, untilText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Fault, faultText } from '../../shared/fault.tsx';
import { personLine } from '../../shared/person-chooser.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Waiting } from '../../shared/table.tsx';
import { useCan } from '../session.tsx';
import { useDone } from './act-button.tsx';

type Kind = 'suspend' | 'setTerm';
type Seen = Answer<Account>;

/** What one go may hold: each account is read and changed by a request of its own. */
const mostAtOnce = 50;
const liveStates: readonly string[] = ['pending', 'live'];

const lineOf = ({ person: { fullName, staffCode, position, unit } }: Account) =>
  personLine({ fullName, staffCode, position, unitName: unit.names.at(-1) ?? '' });

const liveCount = ({ sessions }: Account) =>
  sessions.filter(({ state }) => liveStates.includes(state)).length;

/** Whether the act changes anything about the account. */
function isTouched(kind: Kind, { status, suspended, validUntil }: Account, until: Day | null): boolean {
  if (status === 'withdrawn') return false;
  if (kind === 'suspend') return suspended === null;
  return until !== null && dayIso(lastDayOf(validUntil).day) !== dayIso(until);
}

/** The last day that the policies of all of them allow. */
function furthestDay(seen: readonly Seen[]): Day {
  return dayOf(Date.now() + Math.min(...seen.map(({ data }) => data.longestTermDays)) * 86_400_000);
}

function useSeen(ids: readonly number[]): { readonly seen: readonly Seen[] | null; readonly error: unknown } {
  const [seen, setSeen] = useState<readonly Seen[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const stop = new AbortController();
    async function load() {
      const found: Seen[] = [];
      for (const id of ids) {
        found.push(await callWithEtag<Account>('GET', `/accounts/${id}`, { signal: stop.signal }));
      }
      setSeen(found);
    }
    load().catch((refused: unknown) => {
      if (!stop.signal.aborted) setError(refused);
    });
    return () => stop.abort();
  }, [ids]);
  return { seen, error };
}

interface Failure {
  readonly name: string;
  readonly error: unknown;
}

function Bulk({ kind, ids, onClose }: { kind: Kind; ids: readonly number[]; onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const { seen, error } = useSeen(ids);
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState<Day | null>(null);
  const [failures, setFailures] = useState<readonly Failure[] | null>(null);
  const { isBusy, run } = useSubmit();
  const touched = (seen ?? []).filter(({ data }) => isTouched(kind, data, until));
  const left = (seen ?? []).filter(({ data }) => !isTouched(kind, data, until));
  const sessions = touched.reduce((sum, { data }) => sum + liveCount(data), 0);
  const count = touched.length;
  const isTooFar = until !== null && seen !== null && dayIso(until) > dayIso(furthestDay(seen));
  const verb = kind === 'suspend' ? t('bulk.suspend', { count, sessions }) : t('bulk.setTerm', { count });

  async function doAll() {
    const failed: Failure[] = [];
    let asked = 0;
    for (const { data, etag } of touched) {
      const at = `/accounts/${data.id}`;
      const why = reason.trim();
      try {
        const answer = await act(() =>
          kind === 'suspend'
            ? call<DoneOrAsked>('POST', `${at}/suspend`, { body: { reason: why }, etag })
            : call<DoneOrAsked>('PATCH', `${at}/term`, {
                body: { validUntil: until === null ? '' : dayText(until), reason: why },
                etag,
              }),
        );
        if ('requestId' in answer) asked += 1;
      } catch (refused) {
        failed.push({ name: lineOf(data), error: refused });
      }
    }
    const did = touched.length - failed.length - asked;
    const told = [
      did > 0 || asked === 0 ? t('bulk.done', { count: did }) : '',
      asked > 0 ? t('bulk.asked', { count: asked }) : '',
    ];
    await done(told.join(' ').trim());
    if (failed.length === 0) onClose();
    else setFailures(failed);
  }

  return (
    <Modal opened onClose={onClose} size="lg" title={<Text fw={600}>{t(`bulk.title.${kind}`)}</Text>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run(doAll);
        }}
      >
        <Stack>
          <Fault error={error} />
          {seen === null ? (
            error === null ? (
              <Waiting />
            ) : null
          ) : failures !== null ? (
            <Alert
              color="red"
              variant="light"
              title={t('bulk.failed', { count: failures.length })}
              role="alert"
            >
              <List size="sm">
                {failures.map(({ name, error: refused }) => (
                  <List.Item key={name}>
                    {name}: {faultText(refused, t)}
                  </List.Item>
                ))}
              </List>
            </Alert>
          ) : (
            <>
              {kind === 'setTerm' ? (
                <DayInput
                  label={t('term.validUntil')}
                  means="until"
                  required
                  min={dayOf(Date.now())}
                  max={furthestDay(seen)}
                  value={until}
                  onChange={setUntil}
                />
              ) : null}
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
              <List size="sm" aria-label={t('bulk.touched')}>
                {touched.map(({ data }) => (
                  <List.Item key={data.id}>
                    {lineOf(data)}
                    {kind === 'setTerm' && until !== null
                      ? `: ${untilText(data.validUntil)} → ${dayText(until)}`
                      : ''}
                  </List.Item>
                ))}
              </List>
              {left.length === 0 || (kind === 'setTerm' && until === null) ? null : (
                <Text size="sm" c="dimmed">
                  {t('bulk.left', { names: left.map(({ data }) => data.person.fullName).join(', ') })}
                </Text>
              )}
            </>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t(failures === null ? 'act.cancel' : 'bulk.close')}
            </Button>
            {failures === null ? (
              <Button
                type="submit"
                color={kind === 'suspend' ? 'red' : undefined}
                loading={isBusy}
                disabled={count === 0 || reason.trim() === '' || isTooFar}
              >
                {verb}
              </Button>
            ) : null}
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The acts on the chosen rows of the list of accounts. */
export function BulkActs({ ids, onDone }: { ids: ReadonlySet<number>; onDone: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const [open, setOpen] = useState<{ kind: Kind; ids: readonly number[] } | null>(null);
  if (ids.size === 0) return null;
  const isTooMany = ids.size > mostAtOnce;
  const start = (kind: Kind) => setOpen({ kind, ids: [...ids] });
  return (
    <Group gap="xs" role="group" aria-label={t('bulk.chosen', { count: ids.size })}>
      <Text size="sm">{t('bulk.chosen', { count: ids.size })}</Text>
      {isTooMany ? <Text size="sm">{t('bulk.tooMany', { count: mostAtOnce })}</Text> : null}
      {can('account.suspend') ? (
        <Button size="xs" variant="outline" color="red" disabled={isTooMany} onClick={() => start('suspend')}>
          {t('bulk.title.suspend')}
        </Button>
      ) : null}
      {can('account.set-term') ? (
        <Button size="xs" variant="default" disabled={isTooMany} onClick={() => start('setTerm')}>
          {t('bulk.title.setTerm')}
        </Button>
      ) : null}
      {open === null ? null : (
        <Bulk
          {...open}
          onClose={() => {
            setOpen(null);
            onDone();
          }}
        />
      )}
    </Group>
  );
}
