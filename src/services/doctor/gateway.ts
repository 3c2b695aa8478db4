// The doctor's look at one gateway: what its own packets say is wrong with its configuration.

import { counted } from '../../base/counted.ts';
import { formatInstant } from '../../core/dates.ts';
import type { EvidenceLevel } from '../../core/evidence.ts';
import { type Finding, finding, ok } from './finding.ts';

/** What the listener has seen of a gateway since the broker started. */
export interface GatewaySeen {
  readonly lastRequestAt: number;
  readonly requests: number;
  readonly unsigned: number;
  readonly methods: Readonly<Record<string, number>>;
  readonly unreadablePasswords: number;
  readonly withoutNasIdentity: number;
  readonly withoutWorkstation: number;
  readonly refusedByProfile: Readonly<Record<string, number>>;
  readonly useless: readonly string[];
  readonly retransmissions: number;
  readonly shortestRetransmissionMs: number | null;
}

export interface GatewayCase {
  readonly name: string;
  readonly profile: string;
  readonly clientName: string;
  /** Address or prefix that its client sends from; null: it is known by certificate or token. */
  readonly clientPrefix: string | null;
  /** It may come over RADIUS/TLS. */
  readonly hasTls: boolean;
  readonly requireMessageAuthenticator: 'always' | 'auto' | 'never';
  /** A request of its client was signed once: under `auto` all must be since. */
  readonly hasSigned: boolean;
  /** Whether its client has other gateways too. */
  readonly sharesClient: boolean;
  /** Null: nothing has come since the broker started. */
  readonly seen: GatewaySeen | null;
  /** Datagrams dropped since the start, by cause, of all clients: before the check of authenticity no gateway is known. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly rejectDelayMs: number;
  readonly sendsWorkstation: boolean;
  /** The organisation's, for instants in the texts. */
  readonly timeZone: string;
  /** The least evidence in force. */
  readonly leastEvidence: EvidenceLevel;
  /** Whether the profile can carry E2 or more. */
  readonly carriesProof: boolean;
  /** What its profile says of Session-Timeout; null: it has none. */
  readonly sessionTimeout: 'honoured' | 'ignored' | 'omit' | null;
  /** Whether it is proven that it ends sessions when told. */
  readonly isCutProven: boolean;
}

/** What to check at a gateway of which nothing has come, by the way that it should have come. */
function whereToLook({ clientName, clientPrefix, hasTls }: GatewayCase): readonly [string, string] {
  if (clientPrefix !== null) {
    return [
      `Check that it sends from ${clientPrefix} (client ${clientName}) to this host and port, and what is between (tcpdump -ni any udp port 1812).`,
      `Kiểm tra cổng gửi từ ${clientPrefix} (${clientName}) tới đúng máy và cổng này, và tường lửa ở giữa (tcpdump -ni any udp port 1812).`,
    ];
  }
  if (hasTls) {
    return [
      `Check that it connects to radius.tls.listen (TCP 2083) with a certificate of client ${clientName}; the log names each connection that was refused.`,
      `Kiểm tra cổng kết nối tới radius.tls.listen (TCP 2083) bằng chứng thư của ${clientName}; nhật ký ghi từng kết nối bị từ chối.`,
    ];
  }
  return [
    'Check that it asks gatewayHttp.listen over HTTPS with its token or certificate ("gatewarden token list"); the log says what was refused.',
    'Kiểm tra cổng hỏi gatewayHttp.listen qua HTTPS bằng token hoặc chứng thư của mình ("gatewarden token list"); nhật ký ghi lượt bị từ chối.',
  ];
}

function checkArrival(of: GatewayCase): Finding[] {
  const { name, clientName, seen, dropped } = of;
  const wrong = dropped['message-authenticator-invalid'] ?? 0;
  const unknown = (dropped['unknown-client'] ?? 0) + (dropped['unknown-gateway'] ?? 0);
  const findings: Finding[] = [];
  if (seen === null) {
    findings.push(
      finding('never-seen', 'fault', {
        what: [
          `Nothing came from ${name} since the broker started.`,
          `Chưa nhận được gì từ ${name} từ khi khởi động.`,
        ],
        why: [
          unknown > 0
            ? `${counted(unknown, 'datagram')} came from addresses or gateways that are not declared.`
            : 'Either it asks another server, or its packets do not arrive.',
          unknown > 0
            ? `Có ${unknown} gói tin từ địa chỉ hoặc cổng chưa khai báo.`
            : 'Cổng hỏi máy chủ khác, hoặc gói tin không tới nơi.',
        ],
        remedy: whereToLook(of),
      }),
    );
  } else {
    const at = formatInstant(seen.lastRequestAt, of.timeZone);
    findings.push(
      ok(
        'seen',
        `${counted(seen.requests, 'request')}, the last at ${at}.`,
        `${seen.requests} yêu cầu, gần nhất lúc ${at}.`,
      ),
    );
  }
  if (wrong > 0) {
    findings.push(
      finding('wrong-signature', seen === null ? 'fault' : 'warn', {
        what: [
          `Dropped because the Message-Authenticator is wrong: ${counted(wrong, 'request')}, of all clients together.`,
          `${wrong} yêu cầu (của mọi thiết bị) bị bỏ vì Message-Authenticator sai.`,
        ],
        why: [
          'The sender holds another shared secret.',
          'Bên gửi dùng khóa dùng chung (shared secret) khác.',
        ],
        remedy: [
          `The log names the address that sent them. If it is this gateway: type the secret anew there (gatewarden gateway rotate-secret ${clientName} makes a new one); mind blanks and quotes.`,
          `Log của dịch vụ ghi địa chỉ gửi. Nếu là cổng này: nhập lại khóa dùng chung trên cổng (gatewarden gateway rotate-secret ${clientName} tạo khóa mới); chú ý dấu cách và dấu nháy.`,
        ],
      }),
    );
  }
  return findings;
}

function checkSignature(of: GatewayCase): Finding[] {
  const { seen, dropped, requireMessageAuthenticator: required } = of;
  const findings: Finding[] = [];
  const missing = dropped['message-authenticator-missing'] ?? 0;
  const isSinceSigned = required === 'auto' && of.hasSigned;
  if (missing > 0 && (isSinceSigned || (required === 'always' && seen === null))) {
    findings.push(
      finding('message-authenticator-missing', seen === null ? 'fault' : 'warn', {
        what: [
          `Dropped for want of a Message-Authenticator: ${counted(missing, 'request')}, of all clients together.`,
          `${missing} yêu cầu (của mọi thiết bị) bị bỏ vì không có Message-Authenticator.`,
        ],
        why: isSinceSigned
          ? [
              'A request from its address was signed once; under "auto" all must be since (CVE-2024-3596).',
              'Đã có một yêu cầu được ký từ địa chỉ này; ở chế độ "auto", từ đó mọi yêu cầu phải được ký (CVE-2024-3596).',
            ]
          : [
              'This client must sign its requests (CVE-2024-3596).',
              'Thiết bị này phải ký yêu cầu (CVE-2024-3596).',
            ],
        remedy: isSinceSigned
          ? [
              'If the gateway itself never signs (a probe or another program did), remove and add it again; else switch Message-Authenticator on there.',
              'Nếu cổng không bao giờ ký (yêu cầu được ký là của probe hay chương trình khác): xóa cổng rồi khai lại; nếu không: bật Message-Authenticator trên cổng.',
            ]
          : [
              "Update the gateway, or switch Message-Authenticator on in its RADIUS settings; see the gateway's guide.",
              'Cập nhật cổng VPN, hoặc bật Message-Authenticator trong cấu hình RADIUS; xem hướng dẫn của cổng.',
            ],
      }),
    );
  }
  if (seen !== null && seen.unsigned > 0) {
    findings.push(
      finding('unsigned', 'warn', {
        what: [
          `${seen.unsigned} of ${seen.requests} requests have no Message-Authenticator.`,
          `${seen.unsigned}/${seen.requests} yêu cầu không có Message-Authenticator.`,
        ],
        why: [
          'Unsigned requests can be forged or turned around (CVE-2024-3596).',
          'Yêu cầu không ký có thể bị giả mạo (CVE-2024-3596).',
        ],
        remedy: [
          'Update the gateway; then set requireMessageAuthenticator to always.',
          'Cập nhật cổng VPN; sau đó đặt requireMessageAuthenticator là always.',
        ],
      }),
    );
    if (seen.unreadablePasswords > 0) {
      findings.push(
        finding('wrong-secret', 'fault', {
          what: [
            `Passwords that did not read as text: ${seen.unreadablePasswords}.`,
            `${seen.unreadablePasswords} mật khẩu giải ra không phải chữ.`,
          ],
          why: [
            'The shared secret is very probably another one.',
            'Rất có thể khóa dùng chung (shared secret) không khớp.',
          ],
          remedy: ['Type the secret anew on both sides.', 'Nhập lại khóa dùng chung ở cả hai bên.'],
        }),
      );
    }
  }
  return findings;
}

const carriesNoCode = /^(chap|ms-chap|mschap|eap-md5)/i;

function checkMethods(seen: GatewaySeen): Finding[] {
  const methods = Object.keys(seen.methods);
  if (methods.length === 0) return [];
  const bad = methods.filter((method) => carriesNoCode.test(method));
  if (bad.length === 0) {
    return [ok('method', `Method: ${methods.join(', ')}.`, `Phương thức: ${methods.join(', ')}.`)];
  }
  return [
    finding('method', 'fault', {
      what: [`It uses ${bad.join(', ')}.`, `Cổng dùng ${bad.join(', ')}.`],
      why: [
        'From such a method the one-time code cannot be checked: every login is refused.',
        'Phương thức này không kiểm tra được mã xác thực: mọi lượt đều bị từ chối.',
      ],
      remedy: ["Set PAP, as in the gateway's guide.", 'Đặt PAP, theo hướng dẫn của cổng.'],
    }),
  ];
}

function checkTimeout(seen: GatewaySeen, rejectDelayMs: number): Finding[] {
  const timeout = seen.shortestRetransmissionMs;
  if (timeout === null) return [];
  if (timeout > rejectDelayMs + 500) {
    return [
      ok(
        'timeout',
        `It waits about ${timeout} ms before it asks again.`,
        `Cổng chờ khoảng ${timeout} ms rồi hỏi lại.`,
      ),
    ];
  }
  return [
    finding('timeout', timeout <= rejectDelayMs ? 'fault' : 'warn', {
      what: [
        `It asks again after ${timeout} ms; a Reject leaves after ${rejectDelayMs} ms.`,
        `Cổng hỏi lại sau ${timeout} ms; trả lời từ chối gửi sau ${rejectDelayMs} ms.`,
      ],
      why: [
        'It gives up, or asks another node, before the answer comes.',
        'Cổng bỏ cuộc hoặc hỏi nút khác trước khi có trả lời.',
      ],
      remedy: [
        'Set its RADIUS timeout to 5 s or more, or lower radius.rejectDelayMs.',
        'Đặt thời gian chờ RADIUS từ 5 giây trở lên, hoặc giảm radius.rejectDelayMs.',
      ],
    }),
  ];
}

function checkWorkstation(of: GatewayCase, seen: GatewaySeen): Finding[] {
  const findings: Finding[] = [];
  if (seen.useless.length > 0) {
    findings.push(
      finding('useless-attribute', 'warn', {
        what: [
          `${seen.useless.join(', ')} comes, but names no workstation on this gateway.`,
          `Có ${seen.useless.join(', ')}, nhưng ở cổng này không phải thông tin nhận dạng máy.`,
        ],
        why: [
          "It is an address of the network or the gateway's own text.",
          'Đó là địa chỉ mạng hoặc chữ do cổng tự đặt.',
        ],
        remedy: [
          "See the gateway's guide for what can name the workstation.",
          'Xem hướng dẫn của cổng để biết thông tin nào nhận dạng được máy.',
        ],
      }),
    );
  }
  if (seen.withoutWorkstation > 0) {
    findings.push(
      finding('no-workstation', 'warn', {
        what: [
          `${seen.withoutWorkstation} of ${seen.requests} logins named no workstation.`,
          `${seen.withoutWorkstation}/${seen.requests} lượt không có thông tin nhận dạng máy.`,
        ],
        why: [
          'Where a workstation is demanded these logins are refused.',
          'Nơi nào bắt buộc máy trạm, các lượt này bị từ chối.',
        ],
        remedy: of.sendsWorkstation
          ? [
              `Switch on what the guide of "${of.profile}" names.`,
              `Bật phần mà hướng dẫn "${of.profile}" nêu.`,
            ]
          : [
              `The profile "${of.profile}" knows no attribute for it: use another method or observe mode.`,
              `Hồ sơ "${of.profile}" không có thuộc tính này: dùng phương thức khác hoặc chế độ theo dõi.`,
            ],
      }),
    );
  }
  return findings;
}

function checkEvidence({ leastEvidence, carriesProof, profile }: GatewayCase): Finding {
  if (leastEvidence >= 2) {
    return ok(
      'evidence',
      `It demands a workstation that is proven (E${leastEvidence}).`,
      `Bắt buộc máy trạm được chứng thực (E${leastEvidence}).`,
    );
  }
  return finding('evidence', 'warn', {
    what: [
      `Evidence E${leastEvidence} is enough: the workstation is reported, not proven.`,
      `Chỉ cần bằng chứng E${leastEvidence}: máy trạm do bên kết nối khai báo, chưa được chứng thực.`,
    ],
    why: [
      'Whoever knows what a registered workstation reports can report the same from another one.',
      'Ai biết thông tin máy đã đăng ký đều có thể khai giống vậy từ máy khác.',
    ],
    remedy: carriesProof
      ? [
          'Its profile carries proof: set the least evidence level in its policy to E2 (leastEvidence) once every workstation has its certificate.',
          'Hồ sơ cổng hỗ trợ chứng thực: đặt mức độ tin cậy nhận dạng tối thiểu trong chính sách của cổng là E2 khi mọi máy đã có chứng thư.',
        ]
      : [
          `The profile "${profile}" carries no proof: demand tickets of the workstations' program (leastEvidence 3 in its policy), or plan for a gateway that does (OpenVPN with the script).`,
          `Hồ sơ "${profile}" không chuyển được bằng chứng: yêu cầu vé của chương trình trên máy trạm (mức 3 trong chính sách của cổng), hoặc dùng cổng hỗ trợ (OpenVPN với script).`,
        ],
  });
}

/** Who ends a session at the end of its term when the way of the cut is blocked. */
function checkExpiry({ name, sessionTimeout, isCutProven }: GatewayCase): Finding[] {
  if (sessionTimeout === null) return [];
  if (sessionTimeout === 'honoured') {
    return [
      ok(
        'expiry',
        'It ends sessions by itself too, by Session-Timeout.',
        'Cổng cũng tự kết thúc phiên theo Session-Timeout.',
      ),
    ];
  }
  if (isCutProven) {
    return [
      ok(
        'expiry',
        'It has no independent expiry; that it ends sessions when told is proven.',
        'Cổng không tự kết thúc phiên khi hết hạn; đã chứng minh cổng nhận lệnh ngắt.',
      ),
    ];
  }
  return [
    finding('expiry', 'warn', {
      what: [
        'It has no independent expiry, and that it ends sessions when told is not proven.',
        'Cổng không tự kết thúc phiên khi hết hạn, và chưa chứng minh được cổng nhận lệnh ngắt.',
      ],
      why: [
        'A session there can stay up past the end of its term.',
        'Phiên ở cổng này có thể vẫn còn sau khi hết thời hạn sử dụng.',
      ],
      remedy: [
        `Set up a way to end sessions there (gatewarden gateway set ${name} --control or --coa-address), then run gatewarden doctor ${name} again.`,
        `Khai cách ngắt phiên (gatewarden gateway set ${name} --control hoặc --coa-address), rồi chạy lại gatewarden doctor ${name}.`,
      ],
    }),
  ];
}

function checkIdentity(of: GatewayCase, seen: GatewaySeen): Finding[] {
  const findings: Finding[] = [];
  if (of.sharesClient && seen.withoutNasIdentity > 0) {
    findings.push(
      finding('no-nas-identity', 'warn', {
        what: [
          'It sends neither NAS-Identifier nor NAS-IP-Address.',
          'Cổng không gửi NAS-Identifier và NAS-IP-Address.',
        ],
        why: [
          `Client ${of.clientName} has several gateways, which only these tell apart.`,
          `${of.clientName} có nhiều cổng, chỉ phân biệt được bằng hai thuộc tính này.`,
        ],
        remedy: ['Set a NAS-Identifier on the gateway.', 'Đặt NAS-Identifier trên cổng VPN.'],
      }),
    );
  }
  const refused = Object.entries(seen.refusedByProfile);
  if (refused.length > 0) {
    const list = refused.map(([reason, count]) => `${reason} ×${count}`).join(', ');
    findings.push(
      finding('refused-by-profile', 'warn', {
        what: [`Refused by the profile: ${list}.`, `Bị hồ sơ cổng từ chối: ${list}.`],
        why: [
          'These requests are no VPN logins, or the profile is not the right one.',
          'Không phải lượt đăng nhập VPN, hoặc chọn sai hồ sơ cổng.',
        ],
        remedy: [
          'Point device administration elsewhere, or choose the right profile.',
          'Tách đăng nhập quản trị thiết bị sang máy chủ khác, hoặc chọn đúng hồ sơ.',
        ],
      }),
    );
  }
  return findings;
}

/** What is known of a gateway, worst things not first but in the order of a login: arrival, signature, method, timing, workstation. */
export function examineGateway(of: GatewayCase): Finding[] {
  const { seen } = of;
  const findings = [...checkArrival(of), ...checkSignature(of)];
  if (of.requireMessageAuthenticator === 'never') {
    findings.push(
      finding('signature-not-required', 'warn', {
        what: [
          'Unsigned requests are let through for this client (never).',
          'Cho phép yêu cầu không ký (never).',
        ],
        why: ['They can be forged (CVE-2024-3596).', 'Có thể bị giả mạo (CVE-2024-3596).'],
        remedy: [
          'Set auto or always as soon as the gateway can sign.',
          'Đặt auto hoặc always ngay khi cổng ký được.',
        ],
      }),
    );
  }
  findings.push(checkEvidence(of), ...checkExpiry(of));
  if (seen === null) return findings;
  return [
    ...findings,
    ...checkMethods(seen),
    ...checkTimeout(seen, of.rejectDelayMs),
    ...checkWorkstation(of, seen),
    ...checkIdentity(of, seen),
  ];
}
