// The targets of alerts and notices that a configuration names.
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { parseEndpoint } from '../config/endpoint.ts';
import type { NoticesConfig } from '../config/notices.ts';
import type { NoticeMessage, NoticeTarget } from '../services/notices.ts';
import { createMailSender } from './mail.ts';
import { formatSyslog, sendSyslog } from './syslog.ts';
import { postSigned } from './webhook.ts';

const at = 'notices';

function readSecret(file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
  } catch (cause) {
    throw new OperatorError(`${file}: it cannot be read.`, {
      at,
      remedy: 'Check the path and give the service the right to read it.',
      cause,
    });
  }
  throw new OperatorError(`${file}: it is empty.`, { at, remedy: 'Its first line is the secret.' });
}

/** @throws OperatorError for a secret that can't be read */
export function createNoticeTargets(
  config: NoticesConfig,
  deps: { readonly clock: Clock; readonly node: string; readonly timeZone: () => Promise<string> },
): NoticeTarget[] {
  const mail = config.mail.map((target): NoticeTarget => {
    const endpoint = parseEndpoint(target.server, `${at}.mail`);
    const password = target.passwordFile === undefined ? null : readSecret(target.passwordFile);
    if (target.security === 'none' && !/^(localhost|127\.|::1$)/.test(endpoint.host)) {
      throw new OperatorError(`${at}.mail: ${target.server} would get mail unprotected.`, {
        at: `${at}.mail`,
        remedy: 'Set security to starttls or tls; none is for a server on this host.',
      });
    }
    return {
      target: `mail:${target.to.join(',')} via ${target.server}`,
      kinds: target.kinds,
      units: target.units ?? null,
      deliver: createMailSender({ ...target, ...endpoint, password }, deps.timeZone),
    };
  });
  const webhooks = config.webhook.map((target): NoticeTarget => {
    const { url, secretFile } = target;
    const place = URL.canParse(url) ? new URL(url) : null;
    const isLocal = place !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(place.hostname);
    if (place === null || (place.protocol === 'http:' && !isLocal)) {
      throw new OperatorError(
        `${at}.webhook: ${place === null ? 'no URL' : `${place.host} would be told unprotected`}.`,
        {
          at: `${at}.webhook`,
          remedy: 'Write an https:// URL; plain http is for the loopback only.',
        },
      );
    }
    const secret = secretFile === undefined ? null : Buffer.from(readSecret(secretFile), 'utf8');
    return {
      target: `webhook:${url}`,
      kinds: target.kinds,
      units: target.units ?? null,
      deliver: (message) => postSigned({ url, secret, clock: deps.clock }, bodyOf(message)),
    };
  });
  const syslogs = config.syslog.map((target): NoticeTarget => {
    const { server, transport, facility, caFile } = target;
    const options = {
      ...parseEndpoint(server, `${at}.syslog`),
      transport,
      facility,
      node: deps.node,
      ...(caFile === undefined ? {} : { caFile }),
    };
    return {
      target: `syslog:${transport}:${server}`,
      kinds: target.kinds,
      units: target.units ?? null,
      deliver: (message) =>
        sendSyslog(
          options,
          formatSyslog(options, {
            instant: message.at,
            id: message.kind,
            severity: message.kind === 'alert' ? 4 : 5,
            text: JSON.stringify(bodyOf(message)),
          }),
        ),
    };
  });
  return [...mail, ...webhooks, ...syslogs];
}

function bodyOf({ target: _, ...message }: NoticeMessage) {
  return message;
}
