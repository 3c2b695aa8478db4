// News of a session over HTTPS, as accounting takes it.
import type { SessionNewsBody } from '../../api/gateway.ts';
import { normaliseIdentifier } from '../../core/evidence.ts';
import type { AccountingNews } from '../../services/sessions/accounting.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import { fieldProblem } from '../web/problem.ts';
import { stationOf } from './login.ts';

function missing(field: string): never {
  throw fieldProblem(field, {
    vi: ['Chưa có giá trị.', 'Nhập giá trị, như trong lượt đăng nhập.'],
    en: ['It is missing.', 'Give the value, as in the login.'],
  });
}

/** @throws HttpProblem that names the field */
export function toNews(body: SessionNewsBody, gateway: Gateway, receivedAt: number): AccountingNews {
  const { gatewayId, profile } = gateway;
  const { kind } = body;
  const at = receivedAt - body.delaySeconds * 1_000;
  if (kind === 'restart') return { kind, gatewayId, at };
  const {
    userName = missing('userName'),
    sessionId = missing('sessionId'),
    sessionReference,
    tunnelAddress,
    octetsIn = null,
    octetsOut = null,
  } = body;
  return {
    kind,
    gatewayId,
    at,
    receivedAt,
    userName,
    station: stationOf(body.client),
    acctSessionId: sessionId,
    references: sessionReference === undefined ? [] : [sessionReference],
    framedIpAddress: normaliseIdentifier('source-address', tunnelAddress ?? ''),
    octetsIn,
    octetsOut,
    terminateCause: null,
    identification: {},
    interimMs: profile.accounting.interimSeconds * 1_000,
  };
}
