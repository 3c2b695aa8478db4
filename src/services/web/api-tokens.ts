// Tokens for programs: random, shown once, kept as a hash, limited in what they may do and for how long.
import { OperatorError } from '../../base/errors.ts';
import { type Permission, tokenPermissions } from '../../core/permissions.ts';
import {
  type ApiTokenRow,
  findApiToken,
  findMissingOwner,
  insertApiToken,
  listApiTokens,
  revokeApiTokenRow,
  touchApiToken,
} from '../../store/queries/api-tokens.ts';
import type { Store } from '../../store/store.ts';
import { type AdministrationDeps, recordAct } from '../administration.ts';
import { hashToken, newToken } from './sessions.ts';

/** What a token may be for: reading and acting through the API, a personnel source, a gateway's decisions. */
const integrationScopes = ['scim', 'decisions'] as const;
export type TokenScope = Permission | (typeof integrationScopes)[number];

export const tokenScopes: readonly TokenScope[] = [...tokenPermissions, ...integrationScopes];

/** Recognisable in a leak, by people and by scanners. */
const prefix = 'gwt_';
const touchMs = 60_000;
const day = 86_400_000;
const longestDays = 366;

/** A token as whoever asks with it is known. */
export interface ApiToken {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly unitPath: string | null;
  readonly sourceName: string | null;
  readonly gatewayId: number | null;
}

function scopesOf(row: Pick<ApiTokenRow, 'scopes'>): TokenScope[] {
  const listed: unknown = JSON.parse(row.scopes);
  return Array.isArray(listed) ? tokenScopes.filter((scope) => listed.includes(scope)) : [];
}

/** The token in force; null for anything else, without a hint why. */
export async function findToken(
  { store, clock }: Pick<AdministrationDeps, 'store' | 'clock'>,
  text: string,
): Promise<ApiToken | null> {
  if (!text.startsWith(prefix) || text.length > 100) return null;
  const now = clock.now();
  const row = await store.read((db) => findApiToken(db, hashToken(text), now));
  if (row === null) return null;
  if (now - (row.lastUsedAt ?? 0) >= touchMs) await store.write((db) => touchApiToken(db, row.id, now));
  const { id, name, unitPath, sourceName, gatewayId } = row;
  return { id, name, scopes: scopesOf(row), unitPath, sourceName, gatewayId };
}

interface TokenOrder {
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly days: number;
  readonly unitId?: number | null;
  /** Whose events it brings; needed for `scim`. */
  readonly sourceName?: string | null;
  /** Whose questions it asks; needed for `decisions`. */
  readonly gatewayId?: number | null;
  /** The operator who made it; null: the command line. */
  readonly createdBy?: number | null;
}

function refuse(at: string, message: string, remedy: string, vi: readonly [string, string]): never {
  throw new OperatorError(message, { at, remedy, vi });
}

/**
 * Makes a token.
 * @returns its text, which is nowhere kept
 * @throws OperatorError when it would be for nothing, for too long, or for a source or gateway that is not named
 */
export async function createToken(
  deps: AdministrationDeps,
  order: TokenOrder,
): Promise<{ readonly id: number; readonly token: string; readonly expiresAt: number }> {
  const name = order.name.trim().normalize('NFC');
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
    refuse('name', 'The token has no name of up to 100 characters.', 'Say what program uses it.', [
      'Token chưa có tên, hoặc tên dài quá 100 ký tự.',
      'Ghi tên chương trình dùng token.',
    ]);
  }
  const scopes = [...new Set(order.scopes)].sort();
  if (scopes.length === 0)
    refuse('scopes', 'The token may do nothing.', 'Name at least one scope.', [
      'Token chưa được làm gì.',
      'Chọn ít nhất một quyền.',
    ]);
  const unknown = scopes.find((scope) => !tokenScopes.includes(scope));
  if (unknown !== undefined) {
    refuse(
      'scopes',
      `${unknown} is nothing that a token may do.`,
      `Choose among ${tokenScopes.join(', ')}.`,
      [`Không có quyền ${unknown} cho token.`, 'Chọn quyền trong danh sách.'],
    );
  }
  if (scopes.includes('scim') !== (order.sourceName != null)) {
    refuse('sourceName', 'A token with the scope scim belongs to one source.', 'Name the source, and scim.', [
      'Token SCIM gắn với một nguồn dữ liệu.',
      'Chọn nguồn và quyền scim.',
    ]);
  }
  if (scopes.includes('decisions') !== (order.gatewayId != null)) {
    refuse('gatewayId', 'A token with the scope decisions belongs to one gateway.', 'Name the gateway.', [
      'Token quyết định gắn với một cổng VPN.',
      'Chọn cổng.',
    ]);
  }
  if (scopes.length > 1 && scopes.some((scope) => (integrationScopes as readonly string[]).includes(scope))) {
    refuse('scopes', 'scim and decisions stand alone.', 'Make a token for each purpose.', [
      'Quyền scim và decisions phải đứng riêng.',
      'Tạo token riêng cho từng việc.',
    ]);
  }
  if (!Number.isInteger(order.days) || order.days < 1 || order.days > longestDays) {
    refuse('days', `A token lasts 1 to ${longestDays} days.`, 'Choose a term, and renew it before its end.', [
      `Token có hiệu lực 1 đến ${longestDays} ngày.`,
      'Chọn thời hạn, và thay trước khi hết hạn.',
    ]);
  }
  const token = `${prefix}${newToken(deps.random)}`;
  const createdAt = deps.clock.now();
  const expiresAt = createdAt + order.days * day;
  const { sourceName = null, gatewayId = null } = order;
  const id = await deps.store.write(async (db) => {
    const missing = await findMissingOwner(db, { sourceName, gatewayId });
    if (missing !== null)
      refuse(missing, 'It does not exist.', 'Choose one of those that are declared.', [
        'Mục được chọn không còn.',
        'Chọn mục đang có.',
      ]);
    const tokenId = await insertApiToken(db, {
      name,
      tokenHash: hashToken(token),
      scopes: JSON.stringify(scopes),
      unitId: order.unitId ?? null,
      sourceName: order.sourceName ?? null,
      gatewayId: order.gatewayId ?? null,
      createdBy: order.createdBy ?? null,
      createdAt,
      expiresAt,
    });
    await recordAct(db, deps.by, {
      verb: 'api-token.create',
      at: createdAt,
      ...(order.gatewayId == null ? {} : { gatewayId: order.gatewayId }),
      body: {
        tokenId,
        scopes: scopes.join(' '),
        expiresAt,
        unitId: order.unitId ?? null,
        source: order.sourceName ?? null,
      },
      personal: { name },
    });
    return tokenId;
  });
  return { id, token, expiresAt };
}

/** Revokes a token at once; false when there is none in force. */
export async function revokeToken(deps: AdministrationDeps, id: number): Promise<boolean> {
  const at = deps.clock.now();
  return deps.store.write(async (db) => {
    const row = await revokeApiTokenRow(db, id, at);
    if (row === null) return false;
    await recordAct(db, deps.by, {
      verb: 'api-token.revoke',
      at,
      ...(row.gatewayId === null ? {} : { gatewayId: row.gatewayId }),
      body: { tokenId: id },
      personal: { name: row.name },
    });
    return true;
  });
}

export async function listTokens(
  store: Pick<Store, 'read'>,
): Promise<(Omit<ApiTokenRow, 'scopes' | 'tokenHash'> & { readonly scopes: TokenScope[] })[]> {
  const rows = await store.read(listApiTokens);
  return rows.map(({ tokenHash: _, ...row }) => ({ ...row, scopes: scopesOf(row) }));
}
