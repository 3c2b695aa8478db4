// Parts of schemas that many nouns of the API share.
import { type Static, type TSchema, Type } from 'typebox';

export const closed = { additionalProperties: false } as const;

export const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([Type.Null(), schema]);
export const instant = (description: string) =>
  Type.Integer({ description: `${description}; epoch milliseconds` });

/** Of one thing in a list, as the `ETag` of an answer that shows it alone. */
export const etagText = Type.String({ description: 'for If-Match, when it is changed' });

export const idParams = Type.Object({ id: Type.Integer({ minimum: 1 }) });

/** Where a page begins and how long it is. */
export const pageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 500, description: '`next` of the page before' })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
};

/** How many there are, counted up to a limit. */
export const totalSchema = Type.Object({ count: Type.Integer(), isCapped: Type.Boolean() });

export const pageOf = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), next: nullable(Type.String()) });

export const countedPageOf = <Schema extends TSchema>(item: Schema) =>
  Type.Object({ items: Type.Array(item), next: nullable(Type.String()), total: totalSchema });

/** Why an act is done: kept in the record. */
export const reasonText = Type.String({ minLength: 1, maxLength: 500, description: 'why; kept in the log' });
export const reasonBody = Type.Object({ reason: reasonText }, closed);
/** A day as people write it, `31/12/2026` or `2026-12-31`. */
export const dayText = Type.String({ minLength: 1, maxLength: 40 });

export const doneSchema = Type.Object({ revision: Type.Integer() });

/** It was not done: a second person is asked to approve it. */
export const askedSchema = Type.Object({ requestId: Type.Integer() });
export type DoneOrAsked = Static<typeof doneSchema> | Static<typeof askedSchema>;
