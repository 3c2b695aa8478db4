// A password as it is chosen: pasting is allowed, what is missing is said while typing.
import { PasswordInput, type PasswordInputProps, Progress, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Rough strength, 0 to 1: length counts most, then how many different characters there are. */
export function strengthOf(password: string): number {
  const different = new Set(password).size;
  return Math.min(1, (Math.min(password.length, 24) / 24) * 0.7 + (Math.min(different, 14) / 14) * 0.3);
}

const shortest = 12;

export function NewPasswordInput({
  value = '',
  ...rest
}: Omit<PasswordInputProps, 'value'> & { readonly value?: string | undefined }) {
  const { t } = useTranslation();
  const isShort = value.length < shortest;
  const strength = isShort ? Math.min(0.3, strengthOf(value)) : strengthOf(value);
  const isAscii = /^[\x20-\x7e]*$/.test(value);
  return (
    <Stack gap={4}>
      <PasswordInput
        {...rest}
        value={value}
        autoComplete="new-password"
        description={t('password.hint', { count: shortest })}
        error={isAscii ? rest.error : t('password.accents')}
        visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
      />
      <Progress
        value={strength * 100}
        color={strength < 0.4 ? 'red' : strength < 0.7 ? 'yellow' : 'green'}
        size="xs"
        aria-label={t('password.strength')}
      />
    </Stack>
  );
}
