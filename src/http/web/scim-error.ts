// How a client of SCIM is told of an error: RFC 7644 §3.12, in the media type of §3.1.
import type { FastifyReply } from 'fastify';
import { errorBody, type ScimError } from '../../wire/scim/error.ts';

export const scimMediaType = 'application/scim+json; charset=utf-8';

export function sendScimError(error: ScimError, reply: FastifyReply): FastifyReply {
  return reply.code(error.status).type(scimMediaType).send(errorBody(error));
}
