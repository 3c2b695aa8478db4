// How many rows a list has; the server stops counting at a limit.
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLanguage } from '../../shared/appearance.tsx';
import { numberText } from '../../shared/numbers.ts';

interface TotalProps {
  readonly total: { readonly count: number; readonly isCapped: boolean } | undefined;
}

export function Total({ total }: TotalProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (total === undefined) return null;
  const number = `${numberText(total.count, language)}${total.isCapped ? '+' : ''}`;
  return (
    <Text size="sm" c="dimmed" role="status">
      {t('list.total', { number })}
    </Text>
  );
}
