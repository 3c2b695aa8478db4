import { afterAll, expect, it } from 'vitest';
import { readTlsAuthorities } from '../../../src/services/tls/material.ts';
import { createPemFiles, createTestAuthority } from '../../radius-server/authority.ts';

const files = createPemFiles();
afterAll(files.remove);

it('the authorities that RADIUS/TLS trusts are known by the fingerprints that rules name', async () => {
  const [first, second] = [await createTestAuthority('One'), await createTestAuthority('Two')];
  const caFile = files.write('ca.pem', `${first.cert}\nand another\n${second.cert}`);
  expect(readTlsAuthorities({ caFile })).toEqual([first.fingerprint, second.fingerprint]);
  expect(readTlsAuthorities({ caFile: null })).toEqual([]);
  expect(readTlsAuthorities(null)).toBeNull();
  expect(() => readTlsAuthorities({ caFile: files.write('none.pem', '') })).toThrow('radius.tls.caFile');
});
