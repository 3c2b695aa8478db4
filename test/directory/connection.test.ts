// Binds and searches over LDAPS against a real OpenLDAP server, and what must not be taken for an answer.
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bindOnce,
  DirectoryError,
  type DirectoryQuery,
  type DirectoryServer,
  filterValue,
  withDirectory,
} from '../../src/directory/ldap/connection.ts';
import { isSlapdHere, peopleBase, rootDn, rootPassword, type Slapd, startSlapd } from './slapd.ts';

const entry = (uid: string, cn: string) =>
  `dn: uid=${uid},${peopleBase}\nobjectClass: inetOrgPerson\nuid: ${uid}\nsn: x\ncn:: ${Buffer.from(cn).toString('base64')}\nuserPassword: mat khau ${uid}\n`;

describe.skipIf(!isSlapdHere)('a directory over LDAPS', () => {
  let slapd: Slapd;
  let server: DirectoryServer;
  const root = { name: rootDn, password: rootPassword };
  const query: DirectoryQuery = {
    base: peopleBase,
    filter: '(objectClass=inetOrgPerson)',
    scope: 'sub',
    attributes: ['uid', 'cn', 'mail'],
    pageSize: 100,
    mostEntries: 10_000,
  };

  beforeAll(async () => {
    const names = Array.from({ length: 1_200 }, (_, i) => entry(`u${i}`, `Nguyễn Văn Đức ${i}`));
    slapd = await startSlapd(names.join('\n'));
    server = { url: slapd.url, ca: slapd.ca, timeoutMs: 5_000 };
  });
  afterAll(() => slapd.remove());

  it('takes a right password and refuses a wrong one, an unknown name, and nothing at all', async () => {
    const name = `uid=u7,${peopleBase}`;
    expect(await bindOnce(server, { name, password: 'mat khau u7' })).toEqual({ outcome: 'accepted' });
    for (const credentials of [
      { name, password: 'mat khau u8' },
      { name: `uid=nobody,${peopleBase}`, password: 'mat khau u7' },
      // The server would take these for an anonymous bind, and say yes.
      { name, password: '' },
      { name: '', password: '' },
    ])
      expect(await bindOnce(server, credentials)).toEqual({ outcome: 'refused', refusal: 'wrong' });
  });

  it('reads more entries than the server gives in one answer, with their marks', async () => {
    const entries = await withDirectory(server, root, (directory) => directory.search(query));
    expect(entries).toHaveLength(1_200);
    expect(entries[41]?.values.get('cn')).toEqual([`Nguyễn Văn Đức ${41}`]);
    expect(entries[41]?.values.get('mail')).toEqual([]);
    const one = await withDirectory(server, root, (directory) =>
      directory.search({ ...query, filter: `(uid=${filterValue('u4*')})` }),
    );
    expect(one).toEqual([]);
  });

  it('does not take a part for the whole', async () => {
    const search = (more: Partial<DirectoryQuery>) =>
      withDirectory(server, root, (directory) => directory.search({ ...query, ...more }));
    await expect(search({ mostEntries: 1_199 })).rejects.toMatchObject({ fault: 'refused' });
    await expect(search({ base: 'ou=nowhere,dc=example,dc=vn' })).rejects.toMatchObject({ fault: 'refused' });
  });

  it('says which of reaching, trusting and binding failed, and never the password', async () => {
    const attempt = (changed: Partial<DirectoryServer>, credentials = root) =>
      withDirectory({ ...server, ...changed }, credentials, (directory) => directory.search(query));
    await expect(attempt({}, { ...root, password: 'wrong-and-secret' })).rejects.toSatisfy(
      (error: DirectoryError) => error.fault === 'bind-refused' && !error.message.includes('wrong-and'),
    );
    await expect(attempt({}, { ...root, password: '' })).rejects.toMatchObject({ fault: 'bind-refused' });
    // Nothing but the system's authorities: this one is not among them.
    await expect(attempt({ ca: null })).rejects.toMatchObject({ fault: 'untrusted' });
    await expect(attempt({ url: `ldaps://localhost:${slapd.port}` })).rejects.toMatchObject({
      fault: 'untrusted',
    });
    await expect(attempt({ url: `ldap://127.0.0.1:${slapd.port}` })).rejects.toMatchObject({
      fault: 'untrusted',
    });
    await expect(attempt({ url: 'ldaps://127.0.0.1:1' })).rejects.toMatchObject({ fault: 'unreachable' });
    await expect(bindOnce({ ...server, ca: null }, root)).rejects.toBeInstanceOf(DirectoryError);
  });

  it('gives up on a server that accepts and says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      await expect(
        bindOnce({ url: `ldaps://127.0.0.1:${port}`, ca: null, timeoutMs: 200 }, root),
      ).rejects.toMatchObject({ fault: 'unreachable' });
    } finally {
      silent.close();
    }
  });
});
