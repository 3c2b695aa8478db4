// What a mail says about an alert or a notice: Vietnamese as written, and English.
import { formatMoment } from '../core/dates.ts';
import type { Language } from '../core/reason-texts.ts';
import type { NoticeMessage } from './notices.ts';

type Text = Readonly<Record<Language, string>>;

const titles: Readonly<Record<string, Text>> = {
  'cut-unconfirmed': {
    vi: 'Chưa xác nhận được việc ngắt phiên',
    en: 'A session has not been confirmed to have ended',
  },
  'cut-impossible': {
    vi: 'Không ra lệnh ngắt phiên được cho cổng VPN',
    en: 'A gateway can not be told to end a session',
  },
  'lifecycle-brake': {
    vi: 'Chốt an toàn thu hồi hàng loạt đang tạm giữ biến động nhân sự',
    en: 'The mass-withdrawal brake holds personnel events back',
  },
  'slip-for-person-by-hand': {
    vi: 'Đã in phiếu kích hoạt cho người do cán bộ tự nhập, không có trong nguồn dữ liệu nhân sự',
    en: 'A slip was printed for a person entered by hand, whom no source of personnel data knows',
  },
  'operator-link-used': {
    vi: 'Một liên kết dùng một lần đã thay mật khẩu và ứng dụng xác thực của cán bộ vận hành',
    en: "A one-time link has replaced an operator's password and authenticator",
  },
  'operator-link-guessed': {
    vi: 'Có người thử đoán thông tin kèm theo liên kết dùng một lần của cán bộ vận hành',
    en: "Somebody guesses what goes with an operator's one-time link",
  },
  'administrator-ended': {
    vi: 'Một quản trị viên trung ương đã hết vai trò',
    en: 'A central administrator has lost the role',
  },
  'administrator-alone': {
    vi: 'Chỉ còn một quản trị viên trung ương đăng nhập được',
    en: 'Only one central administrator is left who can sign in',
  },
  'credential-ends': {
    vi: 'Token hoặc chứng thư sắp hết hạn',
    en: 'A token or certificate ends soon',
  },
  'login-after-employment-ended': {
    vi: 'Đăng nhập sau khi đã thôi công tác',
    en: 'Login after employment ended',
  },
  'login-from-revoked-workstation': {
    vi: 'Đăng nhập từ máy trạm đã ngừng sử dụng hoặc báo mất',
    en: 'Login from a workstation that is retired or lost',
  },
  'login-from-unassigned-workstation': {
    vi: 'Đăng nhập từ máy chưa được giao',
    en: 'Login from a workstation that is not assigned',
  },
  'login-with-wrong-workstation-key': {
    vi: 'Khóa của máy không khớp với máy đã đăng ký',
    en: "The workstation's key is not the registered one",
  },
  'denied-by-holder': {
    vi: 'Chủ tài khoản báo “Không phải tôi”',
    en: 'The holder said “This was not me”',
  },
  'locked-by-holder': {
    vi: 'Chủ tài khoản tự khóa',
    en: 'Locked by the holder',
  },
  'activation-guessed': {
    vi: 'Nhập sai ngày sinh nhiều lần khi kích hoạt',
    en: 'Many wrong birth dates at activation',
  },
  'head-without-operator': {
    vi: 'Thủ trưởng đơn vị chưa có quyền vào trang quản trị',
    en: 'A head of unit has no place in the console',
  },
  'feed-fault': {
    vi: 'Nguồn dữ liệu nhân sự có lỗi, cần xem lại',
    en: 'Something is wrong with a source of personnel data',
  },
  'decision-unwritable': {
    vi: 'Có lượt đăng nhập không ghi được',
    en: 'A login could not be recorded',
  },
  'term-ends': { vi: 'Tài khoản VPN sắp hết thời hạn sử dụng', en: 'The term of a VPN account ends soon' },
  'term-ended': { vi: 'Tài khoản VPN đã hết thời hạn sử dụng', en: 'The term of a VPN account has ended' },
};

const words = {
  kind: { alert: { vi: 'Cảnh báo', en: 'Alert' }, notice: { vi: 'Thông báo', en: 'Notice' } },
  account: { vi: 'Tài khoản', en: 'Account' },
  holder: { vi: 'Người được cấp', en: 'Holder' },
  unit: { vi: 'Đơn vị', en: 'Unit' },
  at: { vi: 'Lúc', en: 'At' },
  until: { vi: 'Có hiệu lực đến', en: 'Valid until' },
  daysLeft: { vi: 'Số ngày còn lại', en: 'Days left' },
  more: {
    vi: 'Xem chi tiết và xử lý trong trang quản trị Gatewarden. Thư này gửi tự động, xin không trả lời.',
    en: 'See the Gatewarden console for details. This message was sent by a program; do not answer it.',
  },
} as const;

/** Values that a mail shows by words of its own. */
const shownApart = new Set(['validUntil', 'daysBefore']);

/** A name that came from outside begins no line of its own, of the text or of the header. */
const oneLine = (value: string) => value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

export function composeMail(
  message: NoticeMessage,
  { language, timeZone }: { readonly language: Language; readonly timeZone: string },
): { readonly subject: string; readonly text: string } {
  const { about, kind, facts, unit } = message;
  const title = titles[about]?.[language] ?? oneLine(about);
  const { validUntil, daysBefore } = facts;
  const line = (word: Text, value: string | number | null) =>
    value === null ? [] : [`${word[language]}: ${oneLine(String(value))}`];
  const lines = [
    ...line(words.account, message.userName),
    ...line(words.holder, message.fullName),
    ...line(words.unit, unit === null ? null : `${unit.name} (${unit.code})`),
    ...(typeof validUntil === 'number' ? line(words.until, formatMoment(validUntil, 'until', timeZone)) : []),
    ...(typeof daysBefore === 'number' && daysBefore > 0 ? line(words.daysLeft, daysBefore) : []),
    ...line(words.at, formatMoment(message.at, 'from', timeZone)),
    ...Object.entries(facts)
      .filter(([name, value]) => !shownApart.has(name) && value !== null)
      .map(([name, value]) => `${name}: ${oneLine(String(value))}`),
  ];
  const subject = `[Gatewarden] ${words.kind[kind][language]}: ${title}`;
  return { subject, text: [title, '', ...lines, '', words.more[language], ''].join('\n') };
}
