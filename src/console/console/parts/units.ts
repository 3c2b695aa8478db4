// The units within reach, as a choice.
import { useQuery } from '@tanstack/react-query';
import { call } from '../../shared/api.ts';

interface Unit {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly parentId: number | null;
  readonly depth: number;
}

function useUnits(): readonly Unit[] {
  const { data } = useQuery({
    queryKey: ['/units'],
    queryFn: ({ signal }) => call<{ readonly items: readonly Unit[] }>('GET', '/units', { signal }),
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
