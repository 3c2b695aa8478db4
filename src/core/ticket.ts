// Tickets: proof of the workstation (or of password and code) that was given over HTTPS moments ago, to be spent by one login.
import type { AccountFacts, TicketFact } from './facts.ts';
import type { Reason } from './reasons.ts';

/** What a request brings along by which a ticket is found. */
export interface TicketPresentation {
  /**
   * `address`: the gateway tells where the holder connects from, and the broker looks for a ticket bought there. `token`: it does
   * not, and the holder's program put a token into the password field.
   */
  readonly by: 'address' | 'token';
  /** Canonical IP address of the holder; null: the gateway named none. */
  readonly address: string | null;
  /** SHA-256 (hex) of the token that came; null: none did. */
  readonly tokenHash: string | null;
  /** The instant at which tickets must not have expired: that of round one, when this answers a challenge. */
  readonly at: number;
}

type TicketFault = Extract<Reason, `device-ticket-${string}`>;

export type TicketVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'good'; readonly ticket: TicketFact }
  /** `presented`: somebody showed it, rather than that one lay about. */
  | { readonly kind: 'bad'; readonly fault: TicketFault; readonly presented: boolean };

const none: TicketVerdict = { kind: 'none' };

/** The ticket of one kind that a request may spend, or what is wrong with the one it seems to mean. */
export function judgeTicket(
  account: AccountFacts,
  kind: TicketFact['kind'],
  presentation: TicketPresentation | null,
): TicketVerdict {
  if (presentation === null) return none;
  const tickets = account.tickets.filter((ticket) => ticket.kind === kind);
  return presentation.by === 'token' ? byToken(tickets, presentation) : byAddress(tickets, presentation);
}

function byToken(tickets: readonly TicketFact[], { tokenHash, at }: TicketPresentation): TicketVerdict {
  if (tokenHash === null) return none;
  const ticket = tickets.find((one) => one.tokenHash === tokenHash);
  // Another account's, or nobody's: which of them is not said.
  if (ticket === undefined) return { kind: 'bad', fault: 'device-ticket-mismatch', presented: true };
  const fault = faultOf(ticket, at);
  return fault === null ? { kind: 'good', ticket } : { kind: 'bad', fault, presented: true };
}

function byAddress(all: readonly TicketFact[], { address, at }: TicketPresentation): TicketVerdict {
  // One that was given out as a token is spent by its token alone: whoever shares the address doesn't have it.
  const tickets = all.filter((one) => one.tokenHash === null);
  const here = tickets.filter((one) => address !== null && one.address === address);
  const usable = newest(here.filter((one) => faultOf(one, at) === null));
  if (usable !== null) return { kind: 'good', ticket: usable };
  // What was used up or ran out elsewhere says nothing about this login; one that is good elsewhere does.
  const last = newest([...here, ...tickets.filter((one) => faultOf(one, at) === null)]);
  if (last === null) return none;
  return { kind: 'bad', fault: faultOf(last, at) ?? 'device-ticket-mismatch', presented: false };
}

function faultOf(ticket: TicketFact, at: number): TicketFault | null {
  if (ticket.isSpent) return 'device-ticket-used';
  return at < ticket.expiresAt ? null : 'device-ticket-expired';
}

function newest(tickets: readonly TicketFact[]): TicketFact | null {
  return tickets.reduce<TicketFact | null>(
    (best, one) => (best === null || one.ticketId > best.ticketId ? one : best),
    null,
  );
}
