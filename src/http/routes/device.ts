// /device/v1 on the portal's listener: nonces, registration and renewal of workstations' keys, tickets. Translates; services decide.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  devicePaths,
  nonceSchema,
  proofHeader,
  type Refusal,
  refusalSchema,
  registrationBodySchema,
  registrationSchema,
  renewalBodySchema,
  ticketBodySchema,
  ticketSchema,
} from '../../api/device.ts';
import { normaliseIdentifier } from '../../core/evidence.ts';
import '../web/access.ts';
import type { Log } from '../../base/log.ts';
import { createRareLog } from '../../base/rare-log.ts';
import type { Nonces } from '../../services/device/nonces.ts';
import { type GoodProof, type ProofResult, verifyProof } from '../../services/device/proof.ts';
import { createBadProofs } from '../../services/device/record.ts';
import { buyTicket, type DeviceDeps } from '../../services/device/tickets.ts';
import { findRegistration, renewKey, requestKey } from '../../services/workstation-keys/keys.ts';

export interface DeviceRouteDeps extends Omit<DeviceDeps, 'badProofs' | 'rareLog'> {
  readonly log: Log;
  readonly nonces: Nonces;
}

const answers = (schema: object) => ({
  200: schema,
  401: refusalSchema,
  403: refusalSchema,
  503: refusalSchema,
});
const status = {
  'device-proof-invalid': 401,
  refused: 403,
  'code-refused': 403,
  'key-known': 403,
  undecided: 503,
};

/** A unit behind one address starts work within minutes; guessing is stopped by each account's own counters. */
const rateLimit = { max: 900, timeWindow: 60_000 };
/** No cookie counts here, so there is nothing that another site could misuse. */
const config = { access: { open: true }, crossSite: true, rateLimit } as const;

/** How often it is looked whether a minute with more refused proofs than get a record each has passed. */
const sumMs = 10_000;

/** Routes without a session: whoever has a registered key, or a code to register one, or password and code. */
export const deviceRoutes: FastifyPluginAsyncTypebox<DeviceRouteDeps> = async (server, deps) => {
  const { nonces, clock, log } = deps;
  const badProofs = createBadProofs(deps);
  const rareLog = createRareLog(log, clock);
  const sums = setInterval(() => {
    badProofs.flush().catch((error) => log.error({ err: error }, 'refused proofs could not be summed up'));
  }, sumMs);
  sums.unref();
  server.addHook('onClose', async () => {
    clearInterval(sums);
    await badProofs.flush(true);
  });

  function refuse(
    reply: FastifyReply,
    refusal: Omit<Refusal, 'nonce' | 'lookupCode'> & { lookupCode?: string },
  ) {
    const { reason, detail, lookupCode = null } = refusal;
    const nonce = nonces.issue(clock.now());
    reply.code(status[reason] as 401).header('dpop-nonce', nonce);
    return { reason, detail, lookupCode, nonce };
  }

  async function refuseProof(
    reply: FastifyReply,
    request: FastifyRequest,
    fault: Extract<ProofResult, { kind: 'bad' }>['fault'],
  ) {
    const lookupCode = await badProofs.record({ fault, address: addressOf(request), path: request.url });
    return refuse(reply, { reason: 'device-proof-invalid', detail: fault, lookupCode });
  }

  function verify(request: FastifyRequest, jwt: unknown): Promise<ProofResult> {
    const { method, host } = request;
    const path = request.url.split('?', 1)[0] ?? '';
    return verifyProof(typeof jwt === 'string' ? jwt : '', { method, host, path }, nonces, clock.now());
  }

  server.post(devicePaths.nonces, { config, schema: { response: { 200: nonceSchema } } }, async () => ({
    nonce: nonces.issue(clock.now()),
  }));

  server.post(
    devicePaths.registrations,
    { config, schema: { body: registrationBodySchema, response: answers(registrationSchema) } },
    async (request, reply) => {
      const verified = await verify(request, request.headers[proofHeader]);
      if (verified.kind === 'bad') return await refuseProof(reply, request, verified.fault);
      const asked = await requestKey(deps, {
        ...keyOf(request.body, verified.proof),
        code: request.body.code,
      });
      switch (asked.kind) {
        case 'pending':
          return { state: 'pending' as const, assetTag: asked.assetTag, certificate: null, validUntil: null };
        case 'nonce-used':
          return await refuseProof(reply, request, 'nonce');
        default:
          return refuse(reply, { reason: asked.kind, detail: null });
      }
    },
  );

  server.post(
    devicePaths.registration,
    { config, schema: { response: answers(registrationSchema) } },
    async (request, reply) => {
      const verified = await verify(request, request.headers[proofHeader]);
      if (verified.kind === 'bad') return await refuseProof(reply, request, verified.fault);
      const { certificate, ...found } = await findRegistration(deps.store, verified.proof.identifier);
      return { ...found, certificate: certificate?.toString('base64') ?? null };
    },
  );

  server.post(
    devicePaths.renewals,
    { config, schema: { body: renewalBodySchema, response: answers(registrationSchema) } },
    async (request, reply) => {
      const former = await verify(request, request.headers[proofHeader]);
      if (former.kind === 'bad') return await refuseProof(reply, request, former.fault);
      const fresh = await verify(request, request.body.proof);
      if (fresh.kind === 'bad') return await refuseProof(reply, request, fresh.fault);
      const renewed = await renewKey(deps, { ...keyOf(request.body, fresh.proof), former: former.proof });
      switch (renewed.kind) {
        case 'renewed': {
          const { assetTag, validUntil } = renewed;
          const certificate = renewed.certificate?.toString('base64') ?? null;
          return { state: 'active' as const, assetTag, certificate, validUntil };
        }
        case 'nonce-used':
          return await refuseProof(reply, request, 'nonce');
        case 'former-unknown':
          return await refuseProof(reply, request, 'signature');
        default:
          return refuse(reply, { reason: renewed.kind, detail: null });
      }
    },
  );

  server.post(
    devicePaths.tickets,
    { config, schema: { body: ticketBodySchema, response: answers(ticketSchema) } },
    async (request, reply) => {
      const receivedAt = clock.now();
      const { userName, delivery, password, code, workstation = null } = request.body;
      const secrets = password === undefined || code === undefined ? null : { password, code };
      const shown = request.headers[proofHeader];
      // Neither a proof nor secrets: judged as a proof that is none.
      const proof = shown === undefined && secrets !== null ? null : await verify(request, shown);
      const answer = await buyTicket(
        { ...deps, badProofs, rareLog },
        {
          userName,
          proof,
          secrets,
          assetTag: workstation,
          delivery,
          address: addressOf(request),
          receivedAt,
        },
      );
      switch (answer.kind) {
        case 'sold': {
          const { address, expiresAt, token } = answer;
          return { address, expiresAt, token };
        }
        case 'undecided':
          return refuse(reply, { reason: 'undecided', detail: null });
        case 'refused': {
          const { denial, lookupCode } = answer;
          // Of the proof its maker is told what is wrong; of the account nobody is.
          return denial.reason === 'device-proof-invalid'
            ? refuse(reply, { reason: denial.reason, detail: denial.detail, lookupCode })
            : refuse(reply, { reason: 'refused', detail: null, lookupCode });
        }
      }
    },
  );
};

function addressOf(request: FastifyRequest): string {
  return normaliseIdentifier('source-address', request.ip) ?? request.ip;
}

function keyOf(
  body: {
    readonly storage: 'pkcs11' | 'tpm' | 'file' | 'unknown';
    readonly label: string;
    readonly signingRequest?: string;
  },
  proof: GoodProof,
) {
  const { storage, label, signingRequest } = body;
  return {
    proof,
    storage,
    label: label.replaceAll(/\p{C}/gu, '?'),
    signingRequest: signingRequest === undefined ? null : Buffer.from(signingRequest, 'base64'),
  };
}
