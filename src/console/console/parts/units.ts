// The units within reach, as a choice.
import { useQuery } from '@tanstack/react-query';
import type { Units } from '../../../api/units.ts';
import { call } from '../../shared/api.ts';

function useUnits(): Units['items'] {
  const { data } = useQuery({
    queryKey: ['/units'],
    queryFn: ({ signal }) => call<Units>('GET', '/units', { signal }),
    staleTime: 300_000,
  });
  return data?.items ?? [];
}

/** Units as options of a choice, by code or, for filters, by id. */
export function useUnitOptions(
  by: 'code' | 'id' = 'code',
): { readonly value: string; readonly label: string }[] {
  return useUnits().map(({ id, code, name, depth }) => ({
    value: by === 'id' ? String(id) : code,
    label: `${'\u2003'.repeat(depth)}${name}`,
  }));
}

/** The name of a unit by its code; the code itself where the unit is not within reach. */
export function useUnitName(): (code: string | null) => string | null {
  const units = useUnits();
  return (code) => (code === null ? null : (units.find((unit) => unit.code === code)?.name ?? code));
}
