// Entity tags (RFC 9110 §8.8.3): who changes a thing says which state of it they have seen.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

/** A revision, or a tag of what is shown (services/seen.ts), as it stands in a header. */
export function entityTag(tag: number | string): string {
  return `"${tag}"`;
}

export function setEntityTag(reply: FastifyReply, tag: number | string): void {
  reply.header('etag', entityTag(tag));
}

/** The tag of what the request rests on. @throws HttpProblem when it names none (428) */
export function readSeen(request: FastifyRequest): string {
  // Else it would not be in the description of the API.
  if (request.routeOptions.config.precondition !== true)
    throw new Error('the route declares no precondition');
  const text = request.headers['if-match'];
  if (text === undefined) throw new HttpProblem('precondition-required');
  const tag = /^"([\w-]{1,64})"$/.exec(text.trim())?.[1];
  if (tag === undefined) throw new HttpProblem('precondition-failed');
  return tag;
}

/** The revision that the request rests on. @throws HttpProblem when it names none (428) */
export function readPrecondition(request: FastifyRequest): number {
  const revision = /^[1-9][0-9]{0,14}$/.exec(readSeen(request))?.[0];
  if (revision === undefined) throw new HttpProblem('precondition-failed');
  return Number(revision);
}

/** Refuses (412) a change of something that is no longer as it was seen. */
export function checkPrecondition(expected: number, revision: number): void {
  if (expected !== revision) throw new HttpProblem('precondition-failed');
}
