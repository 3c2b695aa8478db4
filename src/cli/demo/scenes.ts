// The connections of the demonstration, in order: who connects, how, and what must come of it.
import type { Bilingual } from '../../core/reason-texts.ts';
import type { Detail, Reason } from '../../core/reasons.ts';
import type { SampleLogin } from '../../services/sample-organisation.ts';
import type { Player, Typing } from './player.ts';

type SampleState = SampleLogin['state'];

/** What an administrator does between two connections. */
export interface Stage {
  readonly player: Player;
  /** Imports a policy of one gateway over the one in force. */
  setPolicy(gateway: string, policy: object): Promise<void>;
  /** A week in which no hour of today is open. */
  closedToday(): object;
  loseWorkstation(assetTag: string): Promise<void>;
  reinstate(userName: string): Promise<void>;
}

export interface Scene {
  /** What happens, in a line. */
  readonly title: Bilingual;
  /** Whose login; `user` chooses among several of a state. */
  readonly state: SampleState;
  readonly user?: string;
  readonly typing?: Typing;
  /** What comes before it. */
  readonly before?: (stage: Stage, login: SampleLogin) => Promise<void>;
  readonly expected: {
    readonly outcome: 'accept' | 'deny';
    readonly reason: Reason | null;
    readonly detail: Detail | null;
    /** In observe mode: what enforcement would have said. */
    readonly observed?: Reason;
  };
}

const scene = (vi: string, en: string, state: SampleState, rest: Omit<Scene, 'title' | 'state'>): Scene => ({
  title: { vi, en },
  state,
  ...rest,
});
const accept: Scene['expected'] = { outcome: 'accept', reason: null, detail: null };
const deny = (reason: Reason, detail: Detail | null = null): Scene['expected'] => ({
  outcome: 'deny',
  reason,
  detail,
});

const guessesBeforeLockout = 5;

export const scenes: readonly Scene[] = [
  scene('Mật khẩu và mã viết liền', 'Password and code in one', 'valid', { user: 'nvduc', expected: accept }),
  scene('Dùng lại mã vừa dùng', 'The same code once more', 'valid', {
    user: 'nvduc',
    typing: { code: 'same' },
    expected: deny('code-replayed'),
  }),
  scene('Mật khẩu trước, mã hỏi sau', 'Password first, then asked for the code', 'valid', {
    user: 'ttmhanh',
    expected: accept,
  }),
  scene('Máy chứng minh bằng chứng thư', 'The workstation proves itself by its certificate', 'valid', {
    user: 'lqhuy',
    expected: accept,
  }),
  scene('Cổng chỉ hỏi mã', 'A gateway that asks for the code alone', 'code-only', { expected: accept }),
  scene('Sai mật khẩu', 'A wrong password', 'valid', {
    user: 'nvduc',
    typing: { password: 'khong phai mat khau nay' },
    expected: deny('password-wrong'),
  }),
  scene('Sai mã', 'A wrong code', 'valid', {
    user: 'nvduc',
    typing: { code: 'wrong' },
    expected: deny('code-wrong'),
  }),
  scene('Điện thoại chậm 5 phút', 'A phone that is five minutes slow', 'valid', {
    user: 'nvduc',
    typing: { code: -5 },
    expected: deny('code-wrong', 'clock-skew'),
  }),
  scene('Tên đăng nhập không có', 'A user name that nobody has', 'valid', {
    user: 'nvduc',
    typing: { userName: 'nvduck' },
    expected: deny('account-unknown'),
  }),
  scene('Tài khoản chờ kích hoạt', 'An account not yet activated', 'pending', {
    expected: deny('account-pending'),
  }),
  scene('Tài khoản đã thu hồi', 'An account that was withdrawn', 'withdrawn', {
    expected: deny('account-withdrawn'),
  }),
  scene('Đã nghỉ hưu', 'The holder has retired', 'retired', {
    expected: deny('employment-ended', 'retired'),
  }),
  scene('Đã thôi việc (vẫn được hỏi mã)', 'The holder has resigned (and is asked for the code)', 'resigned', {
    expected: deny('employment-ended', 'resigned'),
  }),
  scene('Đã chuyển công tác', 'The holder has been transferred', 'transferred-out', {
    expected: deny('employment-ended', 'transferred-out'),
  }),
  scene('Đang nghỉ thai sản', 'The holder is on maternity leave', 'maternity-leave', {
    expected: deny('employment-on-leave', 'maternity'),
  }),
  scene('Chưa đến thời hạn', 'Before the term of use', 'not-yet-valid', { expected: deny('not-yet-valid') }),
  scene('Hết thời hạn', 'After the term of use', 'expired', { expected: deny('expired') }),
  scene('Tạm khóa vì có cảnh báo lộ lọt', 'Suspended for a leak warning', 'suspended', {
    expected: deny('suspended', 'leak'),
  }),
  scene('Được mở khóa ngay sau đó', 'Reinstated a moment later', 'suspended', {
    before: (stage, login) => stage.reinstate(login.userName),
    expected: accept,
  }),
  scene('Chưa đăng ký ứng dụng xác thực', 'No authenticator enrolled', 'no-authenticator', {
    expected: deny('authenticator-not-enrolled'),
  }),
  scene('Mã đúng sau năm mã sai', 'The right code after five wrong ones', 'to-be-locked', {
    before: async ({ player }, login) => {
      for (let guess = 0; guess < guessesBeforeLockout; guess += 1)
        await player.play(login, { code: 'wrong' });
    },
    expected: deny('locked-out'),
  }),
  scene('Từ máy chưa được giao', 'From a workstation that is not assigned', 'other-workstation', {
    expected: deny('workstation-not-assigned', 'other-account'),
  }),
  scene('Như trên, ở chế độ theo dõi', 'The same where it is only observed', 'other-workstation', {
    before: (stage, login) =>
      stage.setPolicy(login.gateway, { leastEvidence: 1, workstationMode: 'observe' }),
    expected: { ...accept, observed: 'workstation-not-assigned' },
  }),
  scene('Từ máy đã báo mất', 'From a workstation reported lost', 'valid', {
    user: 'nvduc',
    before: (stage, login) => stage.loseWorkstation(login.workstation.assetTag),
    expected: deny('workstation-revoked'),
  }),
  scene('Ngoài giờ được phép', 'Outside permitted hours', 'code-only', {
    before: (stage, login) =>
      stage.setPolicy(login.gateway, { leastEvidence: 1, hours: stage.closedToday() }),
    expected: deny('outside-hours'),
  }),
  scene('Đăng nhập quản trị thiết bị', "A login to the firewall's administration", 'valid', {
    user: 'nvduc',
    typing: { attributes: ['Service-Type=Administrative'] },
    expected: deny('service-not-allowed'),
  }),
];
