// What is said of each kind of problem: title and what to do, Vietnamese first.

interface ProblemText {
  readonly status: number;
  readonly vi: readonly [title: string, detail: string];
  readonly en: readonly [title: string, detail: string];
}

export const problemTexts = {
  malformed: {
    status: 400,
    vi: ['Yêu cầu không đọc được.', 'Kiểm tra khuôn dạng JSON và đường dẫn.'],
    en: ['The request cannot be read.', 'Check its JSON and its path.'],
  },
  invalid: {
    status: 400,
    vi: ['Có trường nhập chưa đúng.', 'Sửa các trường nêu dưới đây rồi gửi lại.'],
    en: ['Some fields are not right.', 'Correct the fields named below and send it again.'],
  },
  'not-signed-in': {
    status: 401,
    vi: ['Chưa đăng nhập hoặc phiên đã hết hạn.', 'Đăng nhập lại.'],
    en: ['Not signed in, or the session is over.', 'Sign in again.'],
  },
  'sign-in-refused': {
    status: 401,
    vi: [
      'Không đăng nhập được.',
      'Kiểm tra tên đăng nhập, mật khẩu và mã xác thực; đợi mã mới rồi thử lại. Nếu nhập sai nhiều lần, đợi ít phút.',
    ],
    en: [
      'Signing in was refused.',
      'Check name, password and code; wait for a new code and try again. After several wrong tries wait some minutes.',
    ],
  },
  'password-off': {
    status: 403,
    vi: [
      'Không đăng nhập bằng mật khẩu được nữa.',
      'Đăng nhập bằng tài khoản của cơ quan, hoặc bằng khóa truy cập.',
    ],
    en: [
      'Signing in by password is switched off for you.',
      "Sign in with the organisation's account, or use a passkey.",
    ],
  },
  'provider-unavailable': {
    status: 503,
    vi: [
      'Hệ thống tài khoản của cơ quan không trả lời.',
      'Thử lại sau ít phút, hoặc dùng mật khẩu và mã xác thực, hoặc khóa truy cập.',
    ],
    en: [
      "The organisation's sign-in does not answer.",
      'Try again in a few minutes, or use password and code, or a passkey.',
    ],
  },
  'activation-refused': {
    status: 403,
    vi: [
      'Mã kích hoạt không dùng được.',
      'Kiểm tra lại từng ký tự trên phiếu. Phiếu chỉ dùng một lần trong 7 ngày; nếu đã quá hạn hoặc đã in lại, xin phiếu mới của cán bộ quản trị của đơn vị.',
    ],
    en: [
      'The activation code cannot be used.',
      'Check it letter by letter. A slip is good once, for 7 days; if it has run out or was printed again, ask the unit administrator for a new one.',
    ],
  },
  'activation-elsewhere': {
    status: 403,
    vi: ['Không kích hoạt được từ mạng này.', 'Kích hoạt tại cơ quan, qua mạng nội bộ.'],
    en: ['No activation from this network.', 'Activate at the office, on its own network.'],
  },
  'ticket-over': {
    status: 403,
    vi: ['Phiên kích hoạt đã hết.', 'Nhập lại mã kích hoạt (hoặc mã khôi phục) để làm tiếp.'],
    en: ['The activation session is over.', 'Give the activation code (or recovery code) again to go on.'],
  },
  'lock-refused': {
    status: 403,
    vi: [
      'Chưa khóa được.',
      'Kiểm tra tên đăng nhập và mật khẩu hoặc mã khôi phục; nếu vẫn không được, gọi cán bộ quản trị của đơn vị ngay.',
    ],
    en: [
      'Not locked.',
      'Check user name and password or recovery code; if it still fails, call the unit administrator at once.',
    ],
  },
  'proof-refused': {
    status: 403,
    vi: ['Mật khẩu hoặc mã xác thực không đúng.', 'Đợi mã mới rồi nhập lại mật khẩu và mã.'],
    en: ['Password or code is wrong.', 'Wait for a new code, then give password and code again.'],
  },
  'token-refused': {
    status: 401,
    vi: ['Token không dùng được.', 'Token sai, đã hết hạn hoặc đã bị thu hồi; tạo token khác.'],
    en: ['The token is refused.', 'It is wrong, has run out or was revoked; make another.'],
  },
  'step-up-required': {
    status: 403,
    vi: ['Cần xác thực lại.', 'Nhập mã xác thực mới rồi làm lại thao tác.'],
    en: ['Prove once more who you are.', 'Give a new code, then repeat the act.'],
  },
  'link-refused': {
    status: 403,
    vi: ['Liên kết không dùng được.', 'Liên kết đã được dùng hoặc đã hết hạn; xin liên kết mới.'],
    en: ['The link is refused.', 'It was used already or has run out; ask for another.'],
  },
  forbidden: {
    status: 403,
    vi: ['Không có quyền thực hiện.', 'Nhờ người có thẩm quyền thực hiện.'],
    en: ['You may not do this.', 'Ask somebody who may.'],
  },
  'own-affair': {
    status: 403,
    vi: ['Không được tự quyết định việc của mình.', 'Người khác có thẩm quyền phải phê duyệt.'],
    en: ['Nobody decides their own affair.', 'Somebody else with the right must decide it.'],
  },
  'cross-site': {
    status: 403,
    vi: ['Yêu cầu đến từ trang khác.', 'Mở đúng địa chỉ của hệ thống rồi làm lại.'],
    en: ['The request came from another site.', 'Open the system by its own address and try again.'],
  },
  'insecure-transport': {
    status: 403,
    vi: ['Kết nối không được mã hóa.', 'Truy cập bằng https qua máy chủ trung gian đã khai báo.'],
    en: ['The connection is not encrypted.', 'Use https, through the proxy that is configured.'],
  },
  'not-found': {
    status: 404,
    vi: ['Không tìm thấy.', 'Không có nội dung này, hoặc nằm ngoài phạm vi quản lý.'],
    en: ['Not found.', 'There is no such thing, or it lies outside what you look after.'],
  },
  conflict: {
    status: 409,
    vi: ['Đã có thay đổi khác.', 'Tải lại để xem tình trạng hiện tại rồi làm lại nếu vẫn cần.'],
    en: ['It has changed meanwhile.', 'Load it again, and repeat the act if it is still wanted.'],
  },
  'key-reused': {
    status: 422,
    vi: ['Khóa Idempotency-Key đã dùng cho yêu cầu khác.', 'Dùng khóa mới cho mỗi yêu cầu.'],
    en: ['The Idempotency-Key was used for another request.', 'Use a new key for each request.'],
  },
  'answer-not-kept': {
    status: 409,
    vi: [
      'Yêu cầu này đã được thực hiện; câu trả lời không còn giữ.',
      'Xem kết quả tại mục liên quan; nếu vẫn cần làm lần nữa, gửi với khóa mới.',
    ],
    en: [
      'This request was carried out already; its answer is not kept.',
      'Look at what it changed; to do it once more, send it with a new key.',
    ],
  },
  'in-progress': {
    status: 409,
    vi: ['Yêu cầu này đang được xử lý.', 'Đợi vài giây rồi xem lại kết quả.'],
    en: ['This request is being worked on.', 'Wait a few seconds and look again.'],
  },
  'precondition-failed': {
    status: 412,
    vi: ['Người khác vừa thay đổi nội dung này.', 'Tải lại để xem bản mới nhất rồi làm lại nếu vẫn cần.'],
    en: ['Somebody else has just changed it.', 'Load it again, and repeat the act if it is still wanted.'],
  },
  'too-large': {
    status: 413,
    vi: ['Nội dung quá lớn.', 'Chia nhỏ tệp hoặc giảm số dòng.'],
    en: ['The content is too large.', 'Split the file, or send fewer rows.'],
  },
  'unsupported-media-type': {
    status: 415,
    vi: ['Kiểu nội dung không được hỗ trợ.', 'Gửi JSON (application/json).'],
    en: ['This type of content is not taken.', 'Send JSON (application/json).'],
  },
  misdirected: {
    status: 421,
    vi: ['Sai địa chỉ máy chủ.', 'Dùng đúng tên máy đã khai báo (hostName).'],
    en: ['This host name is not served here.', 'Use the host name that is configured (hostName).'],
  },
  refused: {
    status: 422,
    vi: ['Không thực hiện được.', 'Xem lý do dưới đây.'],
    en: ['It cannot be done.', 'The reason stands below.'],
  },
  'precondition-required': {
    status: 428,
    vi: ['Thiếu tiêu đề If-Match.', 'Gửi kèm ETag của bản đang xem để không ghi đè thay đổi của người khác.'],
    en: ['If-Match is missing.', 'Send the ETag of what you looked at, so that no change is lost.'],
  },
  'too-many-requests': {
    status: 429,
    vi: ['Quá nhiều yêu cầu.', 'Đợi một lát rồi thử lại.'],
    en: ['Too many requests.', 'Wait a moment and try again.'],
  },
  internal: {
    status: 500,
    vi: ['Hệ thống gặp sự cố.', 'Báo cán bộ hỗ trợ kèm mã yêu cầu.'],
    en: ['Something is broken.', 'Tell the help desk, with the number of the request.'],
  },
  'gateway-unknown': {
    status: 401,
    vi: [
      'Không nhận ra cổng VPN nào.',
      'Gửi token của cổng (Authorization: Bearer …) hoặc dùng chứng thư đã đăng ký; nhật ký của dịch vụ ghi nguyên nhân.',
    ],
    en: [
      'This is no gateway that is known here.',
      "Send the gateway's token (Authorization: Bearer …) or show its certificate; the service's log says what is wrong.",
    ],
  },
  undecided: {
    status: 503,
    vi: ['Chưa xử lý được (hệ thống gián đoạn).', 'Hỏi nút khác, hoặc hỏi lại với cùng requestId.'],
    en: ['Not decided (the system is interrupted).', 'Ask another node, or again with the same requestId.'],
  },
  unavailable: {
    status: 503,
    vi: ['Hệ thống tạm gián đoạn.', 'Thử lại sau ít phút.'],
    en: ['The system is interrupted.', 'Try again in a few minutes.'],
  },
} as const satisfies Record<string, ProblemText>;

export type ProblemCode = keyof typeof problemTexts;
