// Portable Symmetric Key Container: the examples of RFC 6030, what makers write, and files that lie.
import { createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PskcError, parsePskc } from '../../../src/wire/pskc/pskc.ts';

const seed = '12345678901234567890';
const namespaces =
  'xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"';
const aes = '<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>';
const cipher = (value: string) =>
  `${aes}<xenc:CipherData><xenc:CipherValue>\n  ${value}\n</xenc:CipherValue></xenc:CipherData>`;
const mac = (value: string) =>
  `<MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><MACKey>${cipher(value)}</MACKey></MACMethod>`;

function container(head: string, keys: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="1.0" ${namespaces}>${head}${keys}</KeyContainer>`;
}

function key(
  secret: string,
  more: {
    readonly algorithm?: string;
    readonly length?: number;
    readonly data?: string;
    readonly suite?: string;
    readonly serial?: string;
  } = {},
): string {
  const { algorithm = 'hotp', length = 8, data = '<Counter><PlainValue>0</PlainValue></Counter>' } = more;
  return `<KeyPackage><DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>${more.serial ?? '987654321'}</SerialNo></DeviceInfo>
    <Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:${algorithm}"><Issuer>Issuer</Issuer>
    <AlgorithmParameters>${more.suite === undefined ? '' : `<Suite>${more.suite}</Suite>`}<ResponseFormat Length="${length}" Encoding="DECIMAL"/></AlgorithmParameters>
    <Data><Secret>${secret}</Secret>${data}</Data></Key></KeyPackage>`;
}

const clear = '<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>';
const faultOf = (read: Promise<unknown>) =>
  read.then(
    () => null,
    (error: unknown) => {
      if (error instanceof PskcError) return error.fault;
      throw error;
    },
  );

// RFC 6030 §6.1.1.
const preShared = { kind: 'key', octets: Buffer.from('12345678901234567890123456789012', 'hex') } as const;
const byKey = (
  value = 'AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv',
  valueMac = 'Su+NvtQfmvfJzF6bmQiJqoLRExc=',
) =>
  container(
    `<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>${mac('ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX')}`,
    key(`<EncryptedValue>${cipher(value)}</EncryptedValue><ValueMAC>${valueMac}</ValueMAC>`),
  );

const derivedHead = (iterations: string) =>
  `<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
      <pkcs5:PBKDF2-params><Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>${iterations}</IterationCount><KeyLength>16</KeyLength><PRF/></pkcs5:PBKDF2-params>
      </xenc11:KeyDerivationMethod><xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName></xenc11:DerivedKey></EncryptionKey>`;
const byPassphrase = (iterations = '1000') =>
  container(
    derivedHead(iterations) + mac('2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx'),
    key(
      `<EncryptedValue Id="ED">${cipher('oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f')}</EncryptedValue><ValueMAC>LP6xMvjtypbfT9PdkJhBZ+D6O4w=</ValueMAC>`,
    ),
  );

describe('the examples of RFC 6030', () => {
  it('figure 2: a seed in clear', async () => {
    const { keys, isEncrypted } = await parsePskc(container('', key(clear)), null);
    expect(isEncrypted).toBe(false);
    expect(keys).toEqual([
      {
        serialNumber: '987654321',
        model: 'Manufacturer',
        mode: 'hotp',
        algorithm: 'SHA1',
        digits: 8,
        periodSeconds: 30,
        counter: 0,
        driftSteps: 0,
        secret: Buffer.from(seed),
      },
    ]);
  });

  it('figure 6: encrypted by a pre-shared key, with a MAC', async () => {
    const { keys, refused, isEncrypted } = await parsePskc(byKey(), preShared);
    expect([refused, isEncrypted]).toEqual([[], true]);
    expect(keys[0]?.secret.toString()).toBe(seed);
  });

  it('figure 7: encrypted by a passphrase', async () => {
    const text = byPassphrase();
    const { keys, refused } = await parsePskc(text, { kind: 'passphrase', text: 'qwerty' });
    expect(refused).toEqual([]);
    expect(keys[0]?.secret.toString()).toBe(seed);
    const wrong = await parsePskcOrFault(text, 'qwertz');
    expect(wrong).not.toContain(seed);
    expect(await faultOf(parsePskc(text, preShared))).toBe('passphrase-needed');
  });
});

async function parsePskcOrFault(text: string, passphrase: string): Promise<string> {
  try {
    const { keys } = await parsePskc(text, { kind: 'passphrase', text: passphrase });
    return JSON.stringify(keys);
  } catch (error) {
    if (error instanceof PskcError) return error.fault;
    throw error;
  }
}

describe('a container', () => {
  it('holds clock-based tokens with their interval, hash and drift', async () => {
    const data =
      '<TimeInterval><PlainValue>60</PlainValue></TimeInterval><TimeDrift><PlainValue>4</PlainValue></TimeDrift>';
    const { keys } = await parsePskc(
      container('', key(clear, { algorithm: 'totp', length: 6, data, suite: 'HMAC-SHA256' })),
      null,
    );
    expect(keys[0]).toMatchObject({
      mode: 'totp',
      periodSeconds: 60,
      driftSteps: 4,
      algorithm: 'SHA256',
      digits: 6,
    });
  });

  it('may take the encryption key for the MAC, and encrypt the counter too', async () => {
    const octets = preShared.octets;
    const encrypt = (plain: Buffer) => {
      const iv = Buffer.alloc(16, 7);
      const engine = createCipheriv('aes-128-cbc', octets, iv);
      const sealed = Buffer.concat([iv, engine.update(plain), engine.final()]);
      const valueMac = createHmac('sha256', octets).update(sealed).digest('base64');
      return `<EncryptedValue>${cipher(sealed.toString('base64'))}</EncryptedValue><ValueMAC>${valueMac}</ValueMAC>`;
    };
    const head =
      '<EncryptionKey><ds:KeyName>k</ds:KeyName></EncryptionKey><MACMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"/>';
    const counter = `<Counter>${encrypt(Buffer.from('0000000000000102', 'hex'))}</Counter>`;
    const { keys, refused } = await parsePskc(
      container(head, key(encrypt(Buffer.from(seed)), { data: counter })),
      preShared,
    );
    expect(refused).toEqual([]);
    expect(keys[0]).toMatchObject({ counter: 258, secret: Buffer.from(seed) });
  });

  it('is refused as a whole, or key by key, for what is wrong with it', async () => {
    expect(await faultOf(parsePskc('serial,seed', null))).toBe('not-xml');
    expect(await faultOf(parsePskc('<a/>', null))).toBe('not-pskc');
    expect(await faultOf(parsePskc(container('', ''), null))).toBe('not-pskc');
    expect(await faultOf(parsePskc(byKey(), null))).toBe('key-needed');
    expect(await faultOf(parsePskc(byKey(), { kind: 'key', octets: Buffer.alloc(32) }))).toBe('key-wrong');
    const entity = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${container('', key('&x;'))}`;
    expect(await faultOf(parsePskc(entity, null))).toBe('not-xml');
    const told = async (text: string) =>
      (await parsePskc(text, preShared)).refused.map(({ serialNumber, fault }) => [serialNumber, fault]);
    expect(await told(byKey(undefined, 'Tu+NvtQfmvfJzF6bmQiJqoLRExc='))).toEqual([
      ['987654321', 'mac-wrong'],
    ]);
    // One octet of the seed's first block turned round by way of the IV.
    expect(await told(byKey('AQECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv'))).toEqual([
      ['987654321', 'mac-wrong'],
    ]);
    expect(await told(container('', key(clear, { algorithm: 'ocra' })))).toEqual([
      ['987654321', 'algorithm-unknown'],
    ]);
    expect(await told(container('', key('')))).toEqual([['987654321', 'incomplete']]);
    expect(await told(container('', key(clear, { suite: 'HMAC-MD5' })))).toEqual([
      ['987654321', 'hash-unknown'],
    ]);
    const noMac = byKey().replace(/<MACMethod[\s\S]*<\/MACMethod>/, '');
    expect(await told(noMac)).toEqual([['987654321', 'mac-missing']]);
    const planted = byKey().replace(/<Secret>[\s\S]*?<\/Secret>/, `<Secret>${clear}</Secret>`);
    expect(await told(planted)).toEqual([['987654321', 'clear-among-encrypted']]);
    const some = container('', key(clear, { serial: 'A' }) + key('', { serial: 'B' }));
    expect(await parsePskc(some, null)).toMatchObject({
      keys: [{ serialNumber: 'A' }],
      refused: [{ serialNumber: 'B', key: 2 }],
    });
  });

  it('whose passphrase is to be stretched beyond the bound, or not at all, is refused before that is done', async () => {
    const passphrase = { kind: 'passphrase', text: 'qwerty' } as const;
    const fault = (iterations: string) => faultOf(parsePskc(byPassphrase(iterations), passphrase));
    expect(await fault('1000001')).toBe('too-many-rounds');
    expect(await fault('99999999999999999999')).toBe('too-many-rounds');
    for (const iterations of ['0', '-1', '1.5', 'many']) expect(await fault(iterations)).toBe('incomplete');
  });

  it('stretches the passphrase beside the event loop', async () => {
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    await faultOf(parsePskc(byPassphrase('400000'), { kind: 'passphrase', text: 'qwerty' }));
    clearInterval(turning);
    expect(turns).toBeGreaterThan(5);
  });
});
