// `gatewarden token …`: tokens for programs that ask or tell by HTTP; a SCIM client's belongs to its source.
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { createToken, listTokens, revokeToken, tokenScopes } from '../services/web/api-tokens.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';

const defaultDays = 365;
/** A gateway's tokens are made by `gateway token`. */
const scopes = tokenScopes.filter((scope) => scope !== 'decisions');

const createOperation = defineOperation(
  'token.create',
  orderSchema({
    name: Type.String(),
    scopes: Type.Array(Type.Enum([...scopes])),
    source: Type.Union([Type.String(), Type.Null()]),
    days: Type.Number(),
  }),
  async (context, args, output) => {
    const made = await createToken(administrationDeps(context, args), {
      name: args.name,
      scopes: args.scopes,
      days: args.days,
      sourceName: args.source,
    });
    output.emit(
      text(`Token ${made.id}, until ${iso(made.expiresAt)}. It is shown this once and kept nowhere:`),
    );
    output.emit(text(`  ${made.token}`));
    return { id: made.id, token: made.token, expiresAt: iso(made.expiresAt) };
  },
);

const listOperation = defineOperation('token.list', Type.Object({}), async (context, _args, output) => {
  const now = context.clock.now();
  const tokens = (await listTokens(context.store)).map((token) => ({
    id: token.id,
    name: token.name,
    scopes: token.scopes,
    source: token.sourceName,
    expiresAt: iso(token.expiresAt),
    lastUsedAt: iso(token.lastUsedAt),
    state: token.revokedAt !== null ? 'revoked' : token.expiresAt <= now ? 'over' : 'in force',
  }));
  output.emit({
    type: 'table',
    columns: ['Number', 'Name', 'May', 'Source', 'Until (UTC)', 'Last used (UTC)', 'State'],
    rows: tokens.map((token) => [
      String(token.id),
      token.name,
      token.scopes.join(' '),
      token.source ?? '',
      token.expiresAt,
      token.lastUsedAt ?? '',
      token.state,
    ]),
  });
  return tokens;
});

const revokeOperation = defineOperation(
  'token.revoke',
  orderSchema({ id: Type.Integer({ minimum: 1 }) }),
  async (context, args, output) => {
    if (!(await revokeToken(administrationDeps(context, args), args.id))) {
      throw new OperatorError(`There is no token ${args.id} in force.`, {
        at: String(args.id),
        remedy: 'See "gatewarden token list".',
        fault: 'not-found',
      });
    }
    output.emit(text(`Token ${args.id} is revoked: from now on nothing is answered to who uses it.`));
    return { id: args.id, revoked: true };
  },
);

export const tokenOperations: readonly Operation[] = [createOperation, listOperation, revokeOperation];

/** @throws OperatorError that names the option or argument `at` */
export function wholeNumber(value: unknown, at: string): number {
  const words = String(value);
  if (/^\d{1,9}$/.test(words)) return Number(words);
  throw new OperatorError(`${JSON.stringify(words.slice(0, 40))} is not a whole number.`, {
    at,
    remedy: 'Give digits only, such as 90.',
  });
}

export const tokenCommands: readonly CliCommand[] = [
  {
    path: ['token', 'create'],
    summary: 'make a token; it is shown once',
    declare: (command) =>
      void command
        .argument('<name>', 'what program uses it')
        .option('--source <name>', 'for the SCIM client of this source')
        .option('--scope <scopes...>', 'else what it may do, such as account.read')
        .option('--days <days>', 'how long it lasts, up to 366', String(defaultDays)),
    async run(invocation) {
      const { source, scope, days } = invocation.options;
      const named = Array.isArray(scope) ? scope.map(String) : [];
      const unknown = named.find((one) => !scopes.some((known) => known === one));
      if (unknown !== undefined) {
        throw new OperatorError(`${JSON.stringify(unknown.slice(0, 40))} is nothing that a token may do.`, {
          at: '--scope',
          remedy: `Choose among ${scopes.join(', ')}.`,
        });
      }
      return {
        value: await invocation.call(createOperation, {
          by: administratorOf(invocation),
          name: operand(invocation, 0),
          scopes: typeof source === 'string' ? [...new Set([...named, 'scim'])] : named,
          source: typeof source === 'string' ? source : null,
          days: wholeNumber(days, '--days'),
        }),
      };
    },
  },
  {
    path: ['token', 'list'],
    summary: 'list the tokens, without what they consist of',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(listOperation, {}) }),
  },
  {
    path: ['token', 'revoke'],
    summary: 'revoke a token at once',
    declare: (command) => void command.argument('<number>', 'as in "token list"'),
    run: async (invocation) => ({
      value: await invocation.call(revokeOperation, {
        by: administratorOf(invocation),
        id: wholeNumber(operand(invocation, 0), 'number'),
      }),
    }),
  },
];
