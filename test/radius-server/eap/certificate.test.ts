// The certificate that EAP shows is taken anew from its files, without a restart and without harm to what is under way.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCertificate } from '../../../src/radius-server/eap/certificate.ts';
import type { TlsEngine } from '../../../src/wire/eap/tls/engine.ts';
import { createManualTime } from '../harness.ts';
import { connect, type KeyPair, makeKeyPair, serverPair } from './peer.ts';

const later = await makeKeyPair('server of tomorrow');
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-eap-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function write({ certificate, key }: { readonly certificate: Buffer; readonly key: Buffer }) {
  const files = { certificateFile: join(directory, 'eap.pem'), keyFile: join(directory, 'eap.key') };
  writeFileSync(files.certificateFile, certificate);
  writeFileSync(files.keyFile, key);
  return files;
}

function open() {
  const { clock, advance } = createManualTime();
  const said: string[] = [];
  const note = (_fields: unknown, message: string) => void said.push(message);
  const log = { debug: note, info: note, warn: note, error: note, child: () => log };
  const files = write(serverPair);
  const openTls = openCertificate({ ...files, clientCaFiles: [], minTls: '1.2' }, { clock, log });
  return { openTls: () => openTls(false), advance, said };
}

/** The key that a client is shown. */
async function shown(engine: TlsEngine): Promise<string> {
  const { socket, exchange } = connect(engine, 'TLSv1.3');
  await exchange();
  const spki = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  socket.destroy();
  engine.close();
  return createHash('sha256')
    .update(spki ?? '')
    .digest('hex');
}

const keyOf = ({ spkiSha256 }: KeyPair) => spkiSha256;

it('a new pair of files is shown to the next peer; a conversation under way ends under the former', async () => {
  const { openTls, advance, said } = open();
  const underWay = openTls();
  write(later);
  advance(2_500);
  expect(await shown(openTls())).toBe(keyOf(later));
  expect(await shown(underWay)).toBe(keyOf(serverPair));
  expect(said).toEqual(['the certificate for EAP was read again']);
});

it('files are not looked at for every conversation', async () => {
  const { openTls, advance } = open();
  write(later);
  advance(500);
  expect(await shown(openTls())).toBe(keyOf(serverPair));
});

it.each([
  ['a certificate without its key', { certificate: later.certificate, key: serverPair.key }],
  ['what is no PEM', { certificate: Buffer.from('half a file'), key: later.key }],
])('%s changes nothing, is said once, and what is mended is taken', async (_name, broken) => {
  const { openTls, advance, said } = open();
  write(broken);
  for (let look = 0; look < 3; look += 1) {
    advance(2_500);
    expect(await shown(openTls())).toBe(keyOf(serverPair));
  }
  expect(said).toEqual(['the new certificate for EAP cannot be used: the former one stays']);
  write(later);
  advance(2_500);
  expect(await shown(openTls())).toBe(keyOf(later));
});
