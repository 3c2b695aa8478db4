// The doctor's look at RADIUS/TLS: the broker's own certificate, clients that can't come, peers that were turned away.
import { counted } from '../../base/counted.ts';
import { OperatorError } from '../../base/errors.ts';
import { formatInstant } from '../../core/dates.ts';
import { type Finding, finding, ok } from './finding.ts';

const soonMs = 30 * 86_400_000;

export interface RadiusTlsCase {
  /** Null: the configuration has no `radius.tls.listen`. Reads the certificate; throws OperatorError when the files can't be used. */
  readonly readValidUntil: (() => number) | null;
  /** Names of clients that come over TLS and no other way. */
  readonly onlyOverTls: readonly string[];
  /** Since the start, by cause; null: the broker does not run. */
  readonly refused: Readonly<Record<string, number>> | null;
  readonly now: number;
  readonly timeZone: string;
}

export function examineRadiusTls(of: RadiusTlsCase): Finding[] {
  const { readValidUntil, onlyOverTls } = of;
  if (readValidUntil !== null) return [checkCertificate(readValidUntil, of), ...checkRefused(of)];
  if (onlyOverTls.length === 0) return [];
  const names = onlyOverTls.join(', ');
  return [
    finding('radius-tls', 'fault', {
      what: [
        `RADIUS/TLS is not switched on, and these clients come no other way: ${names}.`,
        `Chưa bật RADIUS/TLS, nhưng các thiết bị sau chỉ kết nối qua TLS: ${names}.`,
      ],
      why: ['Their gateways get no answer.', 'Các cổng VPN đó không nhận được trả lời.'],
      remedy: [
        'Set radius.tls.listen with certificateFile and keyFile (docs/radius-tls.md), or give the clients an address.',
        'Đặt radius.tls.listen cùng certificateFile và keyFile (docs/radius-tls.md), hoặc khai báo địa chỉ cho các thiết bị.',
      ],
    }),
  ];
}

function checkCertificate(readValidUntil: () => number, { now, timeZone }: RadiusTlsCase): Finding {
  let validUntil: number;
  try {
    validUntil = readValidUntil();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return finding('radius-tls', 'fault', {
      what: [error.message, error.message],
      why: [
        'With these files RADIUS/TLS does not start again.',
        'Với các tệp này RADIUS/TLS không khởi động lại được.',
      ],
      remedy: [error.remedy, error.remedy],
    });
  }
  const at = formatInstant(validUntil, timeZone);
  if (validUntil - now >= soonMs) {
    return ok(
      'radius-tls',
      `The certificate for RADIUS/TLS is good until ${at}.`,
      `Chứng thư RADIUS/TLS có hiệu lực đến ${at}.`,
    );
  }
  const isOver = validUntil <= now;
  return finding('radius-tls', isOver ? 'fault' : 'warn', {
    what: [
      `The certificate for RADIUS/TLS ${isOver ? 'ended' : 'ends'} at ${at}.`,
      `Chứng thư RADIUS/TLS ${isOver ? 'đã hết hiệu lực' : 'sẽ hết hiệu lực'} lúc ${at}.`,
    ],
    why: ['From then on gateways refuse to connect.', 'Từ lúc đó các cổng VPN từ chối kết nối.'],
    remedy: [
      'Put a new one into radius.tls.certificateFile; it is taken up without a restart.',
      'Thay chứng thư mới vào radius.tls.certificateFile; không cần khởi động lại.',
    ],
  });
}

function checkRefused({ refused }: RadiusTlsCase): Finding[] {
  const causes = Object.entries(refused ?? {}).filter(([, times]) => times > 0);
  if (causes.length === 0) return [];
  const all = causes.reduce((sum, [, times]) => sum + times, 0);
  const named = causes.map(([cause, times]) => `${cause} ${times}`).join(', ');
  return [
    finding('radius-tls-refused', 'warn', {
      what: [
        `Refused since the start: ${counted(all, 'RADIUS/TLS connection')} (${named}).`,
        `Từ khi khởi động đã từ chối ${all} kết nối RADIUS/TLS (${named}).`,
      ],
      why: [
        'A gateway whose certificate is not taken gets no answer at all.',
        'Cổng VPN có chứng thư không được chấp nhận thì không nhận được trả lời nào.',
      ],
      remedy: [
        'The log names source, certificate and remedy of each.',
        'Log của dịch vụ ghi nguồn, chứng thư và cách xử lý từng trường hợp.',
      ],
    }),
  ];
}

export interface UpstreamsCase {
  /** Names in the configuration of this node. */
  readonly configured: readonly string[];
  /** What policies name, with their scopes. */
  readonly named: readonly { readonly scope: string; readonly firstFactor: string }[];
  /** What is said of single accounts. */
  readonly ofAccounts: readonly string[];
  /** Servers that are left alone now, by upstream; null: the broker does not run. */
  readonly open: Readonly<Record<string, readonly string[]>> | null;
}

export function examineUpstreams({ configured, named, ofAccounts, open }: UpstreamsCase): Finding[] {
  const unknown = named.filter(
    ({ firstFactor }) => firstFactor !== 'own' && !configured.includes(firstFactor),
  );
  const findings = unknown.map(({ scope, firstFactor }) =>
    finding('upstream-unknown', 'fault', {
      what: [
        `The policy of ${scope} sends passwords to ${firstFactor}, which this node does not have.`,
        `Chính sách của ${scope} hỏi mật khẩu ở ${firstFactor}, nhưng nút này chưa khai báo.`,
      ],
      why: [
        'Logins under it get no answer here.',
        'Các lượt đăng nhập theo chính sách này không được trả lời.',
      ],
      remedy: [
        'Add it to upstreams in the configuration of every node, or change firstFactor of that policy.',
        'Thêm vào mục upstreams trong cấu hình của mọi nút, hoặc sửa firstFactor của chính sách đó.',
      ],
    }),
  );
  const lost = ofAccounts.filter((name) => name !== 'own' && !configured.includes(name));
  const findingsOfAccounts = lost.map((name) =>
    finding('upstream-unknown', 'fault', {
      what: [
        `Passwords of some accounts are sent to ${name}, which this node does not have.`,
        `Mật khẩu của một số tài khoản được hỏi ở ${name}, nhưng nút này chưa khai báo.`,
      ],
      why: ['Their logins get no answer here.', 'Các lượt đăng nhập của họ không được trả lời.'],
      remedy: [
        'Add it to upstreams in the configuration of every node, or move them: "gatewarden account set-first-factor".',
        'Thêm vào mục upstreams trong cấu hình của mọi nút, hoặc chuyển các tài khoản đó: "gatewarden account set-first-factor".',
      ],
    }),
  );
  const down = Object.entries(open ?? {}).filter(([, servers]) => servers.length > 0);
  return [
    ...findings,
    ...findingsOfAccounts,
    ...down.map(([upstream, servers]) =>
      finding('upstream-down', 'fault', {
        what: [
          `${upstream} does not answer: ${servers.join(', ')}.`,
          `${upstream} không trả lời: ${servers.join(', ')}.`,
        ],
        why: [
          'Logins that need it get no answer unless another server of it does.',
          'Các lượt đăng nhập cần nguồn này không được trả lời nếu không còn máy chủ khác.',
        ],
        remedy: ['Look at that server and the way to it.', 'Kiểm tra máy chủ đó và đường kết nối tới nó.'],
      }),
    ),
  ];
}
