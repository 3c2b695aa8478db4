// Whom an ID token speaks of: the operator who is linked to its subject, or, the first time, the one whom a claim names. And what it
// proves: when the provider authenticated them, and by two factors or one.
import type { OidcConfig } from '../../../config/oidc.ts';
import { canonicalUserName } from '../../../core/user-name.ts';
import {
  findOperatorByName,
  findOperatorBySubject,
  findOperatorOfPerson,
  type OperatorWithPerson,
} from '../../../store/queries/operators.ts';
import { findPersonByStaffCode } from '../../../store/queries/people.ts';
import type { Db } from '../../../store/tables.ts';
import type { Claims } from './provider.ts';
import { toleranceSeconds } from './provider.ts';
import type { OidcRefusal } from './refusals.ts';

/** An issuer holds no `#` (OpenID Connect Core §2): the two can't be confused. */
export function subjectOf(issuer: string, sub: string): string {
  return `${issuer}#${sub}`;
}

/** Whether an operator is linked to a subject of this provider; one of a former provider counts for nothing. */
export function isLinked(
  { oidcSubject }: Pick<OperatorWithPerson, 'oidcSubject'>,
  { issuer }: Pick<OidcConfig, 'issuer'>,
): boolean {
  return oidcSubject?.startsWith(`${issuer}#`) === true;
}

export type Found =
  | { readonly kind: 'operator'; readonly operator: OperatorWithPerson; readonly isNew: boolean }
  | {
      readonly kind: 'refused';
      readonly refusal: Extract<OidcRefusal, 'unknown' | 'email-unverified' | 'other-subject'>;
    };

/** The value of the claim as the operator's own is written; null: it names nobody. */
function nameOf(value: unknown, domain: string | null): string | null {
  if (typeof value !== 'string' || value.length > 200) return null;
  if (domain === null) return value;
  const at = value.lastIndexOf('@');
  return at > 0 && value.slice(at + 1).toLowerCase() === domain ? value.slice(0, at) : null;
}

async function findByName(db: Db, matches: OidcConfig['identity']['matches'], name: string) {
  if (matches === 'staffCode') {
    const person = await findPersonByStaffCode(db, name);
    return person === null ? null : await findOperatorOfPerson(db, person.id);
  }
  // No wide or accented letter that would fold into another person's name.
  if (!/^[!-~]+$/.test(name)) return null;
  const canonical = canonicalUserName(name, { realms: [] });
  return canonical.ok ? await findOperatorByName(db, canonical.userName) : null;
}

/** Finds the operator; nobody is made. `isNew`: the claim names them, and they are not linked yet. */
export async function findOperatorOf(db: Db, config: OidcConfig, claims: Claims): Promise<Found> {
  const { claim, matches, domain } = config.identity;
  const linked = await findOperatorBySubject(db, subjectOf(config.issuer, claims.sub));
  if (linked !== null) return { kind: 'operator', operator: linked, isNew: false };
  if (claim === 'sub') return { kind: 'refused', refusal: 'unknown' };
  if (claim === 'email' && claims['email_verified'] !== true) {
    return { kind: 'refused', refusal: 'email-unverified' };
  }
  const name = nameOf(claims[claim], domain);
  const operator = name === null ? null : await findByName(db, matches, name);
  if (operator === null) return { kind: 'refused', refusal: 'unknown' };
  if (isLinked(operator, config)) return { kind: 'refused', refusal: 'other-subject' };
  return { kind: 'operator', operator, isNew: true };
}

/** A claim that may be one text or a list of them. */
function textsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Whether the provider says that it asked for a second factor, in one of the ways that are configured. */
export function provesSecondFactor(claims: Claims, { amr, acr, acrs }: OidcConfig['secondFactor']): boolean {
  const names = (claim: string, wanted: readonly string[]) =>
    textsOf(claims[claim]).some((value) => typeof value === 'string' && wanted.includes(value));
  return names('amr', amr) || names('acr', acr) || names('acrs', acrs);
}

/** Whether the provider authenticated the operator since an instant, by its own word: without one it did not. */
export function isAuthenticatedSince(claims: Claims, since: number, now: number): boolean {
  const seconds = claims['auth_time'];
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return false;
  const tolerance = toleranceSeconds * 1_000;
  const at = seconds * 1_000;
  return at >= since - tolerance && at <= now + tolerance;
}
