// What a request asks for, by kind, checked before it is kept.
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { OperatorError } from '../../base/errors.ts';
import type { RequestKind } from '../../store/queries/requests.ts';

const date = Type.String({ minLength: 8, maxLength: 10, description: '31/12/2026 or 2026-12-31' });
const assetTag = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\x00-\\x1f]+$' });
const strict = { additionalProperties: false } as const;

const requestTerms = {
  extension: Type.Object({ validUntil: date }, strict),
  'workstation-register': Type.Object(
    {
      assetTag,
      name: Type.Optional(Type.String({ maxLength: 100, pattern: '^[^\\x00-\\x1f]*$' })),
      mac: Type.Optional(Type.String({ maxLength: 40 })),
      hostname: Type.Optional(Type.String({ maxLength: 100 })),
    },
    strict,
  ),
  'workstation-replace': Type.Object({ oldAssetTag: assetTag, assetTag }, strict),
  'workstation-temporary': Type.Object(
    { assetTag, validFrom: Type.Optional(date), validUntil: date },
    strict,
  ),
  unlock: Type.Object({}, strict),
  'new-authenticator': Type.Object({}, strict),
  'reset-authenticator': Type.Object(
    { authenticator: Type.String({ pattern: '^[1-9][0-9]{0,14}$', description: 'its number' }) },
    strict,
  ),
} as const satisfies Readonly<Record<RequestKind, unknown>>;

export type RequestTerms<Kind extends RequestKind = RequestKind> = {
  readonly [K in Kind]: { readonly kind: K; readonly terms: Readonly<Static<(typeof requestTerms)[K]>> };
}[Kind];

/** @throws OperatorError that names the field */
export function checkTerms(kind: RequestKind, terms: unknown): RequestTerms {
  const schema = requestTerms[kind];
  const [error] = Value.Errors(schema, terms);
  if (error !== undefined) {
    const field = error.instancePath.slice(1) || 'terms';
    throw new OperatorError(`${field}: ${error.message}.`, {
      at: `terms.${field}`,
      remedy: 'Fill in the field as the form shows it.',
      vi: ['Nội dung đề nghị chưa đủ hoặc không hợp lệ.', 'Điền đúng các ô của biểu mẫu.'],
    });
  }
  return { kind, terms } as RequestTerms;
}

const telling: ReadonlySet<string> = new Set(['name', 'mac', 'hostname']);

/** Terms as a record holds them: what may tell of a person stands in its erasable part. */
export function recordedTerms({ terms }: RequestTerms): {
  readonly body: Readonly<Record<string, string>>;
  readonly personal: Readonly<Record<string, string>>;
} {
  const all = Object.entries(terms as Readonly<Record<string, string>>);
  return {
    body: Object.fromEntries(all.filter(([name]) => !telling.has(name))),
    personal: Object.fromEntries(all.filter(([name]) => telling.has(name))),
  };
}

/** The terms of a stored request. */
export function termsOf(row: { readonly kind: RequestKind; readonly terms: string }): RequestTerms {
  return { kind: row.kind, terms: JSON.parse(row.terms) as never };
}
