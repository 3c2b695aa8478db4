// Vietnamese names, as often as they are met, for lists with very many people.

/** Shares of a thousand. */
// biome-ignore format: a table
const families: readonly (readonly [name: string, share: number])[] = [
  ['Nguyễn', 384], ['Trần', 121], ['Lê', 95], ['Phạm', 70], ['Hoàng', 51], ['Phan', 45], ['Vũ', 39], ['Đặng', 21],
  ['Bùi', 20], ['Đỗ', 14], ['Hồ', 13], ['Ngô', 13], ['Dương', 10], ['Lý', 5], ['Đinh', 9], ['Trương', 12], ['Đoàn', 7],
  ['Lương', 7], ['Mai', 6], ['Tạ', 4], ['Trịnh', 6], ['Tô', 4], ['Châu', 3], ['Quách', 2], ['Âu', 1], ['Ông', 1],
  ['Ưng', 1], ['Ếch', 1], ['Cao', 8], ['Thái', 6], ['Hà', 7], ['Tôn Nữ', 3], ['Vi', 2], ['Lò', 4], ['Võ', 5],
];
const middles =
  'Văn Thị Hữu Đức Minh Ngọc Thanh Xuân Thu Hồng Kim Quang Công Đình Bảo Gia Quốc Thành Anh Trần Thùy Diệu Phương Tuấn Hoài Mạnh Khánh Lan'.split(
    ' ',
  );
const given =
  'An Anh Ánh Ân Bách Bảo Bích Bình Cảnh Châu Chi Chiến Chung Cường Cúc Dân Diễm Diệp Dung Dũng Duy Duyên Dương Đại Đan Đào Đạt Điệp Đình Đoan Đông Đức Em Én Gấm Giang Giao Hà Hải Hân Hạnh Hảo Hằng Hiền Hiếu Hiệp Hoa Hoà Hòa Hoài Hoàng Hồng Huệ Hùng Huy Huyền Hương Hường Hưng Hữu Khang Khánh Khoa Khôi Kiên Kiều Kỳ Lâm Lan Lệ Liên Linh Loan Long Lộc Lợi Luân Lương Ly Mai Mẫn Minh Mỹ My Nam Nga Ngân Nghĩa Ngọc Nguyên Nguyệt Nhã Nhàn Nhân Nhật Nhi Nhung Oanh Ơn Phát Phong Phú Phúc Phước Phương Phượng Quân Quang Quế Quốc Quyên Quyền Quỳnh Sa Sang Sen Sinh Sơn Sương Tài Tâm Tân Thái Thanh Thảo Thắng Thành Thi Thịnh Thoa Thơ Thơm Thu Thúy Thủy Thùy Thư Thương Tiên Tiến Tín Tình Toàn Trà Trang Trâm Trân Trí Trinh Trọng Trung Trúc Tú Tuấn Tùng Tuyền Tuyết Uyên Uyển Văn Vân Vi Việt Vinh Vũ Vượng Vy Xuân Xuyến Ý Yên Yến'.split(
    ' ',
  );

/** The same name for the same number; a few hundred thousand different ones. */
export function vietnameseName(index: number): string {
  // xorshift: neighbours have nothing in common.
  let state = (index + 1) * 2_654_435_761;
  const next = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  next(1);
  let share = next(1_000);
  const family =
    families.find(([, of]) => {
      share -= of;
      return share < 0;
    })?.[0] ?? 'Nguyễn';
  const middle = next(100) < 28 ? (next(2) === 0 ? 'Văn' : 'Thị') : middles[next(middles.length)];
  const second = next(10) < 3 ? ` ${middles[next(middles.length)]}` : '';
  return `${family} ${middle}${second} ${given[next(given.length)]}`;
}
