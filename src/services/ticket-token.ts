// The token of a ticket: what a workstation's program appends to the password where the gateway hides the client's address.
import { createHash } from 'node:crypto';
import { type Random, randomCode } from '../base/random.ts';

/** 80 bits: nobody guesses one within the minute that it is good for. */
const tokenLength = 16;

/** As it is given out, once. */
export function newTicketToken(random: Random): string {
  return randomCode(random, tokenLength).toLowerCase();
}

/** As it is kept: SHA-256, hex. */
export function ticketTokenHash(token: string): string {
  return createHash('sha256').update(`device ticket\0${token.toLowerCase()}`).digest('hex');
}
