// Checkpoints, alerts and notices to syslog: RFC 5424 messages over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425).
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Notifier } from '../services/outbox.ts';

export interface SyslogOptions {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** PEM of the authorities for TLS; the system's when absent. */
  readonly caFile?: string;
  readonly facility: number;
  /** HOSTNAME of the messages. */
  readonly node: string;
}

const noticeSeverity = 5;
const timeoutMs = 10_000;

/** One message, RFC 5424 §6: its kind is the MSGID. */
export function formatSyslog(
  options: Pick<SyslogOptions, 'facility' | 'node'>,
  message: {
    readonly instant: number;
    readonly id: 'checkpoint' | 'alert' | 'notice';
    readonly severity: number;
    readonly text: string;
  },
): string {
  const priority = options.facility * 8 + message.severity;
  const timestamp = new Date(message.instant).toISOString();
  return `<${priority}>1 ${timestamp} ${options.node} gatewarden - ${message.id} - ${message.text}`;
}

function sendDatagram(options: SyslogOptions, line: string): Promise<void> {
  const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4');
  return new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.send(line, options.port, options.host, (error) => (error === null ? resolve() : reject(error)));
  }).finally(() => socket.close());
}

function connect(options: SyslogOptions): Socket {
  const { host, port, transport, caFile } = options;
  if (transport === 'tcp') return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(isIPv6(host) || /^[0-9.]+$/.test(host) ? {} : { servername: host }),
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
  });
}

function sendStream(options: SyslogOptions, line: string): Promise<void> {
  const socket = connect(options);
  return new Promise<void>((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('the syslog server does not answer')));
    socket.once('error', reject);
    // Syslog has no receipt: that the peer has closed after our end is the most that can be known.
    socket.once('close', (failed) => {
      if (!failed) resolve();
    });
    socket.resume();
    const ready = options.transport === 'tls' ? 'secureConnect' : 'connect';
    socket.once(ready, () => socket.end(`${Buffer.byteLength(line)} ${line}`));
  }).finally(() => socket.destroy());
}

/** Over UDP nobody knows whether a message arrived: use it only beside another target. */
export function sendSyslog(options: SyslogOptions, line: string): Promise<void> {
  return options.transport === 'udp' ? sendDatagram(options, line) : sendStream(options, line);
}

export function createSyslogNotifier(options: SyslogOptions): Notifier {
  const { host, port, transport } = options;
  return {
    target: `syslog:${transport}:${host}:${port}`,
    deliver: ({ instant, jws }) =>
      sendSyslog(
        options,
        formatSyslog(options, { instant, id: 'checkpoint', severity: noticeSeverity, text: jws }),
      ),
  };
}
