// Tickets: what a browser holds between proving a right to enrol and having enrolled. Short, single use, one per ground.

import type { AccountRow } from '../../store/queries/accounts.ts';
import { findAccountById } from '../../store/queries/accounts.ts';
import { findTicket, putTicket, type TicketRow } from '../../store/queries/activation.ts';
import type { Db } from '../../store/tables.ts';
import { codeHashes } from './code-hash.ts';
import type { PortalDeps } from './deps.ts';

export const ticketLifetimeMs = 30 * 60_000;
const ticketOctets = 24;

/** Opens a ticket within a write; the browser keeps what is returned. */
export async function openTicket(
  { keyring, random, clock }: PortalDeps,
  db: Db,
  ground: Pick<TicketRow, 'accountId' | 'kind' | 'sourceId'>,
): Promise<string> {
  const ticket = random.bytes(ticketOctets).toString('base64url');
  const [ticketHash = ''] = codeHashes(keyring, 'ticket', ticket);
  const openedAt = clock.now();
  await putTicket(db, { ...ground, ticketHash, openedAt, expiresAt: openedAt + ticketLifetimeMs });
  return ticket;
}

export interface OpenTicket {
  readonly ticket: TicketRow;
  readonly account: AccountRow;
}

/** The ticket and its account, while it is good; null otherwise. */
export async function readTicket(
  { store, keyring, clock }: Pick<PortalDeps, 'store' | 'keyring' | 'clock'>,
  text: string,
): Promise<OpenTicket | null> {
  const hashes = codeHashes(keyring, 'ticket', text);
  return await store.read(async (db) => {
    const ticket = await findTicket(db, hashes, clock.now());
    const account = ticket === null ? null : await findAccountById(db, ticket.accountId);
    return ticket === null || account === null || account.status === 'withdrawn' ? null : { ticket, account };
  });
}
