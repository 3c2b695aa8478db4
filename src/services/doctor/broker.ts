// The doctor's look at the broker itself: files, clock, sockets, buffers, database, disk, checkpoints.
import { lstat, readFile, statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import { counted } from '../../base/counted.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Config } from '../../config/load.ts';
import { formatInstant } from '../../core/dates.ts';
import type { StoreDescription } from '../../store/store.ts';
import type { ClockState } from '../clock-watch.ts';
import { readKeyFile } from '../secrets/key-file.ts';
import { type Finding, finding, ok } from './finding.ts';

const leastFreeOctets = 1024 ** 3;
const fullOctets = 100 * 1024 ** 2;

export async function checkDataDirectory(directory: string): Promise<Finding> {
  try {
    const { mode, uid } = await lstat(directory);
    const own = process.getuid?.() ?? uid;
    if ((mode & 0o077) === 0 && uid === own) {
      return ok(
        'data-directory',
        `${directory} belongs to the service alone.`,
        `${directory} chỉ dành riêng cho dịch vụ.`,
      );
    }
    return finding('data-directory', (mode & 0o022) !== 0 ? 'fault' : 'warn', {
      what: [
        `${directory} can be entered by others (mode 0${(mode & 0o777).toString(8)}).`,
        `Tài khoản khác truy cập được ${directory} (quyền 0${(mode & 0o777).toString(8)}).`,
      ],
      why: [
        'Database, key and control socket are in it.',
        'Thư mục này chứa cơ sở dữ liệu, khóa và socket điều khiển.',
      ],
      remedy: [
        `chmod 700 ${directory}, owned by the service account.`,
        `chmod 700 ${directory}, chủ sở hữu là tài khoản dịch vụ.`,
      ],
    });
  } catch (error) {
    return finding('data-directory', 'fault', {
      what: [
        `${directory} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
        `Không đọc được ${directory} (${(error as NodeJS.ErrnoException).code}).`,
      ],
      why: ['Nothing works without it.', 'Thiếu thư mục này thì hệ thống không hoạt động.'],
      remedy: ['Check dataDir and its owner.', 'Kiểm tra dataDir và chủ sở hữu.'],
    });
  }
}

export async function checkKeyFile(file: string): Promise<Finding> {
  try {
    const keys = await readKeyFile(file);
    if (keys.all.length === 1) {
      return ok(
        'key-file',
        `${file} holds one key, for its owner alone.`,
        `${file} có một khóa, chỉ chủ sở hữu đọc được.`,
      );
    }
    return finding('key-file', 'warn', {
      what: [
        `${file} still holds ${counted(keys.all.length - 1, 'former key')}.`,
        `${file} còn giữ ${keys.all.length - 1} khóa cũ.`,
      ],
      why: [
        'A former key that leaked still opens what it wrapped in old backups.',
        'Khóa cũ nếu bị lộ vẫn mở được bản sao lưu cũ.',
      ],
      remedy: [
        'When every node has the new file: gatewarden keys drop-former.',
        'Khi mọi nút đã có tệp mới: gatewarden keys drop-former.',
      ],
    });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return finding('key-file', 'fault', {
      what: [error.message, error.message],
      why: [
        'Without the key no code can be checked and no gateway answered.',
        'Thiếu khóa thì không kiểm tra được mã và không trả lời được cổng VPN.',
      ],
      remedy: [error.remedy, error.remedy],
    });
  }
}

export function checkClock(state: ClockState): Finding {
  if (state.stable) return ok('clock', 'The clock runs evenly.', 'Đồng hồ chạy ổn định.');
  const seconds = Math.round(state.offsetMs / 1000);
  const cause: Record<NonNullable<ClockState['fault']>, readonly [string, string]> = {
    jumped: [`The clock jumped by ${seconds} s.`, `Đồng hồ nhảy ${seconds} giây.`],
    'differs-from-database': [
      `The clock is ${seconds} s away from the database's.`,
      `Đồng hồ lệch ${seconds} giây so với cơ sở dữ liệu.`,
    ],
    'earlier-than-before': [
      `The clock is ${-seconds} s earlier than the last instant recorded.`,
      `Đồng hồ sớm hơn ${-seconds} giây so với thời điểm cuối cùng đã ghi.`,
    ],
  };
  return finding('clock', 'fault', {
    what: cause[state.fault ?? 'jumped'],
    why: [
      'Codes and terms are judged by it, so this node answers nobody.',
      'Mã xác thực và thời hạn được xét theo đồng hồ, nên nút này không trả lời.',
    ],
    remedy: [
      'Check NTP. If the clock is right now: gatewarden doctor --confirm-clock.',
      'Kiểm tra NTP. Nếu giờ hiện tại đã đúng: gatewarden doctor --confirm-clock.',
    ],
  });
}

export function checkSockets(
  wanted: Config['radius']['listen'],
  unbound: readonly { readonly endpoint: string; readonly code: string }[],
): Finding {
  if (unbound.length === 0) {
    return ok(
      'sockets',
      `All ${wanted.length} RADIUS addresses are or can be bound.`,
      `Đã mở hoặc mở được cả ${wanted.length} địa chỉ RADIUS.`,
    );
  }
  const list = unbound.map(({ endpoint, code }) => `${endpoint} (${code})`).join(', ');
  const isPrivileged = unbound.some(({ code }) => code === 'EACCES');
  return finding('sockets', 'fault', {
    what: [`RADIUS cannot be received on ${list}.`, `Không nhận được RADIUS trên ${list}.`],
    why: ['Gateways that ask there get no answer.', 'Cổng VPN hỏi tới đó sẽ không có trả lời.'],
    remedy: isPrivileged
      ? ['Ports below 1024 need CAP_NET_BIND_SERVICE.', 'Cổng dưới 1024 cần quyền CAP_NET_BIND_SERVICE.']
      : [
          'Stop what else listens there (ss -ulpn), or change radius.listen.',
          'Dừng tiến trình khác đang dùng (ss -ulpn), hoặc đổi radius.listen.',
        ],
  });
}

export async function checkReceiveBuffer(
  wantedOctets: number,
  procFile = '/proc/sys/net/core/rmem_max',
): Promise<Finding> {
  let limit: number;
  try {
    limit = Number((await readFile(procFile, 'utf8')).trim());
  } catch {
    return ok(
      'receive-buffer',
      'This system has no rmem_max to check.',
      'Hệ điều hành này không có rmem_max để kiểm tra.',
    );
  }
  if (limit >= wantedOctets) {
    return ok(
      'receive-buffer',
      `The kernel grants ${wantedOctets} octets of receive buffer.`,
      `Nhân hệ điều hành cấp đủ bộ đệm nhận ${wantedOctets} byte.`,
    );
  }
  return finding('receive-buffer', 'warn', {
    what: [
      `The kernel caps receive buffers at ${limit} octets, ${wantedOctets} are wanted.`,
      `Nhân hệ điều hành giới hạn bộ đệm nhận ${limit} byte, cần ${wantedOctets}.`,
    ],
    why: ['Requests are lost when many come at once.', 'Khi nhiều yêu cầu đến cùng lúc, một số sẽ mất.'],
    remedy: [
      `sysctl -w net.core.rmem_max=${wantedOctets}, and keep it in /etc/sysctl.d.`,
      `sysctl -w net.core.rmem_max=${wantedOctets}, và lưu vào /etc/sysctl.d.`,
    ],
  });
}

export async function checkDisk(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const gibibytes = (free / 1024 ** 3).toFixed(1);
  if (free >= leastFreeOctets) {
    return ok('disk', `${gibibytes} GiB are free.`, `Còn trống ${gibibytes.replace('.', ',')} GiB.`);
  }
  return finding('disk', free < fullOctets ? 'fault' : 'warn', {
    what: [
      `Only ${gibibytes} GiB are free for ${directory}.`,
      `Chỉ còn trống ${gibibytes.replace('.', ',')} GiB cho ${directory}.`,
    ],
    why: [
      'A decision that cannot be recorded is not answered.',
      'Quyết định không ghi được thì không được trả lời.',
    ],
    remedy: ['Make room or move dataDir.', 'Giải phóng dung lượng hoặc chuyển dataDir.'],
  });
}

export function checkDatabase(description: StoreDescription): Finding[] {
  const { version, schema, faults } = description;
  const good = ok('database', `${version}, schema ${schema}.`, `${version}, lược đồ ${schema}.`);
  const texts: Record<StoreDescription['faults'][number], Parameters<typeof finding>[2]> = {
    'not-durable': {
      what: ['Commits are not forced to the disk.', 'Giao dịch không được ghi bắt buộc xuống đĩa.'],
      why: [
        'After a power cut a code that was used could be used again.',
        'Sau khi mất điện, mã đã dùng có thể dùng lại.',
      ],
      remedy: [
        'Set fsync = on and full_page_writes = on in postgresql.conf.',
        'Đặt fsync = on và full_page_writes = on trong postgresql.conf.',
      ],
    },
    'no-synchronous-standby': {
      what: ['No synchronous standby confirms commits.', 'Không có máy dự phòng đồng bộ xác nhận giao dịch.'],
      why: [
        'After a failover codes used in the last moments could be used again.',
        'Sau khi chuyển máy, mã vừa dùng có thể dùng lại.',
      ],
      remedy: [
        'With several nodes set synchronous_standby_names; for a single server this is no fault.',
        'Nếu có nhiều nút, đặt synchronous_standby_names; với một máy chủ thì không phải lỗi.',
      ],
    },
  };
  return [
    good,
    ...faults.map((fault) =>
      finding(`database-${fault}`, fault === 'not-durable' ? 'fault' : 'warn', texts[fault]),
    ),
  ];
}

/** `undelivered`: what targets have not taken after several tries. */
export function checkCheckpoints(
  targets: number,
  undelivered: { readonly count: number; readonly oldestAt: number | null },
  timeZone: string,
): Finding {
  if (targets > 0 && undelivered.oldestAt !== null) {
    const since = formatInstant(undelivered.oldestAt, timeZone);
    return finding('checkpoints', 'fault', {
      what: [
        `${counted(undelivered.count, 'checkpoint')} could not be delivered, the oldest from ${since}.`,
        `Chưa gửi được ${undelivered.count} mốc kiểm chứng, mốc cũ nhất lúc ${since}.`,
      ],
      why: [
        'Until they are elsewhere, whoever owns the host can rewrite that part of the log unnoticed.',
        'Khi mốc chưa được gửi đi, ai chiếm được máy có thể sửa phần nhật ký đó mà không bị phát hiện.',
      ],
      remedy: [
        'Check that the places in audit.checkpoints.targets exist and take what is sent; the log of the broker says what failed.',
        'Kiểm tra các nơi nhận trong audit.checkpoints.targets; nguyên nhân có trong log của dịch vụ.',
      ],
    });
  }
  if (targets > 0) {
    return ok(
      'checkpoints',
      `Checkpoints are sent to ${counted(targets, 'place')}.`,
      `Mốc kiểm chứng được gửi tới ${targets} nơi.`,
    );
  }
  return finding('checkpoints', 'warn', {
    what: ['Checkpoints of the audit log stay on this host.', 'Mốc kiểm chứng nhật ký chỉ nằm trên máy này.'],
    why: [
      'Whoever owns the host can rewrite the log unnoticed.',
      'Ai chiếm được máy có thể sửa nhật ký mà không bị phát hiện.',
    ],
    remedy: [
      'Name a directory of another host, syslog or a webhook in audit.checkpoints.targets.',
      'Khai báo thư mục trên máy khác, syslog hoặc webhook trong audit.checkpoints.targets.',
    ],
  });
}

export function checkHttp(host: string): Finding {
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) {
    return ok('http', 'HTTP is open to this host alone.', 'HTTP chỉ mở cho chính máy này.');
  }
  return finding('http', 'warn', {
    what: [`HTTP listens on ${host}, without TLS.`, `HTTP mở trên ${host}, không có TLS.`],
    why: [
      'Metrics name the gateways and how often they are used.',
      'Số liệu có tên cổng VPN và mức độ sử dụng.',
    ],
    remedy: ['Listen on 127.0.0.1 behind a proxy with TLS.', 'Chỉ mở 127.0.0.1, đặt sau proxy có TLS.'],
  });
}
