// Lists: a table on wide screens, cards on narrow ones, more rows on demand by the server's cursor.
import { Button, Center, Checkbox, Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from './fault.tsx';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures, to be compared down the column. */
  readonly areFigures?: boolean;
  /** Kept off the screen below this width. */
  readonly visibleFrom?: 'sm' | 'md' | 'lg';
}

export interface Selection<Id> {
  readonly ids: ReadonlySet<Id>;
  readonly onChange: (ids: ReadonlySet<Id>) => void;
}

interface RecordTableProps<Row, Id extends string | number> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[] | undefined;
  readonly idOf: (row: Row) => Id;
  readonly nameOf?: (row: Row) => string;
  readonly selection?: Selection<Id> | undefined;
  readonly error?: unknown;
  readonly empty?: ReactNode;
  readonly more?: { readonly hasMore: boolean; readonly isLoading: boolean; readonly load: () => void };
}

function toggled<Id>(ids: ReadonlySet<Id>, id: Id): ReadonlySet<Id> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function RecordTable<Row, Id extends string | number>(props: RecordTableProps<Row, Id>) {
  const { label, columns, rows, idOf, nameOf, selection, error, empty, more } = props;
  const { t } = useTranslation();
  if (error !== undefined && error !== null) return <Fault error={error} />;
  if (rows === undefined) return <Waiting />;
  if (rows.length === 0) {
    return (
      <Center py="xl">
        <Text c="dimmed">{empty ?? t('list.empty')}</Text>
      </Center>
    );
  }
  const areAllSelected = selection !== undefined && rows.every((row) => selection.ids.has(idOf(row)));
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={0} type="native">
        <Table className="cards" aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {selection === undefined ? null : (
                <Table.Th w={40}>
                  <Checkbox
                    aria-label={t('list.selectAll')}
                    checked={areAllSelected}
                    indeterminate={!areAllSelected && selection.ids.size > 0}
                    onChange={() =>
                      selection.onChange(new Set(areAllSelected ? [] : rows.map((row) => idOf(row))))
                    }
                  />
                </Table.Th>
              )}
              {columns.map(({ key, title, areFigures, visibleFrom }) => (
                <Table.Th key={key} className={areFigures ? 'figures' : undefined} visibleFrom={visibleFrom}>
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={idOf(row)}>
                {selection === undefined ? null : (
                  <Table.Td>
                    <Checkbox
                      aria-label={t('list.select', { name: nameOf?.(row) ?? String(idOf(row)) })}
                      checked={selection.ids.has(idOf(row))}
                      onChange={() => selection.onChange(toggled(selection.ids, idOf(row)))}
                    />
                  </Table.Td>
                )}
                {columns.map(({ key, title, cell, areFigures, visibleFrom }) => (
                  <Table.Td
                    key={key}
                    data-label={title}
                    className={areFigures ? 'figures' : undefined}
                    visibleFrom={visibleFrom}
                  >
                    <div>{cell(row)}</div>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {more?.hasMore ? (
        <Group justify="center">
          <Button variant="default" loading={more.isLoading} onClick={more.load}>
            {t('list.more')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}

/** What names a row of a tree, set in by how deep it stands. */
export const Branch = ({ depth, children }: { readonly depth: number; readonly children: ReactNode }) => (
  <span className="branch" style={{ '--depth': depth } as CSSProperties}>
    {children}
  </span>
);

export function Waiting({ lines = 5 }: { readonly lines?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" aria-busy="true" role="status" aria-label={t('list.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: these lines have nothing else that tells them apart
        <Skeleton key={line} h={28} />
      ))}
    </Stack>
  );
}
