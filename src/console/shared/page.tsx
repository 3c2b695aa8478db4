// The frame of one page: heading, what it is for, its acts; sets the window's title.
import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

interface PageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

export function Page({ title, lead, acts, children }: PageProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('shell.windowTitle', { page: title });
  }, [t, title]);
  return (
    <Stack className="page" gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div className="page-title">
          <Title order={1} size="h2">
            {title}
          </Title>
          {lead === undefined ? null : <Text c="dimmed">{lead}</Text>}
        </div>
        {acts === undefined ? null : <Group gap="xs">{acts}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
