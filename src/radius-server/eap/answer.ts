// What an EAP round is answered with, before it becomes a RADIUS reply.
import type { Verdict } from '../../services/login.ts';

export type LoginAccept = Extract<Verdict, { kind: 'accept' }>;
type LoginReject = Extract<Verdict, { kind: 'reject' }>;

export type EapAnswer =
  | {
      readonly kind: 'continue';
      readonly message: Buffer;
      readonly state: string;
      /** For how long the gateway should wait for somebody who types; null: as it likes. */
      readonly answerSeconds: number | null;
      /** As after any first round of a challenge: when it leaves must tell nothing. */
      readonly isDelayed: boolean;
    }
  | {
      readonly kind: 'end';
      readonly verdict: LoginAccept | LoginReject;
      readonly message: Buffer;
      /** For the gateway, on success by a method that has keys: 64 octets, or 32 of EAP-MSCHAPv2. */
      readonly msk: Buffer | null;
    }
  /** No reply: the gateway asks again, or another node. */
  | { readonly kind: 'silent' };

/** An Accept that waits for the peer's last word. */
export interface HeldAccept {
  readonly verdict: LoginAccept;
  /** Monotonic; `sessionSeconds` counts from here. */
  readonly at: number;
}

/** What is left of it for a round that came in at `receivedMonotonic`; null: nothing. */
export function remainderOf(
  { verdict, at }: HeldAccept,
  receivedMonotonic: number,
  now: number,
): LoginAccept | null {
  // Decided in this very round: services have just counted.
  if (at >= receivedMonotonic) return verdict;
  const sessionSeconds = verdict.sessionSeconds - Math.ceil((now - at) / 1000);
  return sessionSeconds < 1 ? null : { ...verdict, sessionSeconds };
}

/** The keys of EAP-MSCHAPv2 (RFC 3079) as the server that knows the password sent them, 16 octets each; null: it sent none. */
export function mskOf({ msChap }: LoginAccept): Buffer | null {
  const keys = msChap?.keys ?? null;
  return keys === null ? null : Buffer.concat([keys.recv, keys.send]);
}
