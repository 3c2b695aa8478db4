// Alerts and notices by mail (SMTP, RFC 5321), over TLS wherever the server is not on this host.
import { readFileSync } from 'node:fs';
import type { MailTarget } from '../config/notices.ts';
import { composeMail } from '../services/notice-texts.ts';
import type { NoticeMessage } from '../services/notices.ts';

const timeoutMs = 15_000;

/** Resolves once the server has taken the message for every recipient, else rejects. */
export function createMailSender(
  target: MailTarget & { readonly host: string; readonly port: number; readonly password: string | null },
  timeZone: () => Promise<string>,
): (message: NoticeMessage) => Promise<void> {
  const { host, port, security, from, to, language, userName, password, caFile } = target;
  const options = {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    tls: { minVersion: 'TLSv1.2' as const, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) },
    ...(userName === undefined || password === null ? {} : { auth: { user: userName, pass: password } }),
    // Texts are ours; nothing is fetched for a message.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const open = async () => (await import('nodemailer')).createTransport(options);
  let transport: ReturnType<typeof open> | null = null;
  return async (message) => {
    const { subject, text } = composeMail(message, { language, timeZone: await timeZone() });
    transport ??= open();
    const { rejected } = await (await transport).sendMail({
      from,
      to,
      subject,
      text,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    if (rejected.length > 0) throw new Error(`the mail server refused ${rejected.length} recipients`);
  };
}
