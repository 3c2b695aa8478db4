// Tokens for programs that call the API: what each may do, until when, last used; made once, shown once, revoked at once.
import { Alert, Button, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Sources } from '../../../api/lifecycle.ts';
import type { ApiTokens, NewApiToken } from '../../../api/operators.ts';
import { call } from '../../shared/api.ts';
import { CopyText } from '../../shared/copy-text.tsx';
import { dateTimeText, untilText } from '../../shared/dates.ts';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

type Token = ApiTokens['items'][number];

function NewToken({
  scopes,
  onClose,
  onMade,
}: {
  readonly scopes: readonly string[];
  readonly onClose: () => void;
  readonly onMade: (token: NewApiToken) => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [days, setDays] = useState<number | string>(90);
  const [unit, setUnit] = useState<string | null>(null);
  const [sourceName, setSourceName] = useState<string | null>(null);
  const isScim = chosen.includes('scim');
  const { data: sources } = useQuery({
    queryKey: ['/lifecycle/sources'],
    queryFn: ({ signal }) => call<Sources>('GET', '/lifecycle/sources', { signal }),
    enabled: isScim,
  });
  const isMissing = name.trim() === '' || chosen.length === 0 || (isScim && sourceName === null);

  async function make() {
    const body = {
      name: name.trim(),
      scopes: chosen,
      days: Number(days),
      ...(unit === null ? {} : { unit }),
      ...(isScim && sourceName !== null ? { sourceName } : {}),
    };
    onMade(await act(() => call<NewApiToken>('POST', '/tokens', { body })));
    onClose();
    await done(t('tokens.made'));
  }

  return (
    <FormDialog
      onClose={onClose}
      title={t('tokens.add')}
      act={t('tokens.make')}
      isIncomplete={isMissing}
      onSubmit={make}
    >
      <TextInput
        label={t('tokens.name')}
        required
        maxLength={100}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MultiSelect
        label={t('tokens.scopes')}
        description={t('tokens.scopesHint')}
        required
        searchable
        data={scopes.filter((scope) => scope !== 'decisions')}
        value={chosen}
        onChange={setChosen}
      />
      {isScim ? (
        <Select
          label={t('column.source')}
          required
          data={(sources?.items ?? []).map((source) => source.name)}
          value={sourceName}
          onChange={setSourceName}
        />
      ) : (
        <Select
          label={t('term.unit')}
          description={t('operators.everywhereHint')}
          clearable
          searchable
          data={units}
          value={unit}
          onChange={setUnit}
        />
      )}
      <NumberInput
        label={t('tokens.days')}
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

export default function TokensPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<NewApiToken | null>(null);
  const { data, error } = useQuery({
    queryKey: ['/tokens'],
    queryFn: ({ signal }) => call<ApiTokens>('GET', '/tokens', { signal }),
  });
  return (
    <Page
      title={t('page.tokens')}
      lead={t('tokens.lead')}
      acts={
        can('api-token.edit') ? <Button onClick={() => setAdding(true)}>{t('tokens.add')}</Button> : undefined
      }
    >
      {made === null ? null : (
        <Alert
          variant="default"
          title={t('tokens.shownOnce')}
          withCloseButton
          closeButtonLabel={t('operators.linkClose')}
          onClose={() => setMade(null)}
        >
          <CopyText value={made.token} label={t('tokens.token')} />
        </Alert>
      )}
      <RecordTable
        label={t('page.tokens')}
        rows={data?.items}
        error={error}
        empty={t('tokens.none')}
        idOf={({ id }) => id}
        columns={[
          { key: 'name', title: t('tokens.name'), cell: ({ name }) => name },
          {
            key: 'scopes',
            title: t('tokens.scopes'),
            cell: ({ scopes, sourceName }: Token) =>
              [...scopes, sourceName].filter((part) => part !== null).join(', '),
          },
          { key: 'end', title: t('tokens.end'), cell: ({ expiresAt }) => untilText(expiresAt) },
          {
            key: 'used',
            title: t('tokens.lastUsed'),
            cell: ({ lastUsedAt }) => (lastUsedAt === null ? t('tokens.never') : dateTimeText(lastUsedAt)),
          },
          {
            key: 'acts',
            title: t('column.state'),
            cell: ({ id, name, revokedAt, expiresAt }: Token) =>
              revokedAt !== null ? (
                t('tokens.revokedAt', { at: dateTimeText(revokedAt) })
              ) : expiresAt <= Date.now() ? (
                t('tokens.over')
              ) : can('api-token.edit') ? (
                <ActButton
                  size="compact-sm"
                  label={t('tokens.revoke')}
                  title={t('tokens.revokeTitle', { name })}
                  effect={t('tokens.revokeEffect')}
                  done={t('tokens.revoked')}
                  isDangerous
                  act={() => call('DELETE', `/tokens/${id}`)}
                />
              ) : (
                t('tokens.inForce')
              ),
          },
        ]}
      />
      {isAdding ? (
        <NewToken scopes={data?.scopes ?? []} onClose={() => setAdding(false)} onMade={setMade} />
      ) : null}
    </Page>
  );
}
