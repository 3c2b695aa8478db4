// The fields of a policy: left empty, what the scope above says counts.
import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useUnitOptions } from './units.ts';

/** As in the organisation file. */
export type Layer = Readonly<Record<string, unknown>>;

interface Hours {
  readonly timeZone?: string;
  readonly windows: readonly {
    readonly days: readonly number[];
    readonly from: string;
    readonly until: string;
  }[];
  /** False: the same on holidays and make-up days. */
  readonly followsCalendar?: boolean;
}

interface FieldProps {
  readonly layer: Layer;
  readonly inForce: Layer;
  readonly onChange: (layer: Layer) => void;
}

/** The layer with one field put or, by undefined, left out. */
function withField(layer: Layer, name: string, value: unknown): Layer {
  const { [name]: _, ...rest } = layer;
  return value === undefined ? rest : { ...rest, [name]: value };
}

const week = [1, 2, 3, 4, 5, 6, 7] as const;
const workingHours: Hours = { windows: [{ days: [1, 2, 3, 4, 5], from: '07:00', until: '18:00' }] };

/** A value of a policy in words, from the JSON or value of its field. */
export function usePolicyText(): (field: string, value: unknown) => string {
  const { t } = useTranslation();
  return (field, value) => {
    if (value === undefined) return t('policies.asAbove');
    if (field === 'hours') {
      if (value === null) return t('policies.always');
      const { windows, followsCalendar } = value as Hours;
      return [
        ...windows.map(
          ({ days, from, until }) =>
            `${days.map((day) => t(`policies.day.${day}`)).join(', ')} ${from}–${until}`,
        ),
        ...(followsCalendar === false ? [t('policies.holidaysToo')] : []),
      ].join('; ');
    }
    if (value === null) return t('policies.allUnits');
    if (field === 'leastEvidence') return `E${String(value)}`;
    if (field === 'workstationMode' || field === 'onSessionLimit')
      return t(`policies.value.${String(value)}`);
    if (field === 'firstFactor' && value === 'own') return t('policies.value.own');
    if (field === 'fourEyes') {
      const acts = value as readonly string[];
      return acts.length === 0
        ? t('policies.none')
        : acts.map((act) => t(`policies.value.${act}`)).join(', ');
    }
    if (field === 'codeWindow') {
      const { back, ahead } = value as { back: number; ahead: number };
      return `−${back} / +${ahead}`;
    }
    if (Array.isArray(value)) return value.join(', ');
    return String(value);
  };
}

function HoursField({ layer, inForce, onChange }: FieldProps) {
  const { t } = useTranslation();
  const text = usePolicyText();
  const hours = layer['hours'] as Hours | null | undefined;
  const put = (value: Hours | null | undefined) => onChange(withField(layer, 'hours', value));
  const mode = hours === undefined ? 'above' : hours === null ? 'always' : 'windows';
  const modes = {
    above: `${t('policies.asAbove')} (${text('hours', inForce['hours'] ?? null)})`,
    always: t('policies.always'),
    windows: t('policies.windows'),
  };
  return (
    <Stack gap="xs">
      <Select
        label={t('policies.field.hours')}
        description={t('policies.hoursHint')}
        allowDeselect={false}
        data={Object.entries(modes).map(([value, label]) => ({ value, label }))}
        value={mode}
        onChange={(chosen) =>
          put(chosen === 'windows' ? workingHours : chosen === 'always' ? null : undefined)
        }
      />
      {hours === undefined || hours === null
        ? null
        : hours.windows.map((window, i) => {
            const change = (part: Partial<Hours['windows'][number]>) =>
              put({
                ...hours,
                windows: hours.windows.map((one, at) => (at === i ? { ...one, ...part } : one)),
              });
            return (
              <Group
                // biome-ignore lint/suspicious/noArrayIndexKey: windows have nothing else that tells them apart
                key={i}
                align="flex-end"
                gap="xs"
                role="group"
                aria-label={t('policies.window', { number: i + 1 })}
              >
                <Checkbox.Group
                  label={t('policies.days')}
                  value={window.days.map(String)}
                  onChange={(days) => change({ days: days.map(Number).sort() })}
                >
                  <Group gap="xs">
                    {week.map((day) => (
                      <Checkbox key={day} value={String(day)} label={t(`policies.day.${day}`)} />
                    ))}
                  </Group>
                </Checkbox.Group>
                <TextInput
                  label={t('policies.from')}
                  w={90}
                  value={window.from}
                  onChange={(event) => change({ from: event.currentTarget.value })}
                />
                <TextInput
                  label={t('policies.until')}
                  w={90}
                  value={window.until}
                  onChange={(event) => change({ until: event.currentTarget.value })}
                />
                <Button
                  variant="default"
                  aria-label={t('policies.removeWindow', { number: i + 1 })}
                  disabled={hours.windows.length === 1}
                  onClick={() => put({ ...hours, windows: hours.windows.filter((_, at) => at !== i) })}
                >
                  {t('act.remove')}
                </Button>
              </Group>
            );
          })}
      {mode === 'windows' && hours !== null && hours !== undefined ? (
        <>
          <Group>
            <Button
              size="xs"
              variant="default"
              onClick={() => put({ ...hours, windows: [...hours.windows, ...workingHours.windows] })}
            >
              {t('policies.addWindow')}
            </Button>
          </Group>
          <Checkbox
            label={t('policies.followsCalendar')}
            checked={hours.followsCalendar !== false}
            onChange={({ currentTarget: { checked } }) => {
              const { followsCalendar: _, ...rest } = hours;
              put(checked ? rest : { ...rest, followsCalendar: false });
            }}
          />
        </>
      ) : null}
    </Stack>
  );
}

const choices = {
  leastEvidence: [0, 1, 2, 3],
  workstationMode: ['enforce', 'observe'],
  onSessionLimit: ['end-older-of-workstation', 'refuse'],
} as const;

const numbers = [
  ['sessionMinutes', 10_080],
  ['uncutSessionMinutes', 44_640],
  ['sessionLimit', 100],
] as const;
const termNumbers = [
  ['longestTermDays', 3_660],
  ['usualTermDays', 3_660],
] as const;
const lockoutNumbers = [
  ['codeAttempts', 100],
  ['lockMinutes', 1_440],
  ['maxLockMinutes', 10_080],
  ['passwordAttempts', 100],
  ['passwordDelaySeconds', 3_600],
  ['maxPasswordDelayMinutes', 1_440],
  ['forgetHours', 720],
] as const;
const fourEyesActs = ['extension', 'reset-authenticator', 'reassign-workstation'] as const;

export function PolicyFields({
  kind,
  ...props
}: FieldProps & { readonly kind: 'organisation' | 'unit' | 'gateway' }) {
  const { t } = useTranslation();
  const units = useUnitOptions();
  const text = usePolicyText();
  const { layer, inForce, onChange } = props;
  const put = (name: string, value: unknown) => onChange(withField(layer, name, value));
  const lockout = (layer['lockout'] ?? {}) as Layer;
  const lockoutInForce = (inForce['lockout'] ?? {}) as Layer;
  const above = (value: unknown, field: string) => `${t('policies.asAbove')}: ${text(field, value)}`;

  function number(
    name: string,
    most: number,
    of: { readonly from: Layer; readonly inForce: Layer; readonly set: (value: unknown) => void },
  ) {
    const value = of.from[name];
    return (
      <NumberInput
        key={name}
        label={t(`policies.field.${name}`)}
        placeholder={above(of.inForce[name], name)}
        min={name === 'sessionLimit' ? 0 : 1}
        max={most}
        allowDecimal={false}
        value={typeof value === 'number' ? value : ''}
        onChange={(typed) => of.set(typeof typed === 'number' ? typed : undefined)}
      />
    );
  }
  const own = { from: layer, inForce };

  return (
    <Stack>
      {Object.entries(choices).map(([name, values]) => (
        <Select
          key={name}
          label={t(`policies.field.${name}`)}
          placeholder={above(inForce[name], name)}
          clearable
          data={values.map((value) => ({ value: String(value), label: text(name, value) }))}
          value={layer[name] === undefined ? null : String(layer[name])}
          onChange={(chosen) =>
            put(name, chosen === null ? undefined : name === 'leastEvidence' ? Number(chosen) : chosen)
          }
        />
      ))}
      <HoursField {...props} />
      {numbers.map(([name, most]) => number(name, most, { ...own, set: (value) => put(name, value) }))}
      {kind === 'gateway'
        ? null
        : termNumbers.map(([name, most]) => number(name, most, { ...own, set: (value) => put(name, value) }))}
      {kind === 'gateway' ? null : (
        <MultiSelect
          label={t('policies.field.fourEyes')}
          description={t('policies.fourEyesHint')}
          placeholder={layer['fourEyes'] === undefined ? above(inForce['fourEyes'], 'fourEyes') : undefined}
          clearable
          data={[
            { value: 'none', label: t('policies.none') },
            ...fourEyesActs.map((value) => ({ value, label: t(`policies.value.${value}`) })),
          ]}
          value={
            layer['fourEyes'] === undefined
              ? []
              : (layer['fourEyes'] as string[]).length === 0
                ? ['none']
                : (layer['fourEyes'] as string[])
          }
          onChange={(chosen) => {
            const acts = chosen.at(-1) === 'none' ? [] : chosen.filter((act) => act !== 'none');
            put('fourEyes', chosen.length === 0 ? undefined : acts);
          }}
        />
      )}
      {kind === 'unit' ? null : (
        <MultiSelect
          label={t('policies.field.gatewayUnits')}
          placeholder={above(inForce['gatewayUnits'] ?? null, 'gatewayUnits')}
          clearable
          searchable
          data={units}
          value={Array.isArray(layer['gatewayUnits']) ? (layer['gatewayUnits'] as string[]) : []}
          onChange={(chosen) => put('gatewayUnits', chosen.length === 0 ? undefined : chosen)}
        />
      )}
      <TextInput
        label={t('policies.field.firstFactor')}
        description={t('policies.firstFactorHint')}
        placeholder={above(inForce['firstFactor'], 'firstFactor')}
        maxLength={64}
        autoComplete="off"
        value={typeof layer['firstFactor'] === 'string' ? layer['firstFactor'] : ''}
        onChange={({ currentTarget: { value } }) =>
          put('firstFactor', value.trim() === '' ? undefined : value.trim())
        }
      />
      <Text fw={600}>{t('policies.field.lockout')}</Text>
      {lockoutNumbers.map(([name, most]) =>
        number(name, most, {
          from: lockout,
          inForce: lockoutInForce,
          set: (value) => {
            const next = withField(lockout, name, value);
            put('lockout', Object.keys(next).length === 0 ? undefined : next);
          },
        }),
      )}
    </Stack>
  );
}
