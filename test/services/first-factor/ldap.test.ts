// A real OpenLDAP server as the keeper of passwords.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { createLdapServer } from '../../../src/services/first-factor/ldap.ts';
import { isSlapdHere, peopleBase, type Slapd, startSlapd } from '../../directory/slapd.ts';

const entry = (uid: string, password: string) =>
  `dn: uid=${uid.replaceAll(',', '\\,')},${peopleBase}\nobjectClass: inetOrgPerson\nuid: ${uid}\nsn: x\ncn: x\nuserPassword: ${password}\n`;

describe.skipIf(!isSlapdHere)('a directory that keeps passwords', () => {
  let slapd: Slapd;

  beforeAll(async () => {
    slapd = await startSlapd([entry('nvduc', 'mat khau cua Duc'), entry('a,ou', 'p')].join('\n'));
  });
  afterAll(() => slapd.remove());

  const ask = (userName: string, password: string, changes: { ca?: string | null; withinMs?: number } = {}) =>
    createLdapServer(
      {
        url: slapd.url,
        ca: changes.ca === undefined ? slapd.ca : changes.ca,
        bindName: `uid={userName},${peopleBase}`,
        timeoutMs: 5_000,
      },
      systemClock,
    ).ask({
      userName,
      password,
      station: '',
      deadline: systemClock.monotonic() + (changes.withinMs ?? 5_000),
    });

  test('says right and wrong; an empty password is no anonymous bind, a name is no path', async () => {
    expect(await ask('nvduc', 'mat khau cua Duc')).toBe('right');
    expect(await ask('nvduc', 'mat khau cua ai')).toBe('wrong');
    expect(await ask('nvduc', '')).toBe('wrong');
    expect(await ask('khong-co-ai', 'mat khau cua Duc')).toBe('wrong');
    expect(await ask('a,ou', 'p')).toBe('right');
    expect(await ask(`nvduc,${peopleBase}`, 'mat khau cua Duc')).toBe('wrong');
  });

  test('says nothing when its certificate is not trusted, or it is not there', async () => {
    await expect(ask('nvduc', 'mat khau cua Duc', { ca: null })).rejects.toMatchObject({
      fault: 'untrusted',
    });
    await slapd.stop();
    await expect(ask('nvduc', 'mat khau cua Duc')).rejects.toMatchObject({ fault: 'unreachable' });
    await slapd.start();
    expect(await ask('nvduc', 'mat khau cua Duc')).toBe('right');
  });
});
