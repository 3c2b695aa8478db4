// Recovery codes, shown once: to be printed or written down.
import { Anchor, Button, Code, SimpleGrid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function RecoveryCodes({
  codes,
  onDone,
}: {
  readonly codes: readonly string[];
  readonly onDone: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Text>{t('recovery.lead')}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {codes.map((text) => (
          <Code key={text} fz="md">
            {text.match(/.{4}/g)?.join('-') ?? text}
          </Code>
        ))}
      </SimpleGrid>
      <Anchor component="button" type="button" onClick={() => print()} className="no-print">
        {t('recovery.print')}
      </Anchor>
      <Button onClick={onDone} className="no-print">
        {t('recovery.kept')}
      </Button>
    </Stack>
  );
}
