// What fields of the organisation file are made of.
import { type TEnum, Type } from 'typebox';

export const strict = { additionalProperties: false } as const;

export const text = (description: string, maxLength = 200) =>
  Type.String({ minLength: 1, maxLength, description });
export const code = (description: string) => text(description, 64);
export const date = (description: string) =>
  text(`${description}: 31/12/2026 or 2026-12-31; with a time: 2026-12-31T17:00+07:00`, 40);
export const choice = <const T extends string[]>(values: readonly [...T], description: string): TEnum<T> =>
  Type.Enum<T>(values, { description });
export const secret = (description: string, maxLength = 300) =>
  Type.String({ minLength: 1, maxLength, description, writeOnly: true });
