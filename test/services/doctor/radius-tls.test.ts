// What the doctor says of RADIUS/TLS and of those who keep passwords.
import { expect, test } from 'vitest';
import { OperatorError } from '../../../src/base/errors.ts';
import { examineRadiusTls, examineUpstreams } from '../../../src/services/doctor/radius-tls.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 2, 2);
const of = (over: Partial<Parameters<typeof examineRadiusTls>[0]>) =>
  examineRadiusTls({
    readValidUntil: null,
    onlyOverTls: [],
    refused: null,
    now,
    timeZone: 'Asia/Ho_Chi_Minh',
    ...over,
  }).map(({ check, state, what }) => `${check} ${state}: ${what.en}`);

test('nothing is said where it is not used', () => {
  expect(of({})).toEqual([]);
});

test('clients that come over TLS alone need it', () => {
  expect(of({ onlyOverTls: ['vpn1', 'vpn2'] })).toEqual([
    'radius-tls fault: RADIUS/TLS is not switched on, and these clients come no other way: vpn1, vpn2.',
  ]);
});

test.each([
  [31, 'ok', 'The certificate for RADIUS/TLS is good until'],
  [29, 'warn', 'The certificate for RADIUS/TLS ends at'],
  [0, 'fault', 'The certificate for RADIUS/TLS ended at'],
] as const)('a certificate with %i days left is %s', (days, state, what) => {
  const [said] = of({ readValidUntil: () => now + days * day });
  expect(said).toContain(`radius-tls ${state}: ${what}`);
});

test('files that cannot be used are named, and so are refusals', () => {
  const readValidUntil = (): number => {
    throw new OperatorError('radius.tls.keyFile: x cannot be read.', { remedy: 'Look.' });
  };
  expect(of({ readValidUntil, refused: { 'name-unknown': 2, 'tls-version': 1 } })).toEqual([
    'radius-tls fault: radius.tls.keyFile: x cannot be read.',
    'radius-tls-refused warn: Refused since the start: 3 RADIUS/TLS connections (name-unknown 2, tls-version 1).',
  ]);
});

test('an upstream that a policy names must be there, and answer', () => {
  const findings = examineUpstreams({
    configured: ['ad'],
    named: [
      { scope: 'organisation', firstFactor: 'ad' },
      { scope: 'unit:3', firstFactor: 'own' },
      { scope: 'gateway:7', firstFactor: 'old' },
    ],
    ofAccounts: ['ad', 'older', 'own'],
    open: { ad: ['ldaps://dc1'] },
  });
  expect(findings.map(({ check, what }) => `${check}: ${what.en}`)).toEqual([
    'upstream-unknown: The policy of gateway:7 sends passwords to old, which this node does not have.',
    'upstream-unknown: Passwords of some accounts are sent to older, which this node does not have.',
    'upstream-down: ad does not answer: ldaps://dc1.',
  ]);
  expect(examineUpstreams({ configured: [], named: [], ofAccounts: [], open: null })).toEqual([]);
});
