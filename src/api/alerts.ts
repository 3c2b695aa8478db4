// Alerts in the API: what was raised, about whom, resting on which record.
import { type Static, Type } from 'typebox';
import { closed, instant, nullable, pageOf, pageQuery } from './common.ts';

export const alertsQuerySchema = Type.Object(
  { ...pageQuery, rule: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })) },
  closed,
);

const alertItem = Type.Object({
  id: Type.Integer(),
  rule: Type.String(),
  at: instant('when it was raised'),
  accountId: nullable(Type.Integer()),
  userName: nullable(Type.String()),
  fullName: nullable(Type.String()),
  unitName: nullable(Type.String()),
  operator: nullable(
    Type.Object(
      {
        signInName: Type.String(),
        madeBy: nullable(Type.String({ description: 'who made the link' })),
        endedBy: nullable(Type.String({ description: 'who ended the role' })),
        network: nullable(Type.String({ description: 'where the link was used from' })),
      },
      { description: 'of an alert about an operator' },
    ),
  ),
  record: Type.String({ description: 'chain:seq of the record that it rests on' }),
});
export const alertsSchema = pageOf(alertItem);
export type AlertItem = Static<typeof alertItem>;
