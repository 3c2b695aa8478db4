// States as coloured words: the colour says nothing that the word does not.
import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';

const colours: Readonly<Record<string, string>> = {
  valid: 'green',
  active: 'green',
  live: 'green',
  applied: 'green',
  approved: 'green',
  confirmed: 'green',
  accept: 'green',
  ready: 'green',
  'in-force': 'green',
  'not-begun': 'gray',
  pending: 'gray',
  scheduled: 'blue',
  open: 'blue',
  staging: 'blue',
  applying: 'blue',
  ordered: 'orange',
  acknowledged: 'orange',
  held: 'orange',
  returned: 'orange',
  suspended: 'orange',
  locked: 'orange',
  'not-yet-valid': 'gray',
  expired: 'red',
  withdrawn: 'red',
  deny: 'red',
  rejected: 'red',
  unconfirmed: 'red',
  impossible: 'red',
  lost: 'red',
  failed: 'red',
  ended: 'gray',
  retired: 'gray',
  undone: 'gray',
  cancelled: 'gray',
  revoked: 'gray',
};

/** The state of an account by its own columns, as `state.account` names it. */
export function accountState(
  account: {
    readonly status: string;
    readonly isSuspended: boolean;
    readonly validFrom: number;
    readonly validUntil: number;
  },
  now: number,
): string {
  if (account.status !== 'active') return account.status;
  if (account.isSuspended) return 'suspended';
  if (account.validUntil <= now) return 'expired';
  return account.validFrom > now ? 'not-yet-valid' : 'valid';
}

interface StateBadgeProps {
  /** Which closed list the state belongs to: texts are under `state.<of>`. */
  readonly of: string;
  readonly state: string;
}

const longestOnOneLine = 18;

export function StateBadge({ of, state }: StateBadgeProps) {
  const { t } = useTranslation();
  const text = t(`state.${of}.${state}`);
  return (
    <Badge
      variant="light"
      color={colours[state] ?? 'gray'}
      tt="none"
      autoContrast
      {...(text.length <= longestOnOneLine ? { className: 'nowrap', miw: 'max-content' } : {})}
    >
      {text}
    </Badge>
  );
}
