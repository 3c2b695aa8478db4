// What the doctor found: what is, why it matters, what to do; faults first, what is well in one line.
import { Alert, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DoctorReport } from '../../../api/health.ts';

const colours = { ok: 'green', warn: 'orange', fault: 'red' } as const;
const order = { fault: 0, warn: 1, ok: 2 } as const;

export function Findings({ findings }: { readonly findings: DoctorReport['broker'] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      {[...findings]
        .sort((a, b) => order[a.state] - order[b.state])
        .map(({ check, state, what, why, remedy }) => (
          <Alert key={check} color={colours[state]} title={`${t(`gateways.finding.${state}`)}: ${what}`}>
            {why === null ? null : <Text size="sm">{why}</Text>}
            {remedy === null ? null : (
              <Text size="sm" fw={600}>
                {remedy}
              </Text>
            )}
          </Alert>
        ))}
    </Stack>
  );
}
