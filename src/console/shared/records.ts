// Lists by cursor: pages of an API list, fetched one after the other.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { call, type Query } from './api.ts';

export interface RecordPage<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
  readonly total?: { readonly count: number; readonly isCapped: boolean };
}

/** Rows of a list so far, with what RecordTable needs to ask for more. */
export function useRecords<Row>(path: string, query: Query, options: { readonly refreshMs?: number } = {}) {
  const result = useInfiniteQuery({
    queryKey: [path, query],
    queryFn: ({ pageParam, signal }) =>
      call<RecordPage<Row>>('GET', path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    ...(options.refreshMs === undefined ? {} : { refetchInterval: options.refreshMs }),
  });
  return {
    rows: result.data?.pages.flatMap((page) => page.items),
    total: result.data?.pages[0]?.total,
    error: result.error,
    more: {
      hasMore: result.hasNextPage,
      isLoading: result.isFetchingNextPage,
      load: () => void result.fetchNextPage(),
    },
  };
}
