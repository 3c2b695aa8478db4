// Source addresses in one spelling.
import { expect, it } from 'vitest';
import { canonicalAddress } from '../../src/radius-server/gateway-of-request.ts';

it('an address has one spelling: IPv4-mapped is IPv4, zones and upper case go', () => {
  expect(canonicalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(canonicalAddress('fe80::1%eth0')).toBe('fe80::1');
  expect(canonicalAddress('2001:DB8:0:0::1')).toBe('2001:db8::1');
  expect(canonicalAddress('192.0.2.1')).toBe('192.0.2.1');
});
