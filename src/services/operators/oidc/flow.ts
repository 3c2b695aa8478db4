// A sign-in under way: sealed, kept by the browser that began it, good once and for minutes. Any node can finish it.
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import { spendChallenge } from '../../../store/queries/passkeys.ts';
import type { Store } from '../../../store/store.ts';
import type { Keyring } from '../../secrets/keyring.ts';
import type { Errand } from './provider.ts';

/** How long somebody may take at the provider's pages. */
export const flowMs = 10 * 60_000;
/** How long the local code may take after the provider has said yes. */
const pendingMs = 5 * 60_000;

export type OidcPurpose = 'sign-in' | 'step-up' | 'link';

export interface Flow extends Errand {
  readonly kind: 'flow';
  readonly id: string;
  readonly issuer: string;
  readonly purpose: OidcPurpose;
  /** Of the operator who is signed in already; null for a sign-in. */
  readonly session: { readonly id: number; readonly operatorId: number; readonly token: string } | null;
  /** The token that the browser came with: the provider's answer comes without its cookie (SameSite). */
  readonly former: string | null;
  readonly beganAt: number;
  readonly expiresAt: number;
}

/** The provider has said who it is; the local code is still wanted. */
export interface Pending {
  readonly kind: 'pending';
  readonly id: string;
  readonly operatorId: number;
  /** Of issuer and subject (identity.ts). */
  readonly subject: string;
  readonly expiresAt: number;
}

export interface FlowDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
}

const context = 'operator-oidc';

function seal({ keyring }: FlowDeps, value: Flow | Pending): string {
  return keyring.seal(Buffer.from(JSON.stringify(value)), context).toString('base64url');
}

const newId = (random: Random) => random.bytes(32).toString('base64url');

/** A new errand, and its seal for the browser's cookie. */
export function beginFlow(
  deps: FlowDeps,
  of: Pick<Flow, 'issuer' | 'purpose' | 'session' | 'former' | 'redirectUri' | 'isFresh'>,
): { readonly flow: Flow; readonly sealed: string } {
  const { clock, random } = deps;
  const beganAt = clock.now();
  const flow: Flow = {
    kind: 'flow',
    id: `oidc:${random.bytes(16).toString('base64url')}`,
    state: newId(random),
    nonce: newId(random),
    codeVerifier: newId(random),
    beganAt,
    expiresAt: beganAt + flowMs,
    ...of,
  };
  return { flow, sealed: seal(deps, flow) };
}

export function beginPending(deps: FlowDeps, of: Pick<Pending, 'operatorId' | 'subject'>): string {
  const { clock, random } = deps;
  const id = `oidc:${random.bytes(16).toString('base64url')}`;
  return seal(deps, { kind: 'pending', id, expiresAt: clock.now() + pendingMs, ...of });
}

async function open<K extends 'flow' | 'pending'>(
  { keyring, clock }: FlowDeps,
  sealed: string,
  kind: K,
): Promise<(K extends 'flow' ? Flow : Pending) | null> {
  try {
    const octets = await keyring.openReloading(Buffer.from(sealed, 'base64url'), context);
    const value = JSON.parse(octets.toString('utf8')) as Flow | Pending;
    const isMeant = value.kind === kind && value.expiresAt > clock.now();
    return isMeant ? (value as K extends 'flow' ? Flow : Pending) : null;
  } catch {
    // Made up, or sealed for something else.
    return null;
  }
}

export const openPending = (deps: FlowDeps, sealed: string) => open(deps, sealed, 'pending');

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The errand that this browser was sent on, spent; null: none, another (its `state` differs), too old, or answered before. */
export async function spendFlow(
  deps: FlowDeps,
  sealed: string | null,
  state: string | null,
): Promise<Flow | null> {
  const flow = sealed === null ? null : await open(deps, sealed, 'flow');
  if (flow === null || state === null || !isSame(state, flow.state)) return null;
  const isFirst = await deps.store.write((db) => spendChallenge(db, flow.id, flow.expiresAt));
  return isFirst ? flow : null;
}
