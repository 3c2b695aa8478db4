// Numbers and sizes as people read them: 1.234.567,89 in Vietnamese, 1,234,567.89 in English.
import type { Language } from './dates.ts';

const formats = {
  vi: new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 2 }),
  en: new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 }),
} as const;

export const numberText = (value: number, language: Language): string => formats[language].format(value);

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1,5 GB` */
export function sizeText(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${numberText(Math.round(value * 10) / 10, language)} ${units[unit]}`;
}
