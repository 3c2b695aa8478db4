// Rules of use as they are until the organisation publishes its own. Paragraphs are parted by an empty line.

const vi = `
1. Tài khoản VPN được cấp cho một người, theo văn bản phân công, để làm đúng công việc và trong đúng phạm vi dữ liệu ghi trong văn bản đó.

2. Chỉ kết nối từ máy trạm được giao. Không cài đặt tài khoản lên máy khác, kể cả máy cá nhân ở nhà.

3. Không cho người khác mượn tài khoản, mật khẩu, điện thoại hoặc thiết bị tạo mã; không nhập mật khẩu và mã xác thực thay người khác. Cán bộ hỗ trợ không bao giờ hỏi mật khẩu hay mã xác thực.

4. Giữ kín mật khẩu; không dùng mật khẩu này cho dịch vụ khác. Cất mã khôi phục ở nơi chỉ mình biết, không chụp ảnh, không để cùng máy trạm.

5. Không khai thác, sao chép, cung cấp dữ liệu của công dân và của cơ quan ngoài công việc được giao. Khóa màn hình khi rời máy và ngắt kết nối khi làm xong.

6. Khi mất điện thoại, mất máy trạm, nghi lộ mật khẩu hoặc thấy lượt đăng nhập không phải của mình: khóa tài khoản ngay trên cổng thông tin và báo cán bộ quản trị của đơn vị.

7. Khi nghỉ hưu, thôi việc, chuyển công tác hoặc thay đổi nhiệm vụ, quyền kết nối chấm dứt kể từ ngày quyết định có hiệu lực.

8. Mọi lượt kết nối được ghi nhật ký. Người được cấp tài khoản chịu trách nhiệm về các việc làm bằng tài khoản của mình.
`;

const en = `
1. A VPN account is given to one person, by a written assignment, for the work and the data named in it.

2. Connect from the assigned workstation only. Do not set the account up on another machine, a private one at home included.

3. Do not lend the account, the password, the phone or the token; do not type password and code for somebody else. The help desk never asks for a password or a code.

4. Keep the password to yourself and use it for nothing else. Keep the recovery codes where only you find them; take no picture of them and do not leave them with the workstation.

5. Do not use, copy or pass on data of citizens or of the organisation beyond the work assigned. Lock the screen when you leave, disconnect when you are done.

6. If the phone or the workstation is lost, the password may be known, or a login was not yours: lock the account in the portal at once and tell the unit administrator.

7. On retirement, resignation, transfer or a change of duties the right to connect ends from the effective date of the decision.

8. Every connection is recorded. The holder answers for what is done with the account.
`;

export const defaultRules: Readonly<Record<'vi' | 'en', string>> = { vi: vi.trim(), en: en.trim() };
