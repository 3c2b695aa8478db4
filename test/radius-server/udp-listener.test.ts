// Binding: one socket for each local address, clear errors, and the receive buffer that the kernel grants.
import { afterEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { openUdpListener, type UdpListener } from '../../src/radius-server/udp-listener.ts';
import { type LogLine, recordingLog } from './harness.ts';

const listeners: UdpListener[] = [];

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function open(
  endpoints: readonly { host: string; port: number }[],
  localAddresses: () => readonly string[],
  options: { receiveBufferBytes?: number; lines?: LogLine[] } = {},
): Promise<UdpListener> {
  const listener = await openUdpListener(endpoints, {
    receiveBufferBytes: options.receiveBufferBytes ?? 65_536,
    onDatagram: () => undefined,
    log: recordingLog(options.lines ?? []),
    localAddresses,
  });
  listeners.push(listener);
  return listener;
}

const addressesOf = (listener: UdpListener) => listener.sockets.map(({ address }) => address).sort();

describe('a wildcard', () => {
  it('stands for a socket on each local address of its family', async () => {
    const local = () => ['127.0.0.1', '127.0.0.2', '::1'];
    expect(addressesOf(await open([{ host: '0.0.0.0', port: 0 }], local))).toEqual([
      '127.0.0.1',
      '127.0.0.2',
    ]);
    expect(addressesOf(await open([{ host: '::', port: 0 }], local))).toEqual(['::1']);
  });

  it('follows addresses that come and go', async () => {
    let local = ['127.0.0.1', '127.0.0.2'];
    const listener = await open([{ host: '0.0.0.0', port: 0 }], () => local);
    const [kept] = listener.sockets;
    local = ['127.0.0.1', '127.0.0.3'];
    await listener.rescan();
    expect(addressesOf(listener)).toEqual(['127.0.0.1', '127.0.0.3']);
    expect(listener.sockets).toContain(kept);
  });

  it('waits for an address that is not usable yet', async () => {
    const listener = await open([{ host: '0.0.0.0', port: 0 }], () => ['127.0.0.1', '192.0.2.77']);
    expect(addressesOf(listener)).toEqual(['127.0.0.1']);
  });

  it('on a host without an address of that family is refused only when nothing else is bound', async () => {
    const only = open([{ host: '::', port: 0 }], () => ['127.0.0.1']);
    await expect(only).rejects.toThrow('no address to listen on');
    const both = [
      { host: '::', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ];
    expect(addressesOf(await open(both, () => ['127.0.0.1']))).toEqual(['127.0.0.1']);
  });
});

describe('an address that can not be bound', () => {
  it('because it is in use is named, with a remedy, and nothing stays bound', async () => {
    const taken = await open([{ host: '127.0.0.1', port: 0 }], () => []);
    const port = taken.sockets[0]?.port ?? 0;
    const second = open(
      [
        { host: '127.0.0.2', port },
        { host: '127.0.0.1', port },
      ],
      () => [],
    );
    const error: unknown = await second.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({
      message: `radius.listen: 127.0.0.1:${port} is in use by another program.`,
      remedy: expect.stringContaining('Stop that program'),
    });
    await open([{ host: '127.0.0.2', port }], () => []);
  });

  it('because it is not of this host is named', async () => {
    await expect(open([{ host: '192.0.2.77', port: 0 }], () => [])).rejects.toThrow(
      'is not an address of this host',
    );
  });
});

it('says so when the kernel grants less than was asked for', async () => {
  const lines: LogLine[] = [];
  const listener = await open([{ host: '127.0.0.1', port: 0 }], () => [], {
    receiveBufferBytes: 1 << 30,
    lines,
  });
  const granted = listener.sockets[0]?.receiveBufferBytes ?? 0;
  const warned = lines.filter(({ message }) => message.includes('smaller receive buffer'));
  expect(warned).toHaveLength(granted < 1 << 30 ? 1 : 0);
  if (warned[0] !== undefined) expect(warned[0].fields['remedy']).toContain('rmem_max');
});
