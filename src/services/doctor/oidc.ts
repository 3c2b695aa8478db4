// The doctor's look at the organisation's OpenID Connect provider: reachable, the issuer that is configured, algorithms, the address to
// come back to; and whether somebody could come in without it.
import { counted } from '../../base/counted.ts';
import { type OidcConfig, oidcCallbackPath } from '../../config/oidc.ts';
import { isLoopback, siteUrlOf, type WebConfig } from '../../config/web.ts';
import type { ProviderReport } from '../operators/oidc/provider.ts';
import { type Finding, finding, ok } from './finding.ts';

type Unusable = Extract<ProviderReport, { kind: 'unusable' }>;

const whyUnusable = [
  'Nobody signs in by it; passwords and passkeys still work.',
  'Không ai đăng nhập được bằng tài khoản cơ quan; mật khẩu và khóa truy cập vẫn dùng được.',
] as const;

function checkUnusable({ issuer }: OidcConfig, { fault, found }: Unusable): Finding {
  const texts: Record<Unusable['fault'], Pick<Parameters<typeof finding>[2], 'what' | 'remedy'>> = {
    unreachable: {
      what: [`${issuer} does not answer as a provider (${found}).`, `${issuer} không trả lời (${found}).`],
      remedy: [
        `Open ${issuer}/.well-known/openid-configuration from this host; check the firewall, oidc.issuer and oidc.caFile.`,
        `Từ máy này mở ${issuer}/.well-known/openid-configuration; kiểm tra tường lửa, oidc.issuer và oidc.caFile.`,
      ],
    },
    issuer: {
      what: [
        `The provider calls itself ${found}, oidc.issuer is ${issuer}.`,
        `Hệ thống tự xưng là ${found}, còn oidc.issuer là ${issuer}.`,
      ],
      remedy: [
        'Write oidc.issuer letter by letter as the provider does, the slash at its end included.',
        'Ghi oidc.issuer đúng từng ký tự như hệ thống đó tự xưng, kể cả dấu gạch chéo ở cuối.',
      ],
    },
    endpoint: {
      what: [
        `What the provider gives as ${found} is missing, not encrypted or not usable.`,
        `Địa chỉ ${found} của hệ thống bị thiếu, không mã hóa hoặc không dùng được.`,
      ],
      remedy: [
        'Its addresses must be https, and jwks_uri must hold its keys.',
        'Các địa chỉ phải là https và jwks_uri phải có khóa.',
      ],
    },
    algorithm: {
      what: [
        `The provider signs by ${found} only; RS256, ES256 and PS256 are taken.`,
        `Hệ thống chỉ ký bằng ${found}; ở đây chỉ nhận RS256, ES256 và PS256.`,
      ],
      remedy: [
        'Let it sign the ID tokens of this client by RS256.',
        'Đặt cho hệ thống ký ID token của ứng dụng này bằng RS256.',
      ],
    },
    file: {
      what: [found, found],
      remedy: [
        'Give the service the right to read the file; the one of the secret holds the secret alone, in one line.',
        'Cấp quyền đọc tệp cho dịch vụ; tệp khóa bí mật chỉ có khóa, trên một dòng.',
      ],
    },
  };
  return finding('oidc', 'fault', { ...texts[fault], why: whyUnusable });
}

function checkRedirect(site: WebConfig): Finding {
  const url = `${siteUrlOf(site)}${oidcCallbackPath}`;
  if (url.startsWith('https://') || isLoopback(new URL(url).hostname)) {
    return ok(
      'oidc-redirect',
      `The redirect URI to register is ${url}.`,
      `Địa chỉ quay về cần đăng ký là ${url}.`,
    );
  }
  return finding('oidc-redirect', 'fault', {
    what: [`The redirect URI ${url} is not encrypted.`, `Địa chỉ quay về ${url} không được mã hóa.`],
    why: ['Whoever is on the way could take the code.', 'Kẻ ở giữa có thể lấy mã đăng nhập.'],
    remedy: ['Give the console TLS and a hostName.', 'Đặt TLS và hostName cho trang quản trị.'],
  });
}

/** `breakGlass`: how many central administrators could sign in without the provider. */
function checkBreakGlass({ passwordSignIn }: OidcConfig, breakGlass: number): Finding {
  if (breakGlass > 0) {
    return ok(
      'oidc-break-glass',
      'A central administrator can sign in without the provider.',
      'Có quản trị viên trung ương đăng nhập được không cần hệ thống tài khoản cơ quan.',
    );
  }
  return finding('oidc-break-glass', 'warn', {
    what: [
      'Every central administrator is linked to the provider.',
      'Mọi quản trị viên trung ương đều đã liên kết với tài khoản cơ quan.',
    ],
    why:
      passwordSignIn === 'refused'
        ? [
            'Since nobody else could come in, their passwords stay in use although oidc.passwordSignIn is refused.',
            'Vì không còn ai khác vào được, mật khẩu của họ vẫn dùng được dù oidc.passwordSignIn là refused.',
          ]
        : [
            'If somebody takes over the provider, nobody is left whose account it does not reach.',
            'Nếu hệ thống đó bị chiếm, không còn tài khoản nào nằm ngoài tầm với của nó.',
          ],
    remedy: [
      'Keep one central administrator who is not linked, with password and authenticator in a safe.',
      'Giữ một quản trị viên trung ương không liên kết, cất mật khẩu và thiết bị tạo mã trong két.',
    ],
  });
}

export function examineOidc(given: {
  readonly config: OidcConfig;
  readonly site: WebConfig;
  readonly report: ProviderReport;
  readonly breakGlass: number;
}): Finding[] {
  const { config, site, report, breakGlass } = given;
  const rest = [checkRedirect(site), checkBreakGlass(config, breakGlass)];
  if (report.kind === 'unusable') return [checkUnusable(config, report), ...rest];
  const { algorithms, keys, namesItself } = report;
  const good = ok(
    'oidc',
    `${config.issuer} answers: ${counted(keys, 'key')}, ${algorithms.join(', ')}.`,
    `${config.issuer} trả lời: ${keys} khóa, ${algorithms.join(', ')}.`,
  );
  if (namesItself) return [good, ...rest];
  const unnamed = finding('oidc-issuer-parameter', 'warn', {
    what: [
      'The provider does not name itself in its answers (RFC 9207).',
      'Hệ thống không tự xưng trong câu trả lời (RFC 9207).',
    ],
    why: [
      'Only the ID token tells whose answer it is; with one provider that is enough.',
      'Chỉ ID token cho biết câu trả lời của ai; với một hệ thống thì đủ.',
    ],
    remedy: ['Switch it on there if it can.', 'Bật tính năng này nếu hệ thống hỗ trợ.'],
  });
  return [good, unnamed, ...rest];
}
