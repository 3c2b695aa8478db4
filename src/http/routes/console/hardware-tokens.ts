// /api/v1/hardware-tokens: the stock of tokens, and who has which. Whoever hands one out gives access to an account: that asks for a fresh code.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { idParams } from '../../../api/common.ts';
import {
  handOverBodySchema,
  hardwareTokensQuerySchema,
  hardwareTokensSchema,
  replaceTokenBodySchema,
  synchroniseBodySchema,
  tokenActSchema,
  tokenImportBodySchema,
  tokenImportSchema,
  tokenStateBodySchema,
} from '../../../api/hardware-tokens.ts';
import { reaches } from '../../../core/permissions.ts';
import { tokenFaultTexts, tokenRemarkTexts } from '../../../core/token-fault-texts.ts';
import { getAccount } from '../../../services/accounts/account.ts';
import { type AdministrationDeps, readOrganisation } from '../../../services/administration.ts';
import { type RefusedToken, readTokenFile } from '../../../services/hardware-tokens/read-file.ts';
import {
  handOverToken,
  importTokens,
  replaceToken,
  seenOfToken,
  setTokenState,
  synchroniseToken,
} from '../../../services/hardware-tokens/stock.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { isResetOfTwo } from '../../../services/requests/four-eyes.ts';
import { tagOf } from '../../../services/seen.ts';
import { getUnit } from '../../../services/units.ts';
import { type AccountRow, findAccountById } from '../../../store/queries/accounts.ts';
import { listAuthenticators } from '../../../store/queries/authenticators.ts';
import {
  findStockToken,
  findTokenById,
  listTokens,
  type TokenRow,
} from '../../../store/queries/hardware-tokens.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import type { PskcSecret } from '../../../wire/pskc/pskc.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { entityTag, readSeen } from '../../web/precondition.ts';
import { fieldProblem, HttpProblem, languageOf } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { actingFor, refuseOwn } from './acts.ts';

const tags = ['hardware-tokens'];
/** Both the stock and an account are changed. */
const handOut = { access: { permission: 'account.reset-authenticator', of: 'list' } } as const;
const change = { ...handOut, precondition: true } as const;
const mostOctets = 10_000_000;

export const hardwareTokenRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store } = deps;

  /** Acts on the token as the caller has seen it. */
  const seeing = (request: FastifyRequest): AdministrationDeps => ({
    ...actingFor(deps, request),
    ifSeen: readSeen(request),
  });

  /** Whether what belongs to a unit (null: to all) lies within the caller's reach. */
  async function isWithin(request: FastifyRequest, unitId: number | null): Promise<boolean> {
    const reach = reachOfRequest(request);
    if (reach === 'everywhere') return true;
    const path = unitId === null ? null : await store.read((db) => findUnitPathOf(db, 'unit', unitId));
    return path !== null && reaches(reach, path);
  }

  /** An account within reach that is not the caller's own. */
  async function checkAccount(request: FastifyRequest, account: AccountRow | null): Promise<AccountRow> {
    const path =
      account === null ? null : await store.read((db) => findUnitPathOf(db, 'account', account.id));
    if (account === null || path === null || !reaches(reachOfRequest(request), path)) {
      throw new HttpProblem('not-found');
    }
    refuseOwn(request, account.personId);
    return account;
  }

  /** The token: in stock of a unit within reach, or of a holder within reach. */
  async function tokenOf(request: FastifyRequest, id: number): Promise<TokenRow> {
    const token = await store.read((db) => findTokenById(db, id));
    if (token === null) throw new HttpProblem('not-found');
    const { accountId } = token;
    if (accountId !== null) {
      await checkAccount(request, await store.read((db) => findAccountById(db, accountId)));
    } else if (!(await isWithin(request, token.unitId))) throw new HttpProblem('not-found');
    return token;
  }

  /** Where a second person approves resets, an account that has an authenticator gets no other past them. */
  async function refuseResetAlone(account: AccountRow): Promise<void> {
    const held = await store.read((db) => listAuthenticators(db, account.id));
    if (!held.some(({ state }) => state === 'active') || !(await isResetOfTwo(deps, account))) return;
    throw fieldProblem('user', {
      vi: [
        'Đổi phương tiện xác thực của tài khoản này cần hai người cùng duyệt.',
        'Hủy ứng dụng hoặc thiết bị cũ ở trang tài khoản (gửi đề nghị), sau khi duyệt thì giao thiết bị.',
      ],
      en: [
        'A second person has to approve another authenticator of this account.',
        "Revoke what it has on the account's page, which asks for that; hand the token over once it is approved.",
      ],
    });
  }

  server.get(
    '/api/v1/hardware-tokens',
    {
      config: { access: { permission: 'token-stock.read', of: 'list' } },
      schema: { tags, querystring: hardwareTokensQuerySchema, response: { 200: hardwareTokensSchema } },
    },
    async (request) => {
      const { q, state = null, cursor, limit } = request.query;
      const [after = ''] = readCursor(cursor, ['string']) ?? [];
      const query = {
        within: reachOfRequest(request),
        state,
        serial: q?.trim().toUpperCase() ?? '',
        after: String(after),
        limit: limit + 1,
      };
      const rows = await store.read((db) => listTokens(db, query));
      const { items, next } = pageOf(rows, limit, ({ serialNumber }) => [serialNumber]);
      return {
        items: items.map(({ unitCode: _, revision, ...item }) => ({
          ...item,
          etag: entityTag(tagOf(seenOfToken({ ...item, revision }))),
        })),
        next,
      };
    },
  );

  server.post(
    '/api/v1/hardware-tokens/import',
    {
      bodyLimit: mostOctets,
      // A passphrase is stretched as often as the file says.
      config: { access: { permission: 'token-stock.edit', of: 'list' }, rateLimit: secretLimit },
      schema: { tags, body: tokenImportBodySchema, response: { 200: tokenImportSchema } },
    },
    async (request) => {
      const { file, key, passphrase, unit, dryRun } = request.body;
      const unitId = unit === undefined ? null : (await getUnit(store, unit, 'unit')).id;
      if (!(await isWithin(request, unitId))) {
        throw fieldProblem('unit', {
          vi: ['Chỉ nhập kho cho đơn vị thuộc phạm vi quản lý.', 'Chọn đơn vị.'],
          en: ['The stock is that of a unit you look after.', 'Choose the unit.'],
        });
      }
      const secret: PskcSecret | null =
        key !== undefined
          ? { kind: 'key', octets: Buffer.from(key, 'hex') }
          : passphrase !== undefined
            ? { kind: 'passphrase', text: passphrase }
            : null;
      const read = await readTokenFile(Buffer.from(file, 'utf8'), secret);
      const order = { tokens: read.tokens, unit: unit ?? null, dryRun };
      const { added, known } = await importTokens(actingFor(deps, request), order);
      const language = languageOf(request);
      const all: RefusedToken[] = [
        ...read.refused,
        ...known.map((serialNumber) => ({ serialNumber, place: null, fault: 'known' as const })),
      ];
      return {
        added,
        refused: all.map((one) => ({ ...one, why: tokenFaultTexts[one.fault][language] })),
        format: read.format,
        remarks: read.remarks.map((remark) => tokenRemarkTexts[remark][language]),
      };
    },
  );

  server.post(
    '/api/v1/hardware-tokens/:id/hand-over',
    {
      config: change,
      schema: { tags, params: idParams, body: handOverBodySchema, response: { 200: tokenActSchema } },
    },
    async (request) => {
      const { serialNumber } = await tokenOf(request, request.params.id);
      const { realms } = await readOrganisation(store);
      const account = await checkAccount(request, await getAccount(store, request.body.user, realms));
      await refuseResetAlone(account);
      const { replace } = request.body;
      return handOverToken(seeing(request), { serialNumber, user: account.userName, replace });
    },
  );

  server.post(
    '/api/v1/hardware-tokens/:id/synchronise',
    {
      config: handOut,
      schema: { tags, params: idParams, body: synchroniseBodySchema, response: { 200: tokenActSchema } },
    },
    async (request) => {
      const { serialNumber } = await tokenOf(request, request.params.id);
      const { first, second } = request.body;
      return synchroniseToken(actingFor(deps, request), { serialNumber, codes: [first, second] });
    },
  );

  server.post(
    '/api/v1/hardware-tokens/:id/replace',
    {
      config: change,
      schema: { tags, params: idParams, body: replaceTokenBodySchema, response: { 200: tokenActSchema } },
    },
    async (request) => {
      const { serialNumber, accountId } = await tokenOf(request, request.params.id);
      const { formerIs, reason } = request.body;
      const by = request.body.serialNumber.trim().toUpperCase();
      const next = await store.read((db) => findStockToken(db, by));
      if (next !== null) await tokenOf(request, next.id);
      const account = accountId === null ? null : await store.read((db) => findAccountById(db, accountId));
      if (account !== null) await refuseResetAlone(account);
      return replaceToken(seeing(request), { serialNumber, by, formerIs, reason });
    },
  );

  server.post(
    '/api/v1/hardware-tokens/:id/state',
    {
      config: change,
      schema: { tags, params: idParams, body: tokenStateBodySchema, response: { 200: tokenActSchema } },
    },
    async (request) => {
      const { serialNumber, accountId } = await tokenOf(request, request.params.id);
      const account = accountId === null ? null : await store.read((db) => findAccountById(db, accountId));
      if (account !== null) await refuseResetAlone(account);
      return setTokenState(seeing(request), { serialNumber, ...request.body });
    },
  );
};
