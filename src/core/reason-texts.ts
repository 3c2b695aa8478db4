// The words for reasons, details and outcomes: Vietnamese is the source, English follows. docs/reasons.md is made from this.
import type { AcceptedOutcome, DetailOf, Reason, ReasonWithDetails, UndecidedCause } from './reasons.ts';
import { type UserNameFault, userNameFaultTexts } from './user-name.ts';

export type Language = 'vi' | 'en';
export type Bilingual = Readonly<Record<Language, string>>;

/** Who acts: the holder, the unit administrator, the head of unit, the central IT centre, the gateway's engineer. */
export type Actor = 'holder' | 'unit' | 'head' | 'centre' | 'gateway';

interface NextStep extends Bilingual {
  readonly who: Actor;
}

/**
 * Texts may hold {date}, {time}, {hours}, {required}, {found}, {minutes}, {workstation}, {role}, {asked},
 * {repeated}, {fault}, {realm}, {unreadable}, {codeless} and {detail}.
 * A clause in square brackets is left out when a value that it names is not known.
 */
interface ReasonText {
  readonly title: Bilingual;
  readonly explanation: Bilingual;
  readonly next: readonly NextStep[];
}

const text = (vi: string, en: string): Bilingual => ({ vi, en });
const step = (who: Actor, vi: string, en: string): NextStep => ({ who, vi, en });

export const actorTexts: Readonly<Record<Actor, Bilingual>> = {
  holder: text('Người được cấp tài khoản', 'Holder'),
  unit: text('Cán bộ quản trị của đơn vị', 'Unit administrator'),
  head: text('Thủ trưởng đơn vị', 'Head of unit'),
  centre: text('Trung tâm CNTT', 'Central IT centre'),
  gateway: text('Kỹ sư phụ trách cổng VPN', 'Gateway engineer'),
};

export const reasonTexts: Readonly<Record<Reason, ReasonText>> = {
  'gateway-not-allowed': {
    title: text('Cổng VPN không được phép', 'VPN gateway not allowed'),
    explanation: text(
      'Đơn vị này không được kết nối qua cổng VPN đó.',
      'This unit may not use this gateway.',
    ),
    next: [
      step('holder', 'chọn đúng cổng VPN của đơn vị', "choose the unit's own gateway"),
      step('centre', 'kiểm tra chính sách cổng', 'check the gateway policy'),
    ],
  },
  'service-not-allowed': {
    title: text('Không phải lượt đăng nhập VPN', 'Not a VPN login'),
    explanation: text(
      'Thiết bị hỏi cho việc khác (đăng nhập quản trị thiết bị, tải ACL…)[. Yêu cầu có {asked}][. {repeated} bị lặp lại].',
      'The request is not a VPN login (device administration, ACL download …)[. It came with {asked}][. {repeated} stands in it more than once].',
    ),
    next: [
      step('gateway', 'tách dịch vụ đó khỏi máy chủ này', 'point that service elsewhere'),
      step(
        'gateway',
        'nếu đúng là đăng nhập VPN: đối chiếu với hướng dẫn của cổng',
        "if it is a VPN login: compare what came with the gateway's guide",
      ),
    ],
  },
  'method-not-allowed': {
    title: text('Cách gửi mật khẩu không được hỗ trợ', 'Password method not supported'),
    explanation: text(
      'Cổng VPN dùng phương thức không kiểm tra được mã xác thực[ ({detail})].',
      "The gateway uses a method that can't carry the code[ ({detail})].",
    ),
    next: [
      step(
        'gateway',
        'đổi sang phương thức trong hướng dẫn của cổng',
        "set the method given in the gateway's guide",
      ),
    ],
  },
  'account-unknown': {
    title: text('Không có tài khoản này', 'No such account'),
    explanation: text(
      'Tên đăng nhập sai hoặc chưa được cấp[. Không tài khoản nào có tên như vậy: {fault}][. {realm} không phải miền của cơ quan].',
      'No such account: mistyped or never issued[. No account can have this name: {fault}][. {realm} is no realm of the organisation].',
    ),
    next: [
      step('holder', 'kiểm tra tên đăng nhập trên phiếu kích hoạt', 'check the name on the slip'),
      step('unit', 'lập đề nghị cấp', 'file a request'),
    ],
  },
  'account-pending': {
    title: text('Tài khoản chờ kích hoạt', 'Account waits for activation'),
    explanation: text(
      'Tài khoản đã được cấp nhưng người được cấp chưa kích hoạt.',
      'Not yet activated by its holder.',
    ),
    next: [
      step('holder', 'kích hoạt trên cổng thông tin bằng mã trên phiếu', 'activate with the slip'),
      step('unit', 'in lại phiếu nếu quá hạn', 'reprint if it has run out'),
    ],
  },
  'account-withdrawn': {
    title: text('Tài khoản đã thu hồi', 'Account withdrawn'),
    explanation: text(
      'Tài khoản không còn nhu cầu sử dụng và đã được thu hồi.',
      'Withdrawn: no need any more.',
    ),
    next: [
      step(
        'head',
        'cấp lại cần văn bản phân công mới; nếu thu hồi nhầm: hoàn tác',
        'issue again on a new assignment, or undo',
      ),
    ],
  },
  'employment-not-started': {
    title: text('Chưa đến ngày nhận việc', 'Employment has not begun'),
    explanation: text(
      'Theo dữ liệu nhân sự, chưa đến ngày nhận việc[ ({date})].',
      'Employment has not begun[ (it begins on {date})].',
    ),
    next: [step('unit', 'kiểm tra ngày tiếp nhận', 'check the start date')],
  },
  'employment-ended': {
    title: text('Không còn công tác tại cơ quan', 'No longer employed here'),
    explanation: text(
      'Không còn công tác tại cơ quan[ ({detail})]. Một cảnh báo được gửi cho đơn vị.',
      'No longer employed here[ ({detail})]. The unit is alerted.',
    ),
    next: [
      step(
        'unit',
        'xác minh ai đã đăng nhập; nếu dữ liệu nhân sự sai: hoàn tác',
        'find out who tried; undo if HR data is wrong',
      ),
    ],
  },
  'employment-on-leave': {
    title: text('Đang nghỉ', 'On leave'),
    explanation: text(
      'Đang nghỉ[ ({detail})][ đến {date}].',
      'On leave or stood down[ ({detail})][ until {date}].',
    ),
    next: [step('unit', 'ghi nhận ngày trở lại làm việc', 'record the return')],
  },
  'assignment-missing': {
    title: text('Chưa có văn bản phân công', 'No written assignment'),
    explanation: text(
      'Không có văn bản phân công còn hiệu lực[ ({detail})].',
      'No valid written assignment[ ({detail})].',
    ),
    next: [step('unit', 'bổ sung văn bản', 'add the document'), step('head', 'phê duyệt', 'approve')],
  },
  'not-yet-valid': {
    title: text('Chưa đến thời hạn sử dụng', 'Term has not begun'),
    explanation: text(
      'Chưa đến thời hạn sử dụng[. Có hiệu lực từ {date}].',
      'The term of use has not begun[. Term starts on {date}].',
    ),
    next: [step('holder', 'chờ đến ngày', 'wait'), step('unit', 'sửa ngày nếu nhập sai', 'correct the date')],
  },
  expired: {
    title: text('Hết thời hạn sử dụng', 'Term ended'),
    explanation: text('Hết thời hạn sử dụng[ từ {date}].', 'Term ended[ at {date}].'),
    next: [
      step('holder', 'gửi đề nghị gia hạn', 'ask for an extension'),
      step('head', 'phê duyệt', 'approve'),
    ],
  },
  suspended: {
    title: text('Tài khoản đang tạm khóa', 'Account suspended'),
    explanation: text(
      'Tài khoản đang tạm khóa[ ({detail})][ từ {date}][, người thực hiện: {role}].',
      'Suspended[ ({detail})][, since {date}][, by {role}].',
    ),
    next: [
      step('holder', 'liên hệ cán bộ quản trị của đơn vị', "get in touch with the unit's administrator"),
      step('unit', 'xử lý nguyên nhân rồi mở khóa', 'settle the cause, then reinstate'),
    ],
  },
  'password-compromised': {
    title: text('Mật khẩu bị lộ lọt, phải đổi', 'Password compromised'),
    explanation: text(
      'Mật khẩu bị lộ lọt; phải đổi mật khẩu trước khi kết nối.',
      'The password is in a leak; it must be changed.',
    ),
    next: [
      step('holder', 'đặt mật khẩu mới bằng mã kích hoạt mới', 'set a new one with a new activation code'),
      step('unit', 'cấp mã, kiểm tra các lượt đăng nhập gần đây', 'issue the code, look at recent logins'),
    ],
  },
  'password-change-required': {
    title: text('Phải đổi mật khẩu trước khi kết nối', 'Password must be changed first'),
    explanation: text(
      'Mật khẩu hiện tại phải được đổi trước khi kết nối (kể cả khi danh bạ người dùng quy định).',
      'Password must be changed first (also from the directory).',
    ),
    next: [step('holder', 'đổi mật khẩu trên cổng thông tin', 'change it in the portal')],
  },
  'rules-not-accepted': {
    title: text('Chưa chấp nhận quy định sử dụng phiên bản mới', 'Rules of use not accepted'),
    explanation: text(
      'Quy định sử dụng tài khoản VPN có phiên bản mới, chưa được đọc và chấp nhận.',
      'Current rules of use not accepted.',
    ),
    next: [step('holder', 'đăng nhập cổng thông tin, đọc và chấp nhận', 'read and accept in the portal')],
  },
  'authenticator-not-enrolled': {
    title: text('Chưa đăng ký ứng dụng xác thực', 'No authenticator enrolled'),
    explanation: text(
      'Tài khoản chưa có ứng dụng xác thực hoặc thiết bị tạo mã.',
      'No app or token enrolled.',
    ),
    next: [
      step('holder', 'đăng ký bằng mã kích hoạt', 'enrol with the activation code'),
      step('unit', 'cấp phiếu hoặc thiết bị tạo mã', 'hand out a slip or token'),
    ],
  },
  'locked-out': {
    title: text('Tạm chặn do nhập sai nhiều lần', 'Locked out after too many wrong tries'),
    explanation: text(
      'Tạm chặn do nhập sai nhiều lần[, đến {time}].',
      'Too many wrong tries[; ends at {time}].',
    ),
    next: [
      step(
        'holder',
        'chờ, không thử tiếp; nếu không phải mình: bấm "Không phải tôi"',
        'wait, do not try on; report if it was not you',
      ),
    ],
  },
  'too-many-requests': {
    title: text('Quá nhiều lượt từ nơi này trong thời gian ngắn', 'Too many requests'),
    explanation: text(
      'Đã vượt giới hạn số lượt của cổng VPN hoặc của nơi kết nối.',
      'Rate limit of the gateway or source reached.',
    ),
    next: [step('gateway', 'tìm máy đang thử liên tục', 'find the client that retries')],
  },
  'outside-hours': {
    title: text('Ngoài giờ được phép truy cập', 'Outside permitted hours'),
    explanation: text('Ngoài giờ được phép truy cập[ ({hours})].', 'Outside permitted hours[ ({hours})].'),
    next: [step('head', 'đề nghị cho phép làm ngoài giờ có thời hạn', 'ask for a dated exception')],
  },
  'workstation-not-identified': {
    title: text('Cổng VPN không gửi thông tin nhận dạng máy', 'Workstation not identified'),
    explanation: text(
      'Cổng VPN không gửi thông tin nào cho biết máy trạm nào đang kết nối.',
      'The gateway sent nothing that names the workstation.',
    ),
    next: [step('gateway', 'xem "Kiểm tra cấu hình"', 'run doctor')],
  },
  'workstation-not-assigned': {
    title: text('Không phải máy trạm được giao', 'Not the assigned workstation'),
    explanation: text(
      'Không phải máy trạm được giao[ ({detail})].',
      'Not the assigned workstation[ ({detail})].',
    ),
    next: [
      step(
        'holder',
        'dùng đúng máy được giao, hoặc đề nghị đăng ký máy',
        'use the assigned one or ask for this one to be registered',
      ),
      step('unit', 'xác minh', 'verify'),
    ],
  },
  'workstation-revoked': {
    title: text('Máy trạm đã ngừng sử dụng hoặc báo mất', 'Workstation withdrawn or lost'),
    explanation: text(
      'Máy trạm đã ngừng sử dụng hoặc báo mất nên không được kết nối.',
      'Workstation withdrawn or reported lost.',
    ),
    next: [step('unit', 'xác minh ngay máy đang ở đâu', 'find the machine at once')],
  },
  'workstation-evidence-too-weak': {
    title: text('Chưa đủ căn cứ nhận dạng máy', 'Workstation evidence too weak'),
    explanation: text(
      'Chưa đủ căn cứ nhận dạng máy[: cần mức {required}, chỉ có {found}].',
      'Evidence[ {found}] below the least level[ {required}].',
    ),
    next: [
      step(
        'gateway',
        'cài chương trình/chứng thư trên máy',
        'install the agent or certificate on the machine',
      ),
      step('unit', 'cài chương trình/chứng thư trên máy', 'install the agent or certificate on the machine'),
      step('centre', 'xem xét chế độ theo dõi', 'consider observe mode'),
    ],
  },
  'workstation-key-mismatch': {
    title: text('Khóa của máy không khớp với máy đã đăng ký', "The machine's key does not match"),
    explanation: text(
      'Khóa của máy đang kết nối khác với khóa của máy đã đăng ký.',
      "The machine's key is not the registered one.",
    ),
    next: [
      step(
        'unit',
        'đăng ký lại nếu đã cài lại máy; nếu không, xử lý như sự cố',
        'register again if reinstalled, else treat as an incident',
      ),
    ],
  },
  'device-proof-invalid': {
    title: text('Chứng minh của máy không hợp lệ', "The machine's proof is invalid"),
    explanation: text(
      'Chứng minh của máy không hợp lệ[ ({detail})].',
      "Agent's proof is invalid[ ({detail})].",
    ),
    next: [
      step('holder', 'chạy lại; kiểm tra giờ của máy', 'run again; check the clock'),
      step(
        'unit',
        'kiểm tra khóa của máy đã được duyệt và chưa thu hồi, máy được giao cho tài khoản này',
        "see that the machine's key is approved and not withdrawn, and the machine assigned to this account",
      ),
    ],
  },
  'device-ticket-expired': {
    title: text('Vé kết nối quá 60 giây', 'Connection ticket too old'),
    explanation: text('Vé kết nối chỉ dùng được trong 60 giây.', 'Ticket older than 60 s.'),
    next: [step('holder', 'kết nối lại', 'connect again')],
  },
  'device-ticket-used': {
    title: text('Vé kết nối đã được dùng', 'Connection ticket used already'),
    explanation: text('Mỗi vé kết nối chỉ dùng được một lần.', 'Ticket used already.'),
    next: [
      step('holder', 'kết nối lại', 'connect again'),
      step('unit', 'xem cảnh báo nếu lặp lại', 'look at the alert if it repeats'),
    ],
  },
  'device-ticket-mismatch': {
    title: text('Vé thuộc tài khoản, máy hoặc địa chỉ khác', 'Connection ticket of another login'),
    explanation: text(
      'Vé kết nối được cấp cho tài khoản, máy hoặc địa chỉ khác.',
      'Ticket of another account, machine or address.',
    ),
    next: [step('unit', 'xác minh', 'verify')],
  },
  'password-wrong': {
    title: text('Sai mật khẩu', 'Wrong password'),
    explanation: text(
      'Mật khẩu đã nhập không đúng[ ({detail})][. {unreadable} không đọc được thành chữ: khóa chung của cổng VPN thường khác với khóa khai báo tại đây][. {codeless}].',
      "Wrong password[ ({detail})][. {unreadable} does not read as text: as a rule the gateway's shared secret differs from the one declared here][. {codeless}].",
    ),
    next: [
      step(
        'holder',
        'tắt bộ gõ tiếng Việt và Caps Lock rồi nhập lại',
        'turn the Vietnamese input method and Caps Lock off, then type it again',
      ),
      step(
        'gateway',
        'nếu mọi người đều bị như vậy: so lại khóa chung, chạy doctor',
        'if it happens to everybody: compare the shared secret, run doctor',
      ),
    ],
  },
  'code-missing': {
    title: text('Chưa nhập mã xác thực', 'Code missing'),
    explanation: text('Lượt đăng nhập không có mã xác thực (OTP).', 'No code was given.'),
    next: [
      step(
        'holder',
        'nhập mật khẩu rồi đến 6 số, viết liền, hoặc đợi ô nhập mã (theo hướng dẫn của cổng)',
        'type the password and then the 6 digits, or wait for the prompt, as this gateway wants it',
      ),
    ],
  },
  'code-wrong': {
    title: text('Sai mã xác thực', 'Wrong code'),
    explanation: text('Sai mã xác thực[ ({detail})].', 'Wrong code[ ({detail})].'),
    next: [
      step(
        'holder',
        'bật "ngày giờ tự động" trên điện thoại, dùng mã mới',
        'set automatic date and time on the phone, use a new code',
      ),
      step('unit', 'đồng bộ lại thiết bị tạo mã', 'resynchronise a token'),
    ],
  },
  'code-replayed': {
    title: text('Mã này đã được dùng', 'Code used already'),
    explanation: text('Mỗi mã xác thực chỉ dùng được một lần.', 'Code was used already.'),
    next: [
      step(
        'holder',
        'đợi mã mới (tối đa 30 giây); nếu không phải mình: báo ngay',
        'wait for the next (30 seconds at most); report at once if not you',
      ),
    ],
  },
  'challenge-expired': {
    title: text('Quá thời gian nhập mã', 'Prompt ran out'),
    explanation: text('Ô nhập mã đã hết thời gian chờ.', 'The prompt ran out.'),
    next: [step('holder', 'kết nối lại', 'connect again')],
  },
  'challenge-mismatch': {
    title: text('Lượt nhập mã không khớp với lượt đăng nhập ban đầu', 'The answer does not match the login'),
    explanation: text(
      'Lượt nhập mã thuộc một lượt đăng nhập khác[ ({detail})].',
      'The answer belongs to another login[ ({detail})].',
    ),
    next: [
      step('holder', 'kết nối lại', 'connect again'),
      step('gateway', 'kiểm tra nếu lặp lại', 'check the gateway if it repeats'),
    ],
  },
  'conversation-elsewhere': {
    title: text('Lượt đăng nhập EAP bắt đầu ở nút khác', 'EAP conversation of another node'),
    explanation: text(
      'Lượt đăng nhập EAP bắt đầu ở nút khác; máy khách sẽ tự bắt đầu lại.',
      'The EAP conversation began on another node; the client starts afresh.',
    ),
    next: [],
  },
  'session-limit': {
    title: text('Đã có phiên đang kết nối', 'A session is already up'),
    explanation: text(
      'Đã có phiên đang kết nối[ ({workstation})][ từ {time}].',
      'A session is already up[ ({workstation})][ since {time}].',
    ),
    next: [
      step(
        'holder',
        'ngắt phiên cũ trong cổng thông tin; nếu không phải mình: "Không phải tôi"',
        'end the older one in the portal; report if not yours',
      ),
    ],
  },
};

export const detailTexts: {
  readonly [R in ReasonWithDetails]: { readonly [D in DetailOf<R>]: Bilingual };
} = {
  'method-not-allowed': {
    chap: text('CHAP', 'CHAP'),
    'ms-chap': text('MS-CHAP', 'MS-CHAP'),
    'eap-md5': text('EAP-MD5', 'EAP-MD5'),
    'eap-other': text('phương thức EAP khác', 'another EAP method'),
    'no-credential': text('không có mật khẩu, hoặc có nhiều hơn một', 'no password, or more than one'),
  },
  'employment-ended': {
    retired: text('nghỉ hưu', 'retired'),
    resigned: text('thôi việc', 'resigned'),
    dismissed: text('buộc thôi việc', 'dismissed'),
    'transferred-out': text('chuyển công tác', 'transferred out'),
    'contract-ended': text('chấm dứt hợp đồng', 'contract ended'),
    deceased: text('từ trần', 'deceased'),
  },
  'employment-on-leave': {
    maternity: text('thai sản', 'maternity'),
    unpaid: text('không lương', 'unpaid'),
    sick: text('ốm dài ngày', 'long illness'),
    study: text('đi học', 'study'),
    'stood-down': text('tạm đình chỉ', 'stood down'),
  },
  'assignment-missing': {
    none: text('chưa có', 'none yet'),
    ended: text('đã hết hiệu lực', 'no longer in force'),
    'unit-changed': text('đã chuyển đơn vị', 'the unit has changed'),
    'duties-changed': text('đã đổi nhiệm vụ', 'the duties have changed'),
  },
  suspended: {
    'by-unit': text('đơn vị tạm khóa', 'by the unit'),
    'by-centre': text('Trung tâm CNTT tạm khóa', 'by the central IT centre'),
    'by-holder': text('chủ tài khoản tự khóa', 'by the holder'),
    case: text('đang xác minh vụ việc', 'a case is being verified'),
    leak: text('có cảnh báo lộ lọt', 'named in a leak warning'),
    review: text('chưa được xác nhận khi rà soát', 'not attested in a review'),
    dormant: text('lâu không sử dụng', 'not used for a long time'),
    'by-directory': text(
      'tài khoản trong thư mục (AD/LDAP) bị khóa, hết hạn hoặc vô hiệu',
      'locked, expired or disabled in the directory (AD/LDAP)',
    ),
    'by-event': text('theo biến động nhân sự', 'by a personnel event'),
  },
  'workstation-not-assigned': {
    unregistered: text('máy chưa đăng ký', 'not registered'),
    'other-account': text('máy giao cho người khác', "someone else's"),
    'assignment-ended': text('hết hạn giao', 'the time for which it was assigned is over'),
  },
  'device-proof-invalid': {
    signature: text('sai chữ ký', 'wrong signature'),
    nonce: text('sai số dùng một lần', 'wrong nonce'),
    clock: text('giờ của máy bị lệch', "the machine's clock is off"),
  },
  'password-wrong': {
    'upstream-answer': text(
      'câu trả lời cho nguồn xác thực phía sau không đúng',
      'the answer to what the upstream source asked was not right',
    ),
  },
  'code-wrong': {
    'clock-skew': text(
      'giờ điện thoại lệch[ khoảng {minutes} phút]',
      'phone clock off[ by about {minutes} min]',
    ),
  },
  'challenge-mismatch': {
    'other-account': text('tài khoản khác', 'another account'),
    'other-gateway': text('cổng VPN khác', 'another gateway'),
    'other-client': text('máy khách khác', 'another client'),
    reused: text('đã được dùng', 'used already'),
    malformed: text('dữ liệu không đọc được', 'unreadable'),
  },
};

/** Why no account can have a name that was typed. */
export const nameFaultTexts: Readonly<Record<UserNameFault | 'unreadable', Bilingual>> = {
  empty: text('không có tên', userNameFaultTexts.empty),
  'too-long': text('tên dài quá 64 ký tự', userNameFaultTexts['too-long']),
  space: text('tên có dấu cách', userNameFaultTexts.space),
  control: text('tên có ký tự điều khiển', userNameFaultTexts.control),
  character: text(
    'tên có ký tự không được dùng (chỉ dùng a–z, 0–9 và . _ - @)',
    userNameFaultTexts.character,
  ),
  realm: text('tên có hai miền, hoặc miền đứng trước dấu \\ chưa được khai báo', userNameFaultTexts.realm),
  unreadable: text('User-Name không đọc được thành chữ', 'User-Name does not read as text'),
};

/** With a wrong password: the gateway asks for the code apart, so that a code behind the password makes it wrong. */
export const codeApartText: Bilingual = text(
  'Cổng này hỏi mã ở ô riêng: ô đầu chỉ nhập mật khẩu',
  'This gateway asks for the code apart: the first box takes the password alone',
);

/** With a wrong password: what was typed did not end in a code, so that all of it was taken for the password. */
export const codelessText: Bilingual = text(
  'Phần cuối chuỗi đã nhập không phải mã xác thực',
  'What was typed does not end in a code',
);

export const undecidedTexts: Readonly<Record<UndecidedCause, Bilingual>> = {
  'store-unavailable': text('không truy cập được cơ sở dữ liệu', 'the store cannot be reached'),
  overloaded: text('quá tải', 'too much at once'),
  'upstream-unavailable': text('nguồn xác thực phía sau không trả lời', 'an upstream source does not answer'),
  'clock-unstable': text('đồng hồ máy chủ không ổn định', "the server's clock is not stable"),
  'duplicate-elsewhere': text(
    'nút khác đã xử lý cùng lượt gửi này',
    'another node has dealt with the same request',
  ),
};

export const acceptedTexts: Readonly<Record<AcceptedOutcome, Bilingual>> = {
  accepted: text('Cho phép', 'Allowed'),
  'accepted-observed': text(
    'Cho phép; chế độ bắt buộc sẽ từ chối[ vì: {reason}]',
    'Allowed now, would be denied under enforcement[ because: {reason}]',
  ),
};

export const undecidedTitle = text(
  'Chưa xử lý được (hệ thống gián đoạn)',
  'Not decided (service interrupted)',
);
