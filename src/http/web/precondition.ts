// Entity tags (RFC 9110 §8.8.3) from revisions: who changes a thing says which state of it they have seen.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

export function setEntityTag(reply: FastifyReply, revision: number): void {
  reply.header('etag', `"${revision}"`);
}

/** The revision that the request rests on. @throws HttpProblem when it names none (428) */
export function readPrecondition(request: FastifyRequest): number {
  // Else it would not be in the description of the API.
  if (request.routeOptions.config.precondition !== true)
    throw new Error('the route declares no precondition');
  const text = request.headers['if-match'];
  if (text === undefined) throw new HttpProblem('precondition-required');
  const revision = /^"([1-9][0-9]{0,14})"$/.exec(text.trim())?.[1];
  if (revision === undefined) throw new HttpProblem('precondition-failed');
  return Number(revision);
}

/** Refuses (412) a change of something that is no longer as it was seen. */
export function checkPrecondition(expected: number, revision: number): void {
  if (expected !== revision) throw new HttpProblem('precondition-failed');
}
