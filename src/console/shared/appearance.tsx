// The two switches of every page: language, light or dark.
import { ActionIcon, Button, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Language } from './dates.ts';
import { type Area, changeLanguage } from './i18n.ts';
import { Icon } from './icons.tsx';

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return i18n.language === 'en' ? 'en' : 'vi';
}

export function LanguageSwitch({ areas }: { readonly areas: readonly Area[] }) {
  const { i18n } = useTranslation();
  const other: Language = useLanguage() === 'vi' ? 'en' : 'vi';
  const [short, label] = other === 'vi' ? ['VI', 'Tiếng Việt'] : ['EN', 'English'];
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      lang={other}
      aria-label={`${short} – ${label}`}
      onClick={() => void changeLanguage(i18n, other, areas)}
    >
      {short}
    </Button>
  );
}

export function ColourSwitch() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const label = t(isDark ? 'shell.light' : 'shell.dark');
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        aria-label={label}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        {isDark ? <Icon name="sun" /> : <Icon name="moon" />}
      </ActionIcon>
    </Tooltip>
  );
}
