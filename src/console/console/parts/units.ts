// The units within reach, as a choice.
import { useQuery } from '@tanstack/react-query';
import { call } from '../../shared/api.ts';

export interface Unit {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly parentId: number | null;
  readonly depth: number;
}

export function useUnits(): readonly Unit[] {
  const { data } = useQuery({
    queryKey: ['/units'],
    queryFn: ({ signal }) => call<{ readonly items: readonly Unit[] }>('GET', '/units', { signal }),
    staleTime: 300_000,
  });
  return data?.items ?? [];
}

export function useUnitOptions(): { readonly value: string; readonly label: string }[] {
  return useUnits().map(({ code, name, depth }) => ({
    value: code,
    label: `${'\u2003'.repeat(depth)}${name}`,
  }));
}
