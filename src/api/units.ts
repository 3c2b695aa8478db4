// Units in the API: the tree within reach, a new one, and what happens to units: renamed, merged, dissolved.
import { type Static, Type } from 'typebox';
import { closed, dayText, etagText, instant, nullable, reasonText } from './common.ts';

const text = (longest: number) => Type.String({ minLength: 1, maxLength: longest });

export const unitsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      etag: etagText,
      code: Type.String(),
      name: Type.String(),
      parentId: nullable(Type.Integer()),
      depth: Type.Integer({ minimum: 0 }),
    }),
    { description: 'a unit before those below it; none that is closed' },
  ),
});
export type Units = Static<typeof unitsSchema>;
export type UnitItem = Units['items'][number];

export const newUnitSchema = Type.Object(
  {
    code: text(64),
    name: text(300),
    parent: Type.String({ minLength: 1, maxLength: 64, description: 'code of the unit above' }),
  },
  closed,
);
export const unitAddedSchema = Type.Object({ id: Type.Integer() });

const unitEventKind = Type.Enum(['renamed', 'merged', 'dissolved']);

export const newUnitEventSchema = Type.Object(
  {
    kind: unitEventKind,
    from: dayText,
    documentNumber: text(100),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'renamed: the new name' })),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'renamed: the new code' })),
    into: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'merged, dissolved: code of who takes over' }),
    ),
    reapproveBy: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 40,
        description: 'merged, dissolved: last day on which papers given before count',
      }),
    ),
    dryRun: Type.Boolean({ default: false, description: 'only tell what it would do' }),
  },
  closed,
);

export const unitEventEnteredSchema = Type.Object({
  eventId: nullable(Type.Integer({ description: 'null: a dry run' })),
  state: Type.Enum(['scheduled', 'applied', 'dry-run']),
  effectiveAt: instant('takes effect'),
  reapproveBy: nullable(instant('papers given before count until then')),
  people: Type.Integer({ description: 'who move' }),
  accounts: Type.Integer({ description: 'of the unit' }),
  unitsBelow: Type.Integer(),
});
export type UnitEventEntered = Static<typeof unitEventEnteredSchema>;

export const unitEventsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.Enum(['merged', 'split', 'renamed', 'dissolved']),
      unit: Type.Object({ code: Type.String(), name: Type.String() }),
      effectiveAt: instant('takes effect'),
      documentNumber: Type.String(),
      state: Type.Enum(['scheduled', 'applied', 'undone']),
      recordedBy: Type.String(),
    }),
    { description: 'the newest first; no more than 200' },
  ),
});
export type UnitEvents = Static<typeof unitEventsSchema>;

export const undoUnitEventSchema = Type.Object({ reason: reasonText }, closed);
