// Faults of lifecycle events in words, for the clerk who sent them. Vietnamese is written first.
import type { LifecycleFault } from './lifecycle.ts';
import type { Bilingual } from './reason-texts.ts';

/** Faults of an event by itself, against what is known, and of the row that it stands in. */
export type EventFault =
  | LifecycleFault
  | 'person-unknown'
  | 'key-reused'
  | 'person-elsewhere'
  | 'unit-elsewhere'
  | 'known'
  | 'fields-missing'
  | 'staff-code-missing'
  | 'name-differs'
  | 'kind-unknown'
  | 'date-missing'
  | 'date-wrong'
  | 'unit-unknown'
  | 'legacy-encoding'
  | 'person-kind-unknown'
  | 'too-long';

export const eventFaultTexts: Readonly<Record<EventFault, Bilingual>> = {
  'detail-missing': {
    vi: 'Chưa rõ nghỉ hay thôi việc theo hình thức nào; ghi rõ, như "nghỉ thai sản", "nghỉ hưu".',
    en: 'Of which kind the leave or the end is remains open: say it, such as "maternity", "retired".',
  },
  'detail-unknown': {
    vi: 'Chi tiết không phù hợp với loại biến động; sửa lại hoặc để trống.',
    en: 'The detail does not go with this event: correct it or leave it out.',
  },
  'unit-missing': {
    vi: 'Thiếu mã đơn vị; ghi mã đơn vị như trong danh mục.',
    en: 'The unit is missing: give the code of the unit that the event is about.',
  },
  'unit-unexpected': {
    vi: 'Biến động này không có đơn vị đến; để trống cột đơn vị.',
    en: 'This event goes to no unit: leave the unit out.',
  },
  'end-missing': { vi: 'Thiếu ngày kết thúc.', en: 'The end date is missing.' },
  'end-unexpected': {
    vi: 'Biến động này không có ngày kết thúc; để trống.',
    en: 'This event has no end date: leave it out.',
  },
  'end-not-after': {
    vi: 'Ngày kết thúc không sau ngày bắt đầu.',
    en: 'The end date is not after the first day.',
  },
  'keep-unexpected': {
    vi: 'Không thể giữ quyền truy cập với loại biến động này; để trống.',
    en: 'Access cannot be kept with this event: leave the date out.',
  },
  'keep-not-after': {
    vi: 'Ngày giữ quyền không sau ngày hiệu lực.',
    en: 'Access is to be kept until a date that is not after the first day.',
  },
  'suspended-already': {
    vi: 'Tài khoản của người này đang tạm khóa theo một biến động trước; ghi nhận mở khóa trước.',
    en: "An earlier event keeps this person's accounts suspended: reinstate them first.",
  },
  'not-suspended': {
    vi: 'Tài khoản của người này không tạm khóa theo biến động nào; nếu do cán bộ quản trị tạm khóa thì mở khóa ở trang tài khoản.',
    en: "No event keeps this person's accounts suspended; what an administrator suspended is reinstated at the account.",
  },
  'employed-already': {
    vi: 'Người này đang làm việc hoặc đang nghỉ dài ngày.',
    en: 'The person is employed, or on leave, already.',
  },
  'never-hired': {
    vi: 'Người này chưa được tuyển dụng vào ngày đó.',
    en: 'The person is not employed yet on that day.',
  },
  'ended-already': {
    vi: 'Người này đã nghỉ việc trước ngày đó; nếu ngày cũ sai, hoàn tác biến động cũ trước.',
    en: 'Employment has ended before that day; if that was wrong, undo the earlier event first.',
  },
  'not-on-leave': {
    vi: 'Người này không trong thời gian nghỉ vào ngày đó; người đã thôi việc phải được tuyển dụng lại.',
    en: 'The person is not on leave on that day; somebody who left is to be hired again.',
  },
  'same-unit': { vi: 'Người này đang ở đơn vị đó.', en: 'The person is in that unit already.' },
  'no-secondment': { vi: 'Người này không đang biệt phái.', en: 'The person is not seconded on that day.' },
  'no-account': {
    vi: 'Không có tài khoản VPN nào để gia hạn.',
    en: 'There is no VPN account to extend.',
  },
  'term-not-longer': {
    vi: 'Thời hạn đang có không ngắn hơn; không có gì để gia hạn.',
    en: 'The present term is not shorter: there is nothing to extend.',
  },
  'term-is-over': { vi: 'Ngày gia hạn đã qua.', en: 'The new end of the term is over already.' },
  'person-unknown': {
    vi: 'Không có ai mang mã này; người không bao giờ được tìm theo tên. Sửa mã, hoặc tiếp nhận trước.',
    en: 'Nobody has this staff code, and nobody is looked for by name: correct it, or hire first.',
  },
  'key-reused': {
    vi: 'Mã biến động này đã dùng cho một biến động khác.',
    en: 'This event id stands for another event.',
  },
  'person-elsewhere': {
    vi: 'Người này thuộc nguồn dữ liệu khác; nguồn này chỉ được báo về người của mình.',
    en: 'The person belongs to another source: this one may tell of its own people alone.',
  },
  'unit-elsewhere': {
    vi: 'Đơn vị này, hoặc đơn vị hiện nay của người này, nằm ngoài phạm vi của nguồn dữ liệu.',
    en: "The unit, or the person's present one, lies outside what this source may tell of.",
  },
  known: { vi: 'Đã biết từ nguồn khác.', en: 'Known from another source already.' },
  'fields-missing': {
    vi: 'Số ô của dòng không khớp với dòng tiêu đề; tệp có thể bị cắt.',
    en: 'The row has another number of fields than the heading; the file may have been cut.',
  },
  'staff-code-missing': { vi: 'Thiếu mã CCVC.', en: 'The staff code is missing.' },
  'name-differs': {
    vi: 'Họ tên không phải của người mang mã này; kiểm tra mã.',
    en: 'The name is not that of the person with this staff code: check the code.',
  },
  'kind-unknown': {
    vi: 'Không rõ loại biến động; xem docs/lifecycle.md.',
    en: 'This is no known event: see docs/lifecycle.md.',
  },
  'date-missing': { vi: 'Thiếu ngày hiệu lực.', en: 'The date of effect is missing.' },
  'date-wrong': {
    vi: 'Ngày không đúng; viết ngày/tháng/năm với năm đủ bốn chữ số, như 28/02/2026.',
    en: 'A date is wrong: write day/month/year with four digits for the year, such as 28/02/2026.',
  },
  'unit-unknown': { vi: 'Không có đơn vị mang mã này.', en: 'There is no unit of this code.' },
  'legacy-encoding': {
    vi: 'Chữ theo bảng mã cũ (TCVN3, VNI); chuyển sang Unicode rồi nạp lại.',
    en: 'The text is in an old encoding (TCVN3, VNI): convert it to Unicode.',
  },
  'person-kind-unknown': {
    vi: 'Không rõ là công chức, viên chức, người lao động hay người ngoài ngành.',
    en: 'This is neither civil-servant, public-employee, worker nor external.',
  },
  'too-long': { vi: 'Nội dung một ô quá dài.', en: 'A field is too long.' },
};
