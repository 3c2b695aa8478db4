// Names and values, side by side on wide screens, one above the other on narrow ones.
import { Paper, SimpleGrid, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export type Fact = readonly [label: string, value: ReactNode];

export function Facts({
  facts,
  columns = 2,
}: {
  readonly facts: readonly Fact[];
  readonly columns?: number;
}) {
  return (
    <SimpleGrid cols={{ base: 1, sm: columns }} spacing="md" verticalSpacing="xs" component="dl" m={0}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <Text component="dt" size="sm" c="dimmed">
            {label}
          </Text>
          <Text component="dd" m={0}>
            {value === null || value === undefined || value === '' ? '–' : value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

interface SectionProps {
  readonly title: string;
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

/** One part of a page, in a box with a heading. */
export function Section({ title, acts, children }: SectionProps) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <div className="section-head">
        <Title order={2} size="h4">
          {title}
        </Title>
        {acts === undefined ? null : <div className="section-acts">{acts}</div>}
      </div>
      {children}
    </Paper>
  );
}
