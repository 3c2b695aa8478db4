// The hand-over list for signature: an official paper, A4, by unit. Number and date stay blank for the records office.
import { setImmediate } from 'node:timers/promises';
import { createPaper, octetsOf, type Paper } from './fonts.ts';
import type { Slip } from './issue.ts';

const width = 595.28;
const height = 841.89;
const left = 56;
const right = 42;
const inner = width - left - right;
const rowHeight = 30;

const columns = [
  ['TT', 26],
  ['Họ và tên', 132],
  ['Mã CCVC', 72],
  ['Tên đăng nhập', 92],
  ['Ngày nhận', 65],
  ['Ký nhận', 110],
] as const;

/** What is listed: the slips of one file, without their codes. */
type Listed = Pick<Slip, 'fullName' | 'staffCode' | 'userName' | 'position' | 'unitCode' | 'unitName'>;

/** One list for each unit, in the order of the slips. */
export async function renderHandOverList(
  slips: readonly Listed[],
  frame: { readonly organisationName: string },
): Promise<Buffer> {
  const paper = await createPaper({ size: 'A4', title: 'Danh sách ký nhận phiếu kích hoạt' });
  const units = new Map<string, Listed[]>();
  for (const slip of slips) {
    const listed = units.get(slip.unitCode) ?? [];
    units.set(slip.unitCode, [...listed, slip]);
  }
  return await octetsOf(paper, async () => {
    for (const listed of units.values()) {
      drawUnit(paper, listed, frame.organisationName);
      await setImmediate();
    }
  });
}

function drawUnit(paper: Paper, listed: readonly Listed[], organisationName: string): void {
  paper.addPage({ size: 'A4', margin: 0 });
  let y = drawHead(paper, organisationName, listed[0]?.unitName ?? '', listed.length);
  y = drawColumns(paper, y);
  for (const [index, slip] of listed.entries()) {
    if (y + rowHeight > height - 60) {
      paper.addPage({ size: 'A4', margin: 0 });
      y = drawColumns(paper, 56);
    }
    y = drawRow(paper, y, index + 1, slip);
  }
  if (y + 130 > height - 40) {
    paper.addPage({ size: 'A4', margin: 0 });
    y = 56;
  }
  drawSignatures(paper, y + 18);
}

function drawHead(paper: Paper, organisationName: string, unitName: string, count: number): number {
  const half = inner / 2;
  paper.font('serif').fontSize(10).fillColor('black');
  paper.text(organisationName.toUpperCase(), left, 44, { width: half - 12, align: 'center' });
  const below = paper.y;
  paper
    .font('serifBold')
    .text(unitName.toUpperCase(), left, below + 1, { width: half - 12, align: 'center' });
  const leftEnd = paper.y;
  paper.font('serifBold').fontSize(10);
  paper.text('CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', left + half - 12, 44, {
    width: half + 12,
    align: 'center',
  });
  paper.text('Độc lập - Tự do - Hạnh phúc', left + half - 12, paper.y + 1, {
    width: half + 12,
    align: 'center',
  });
  const centre = left + half - 12 + (half + 12) / 2;
  paper
    .lineWidth(0.6)
    .moveTo(centre - 66, paper.y + 3)
    .lineTo(centre + 66, paper.y + 3)
    .stroke();
  let y = Math.max(leftEnd, paper.y) + 12;
  paper.font('serif').fontSize(10);
  paper.text('Số:          /DS-', left, y, { width: half - 12, align: 'center' });
  paper.text('……………, ngày      tháng      năm', left + half - 12, y, { width: half + 12, align: 'center' });
  y += 34;
  paper.font('serifBold').fontSize(13);
  paper.text('DANH SÁCH KÝ NHẬN PHIẾU KÍCH HOẠT TÀI KHOẢN VPN', left, y, { width: inner, align: 'center' });
  paper.font('serif').fontSize(10);
  const note = `Đơn vị: ${unitName}. Số phiếu: ${count}. Người nhận kiểm tra họ tên, mã CCVC trên phiếu trước khi ký.`;
  paper.text(note, left, paper.y + 6, { width: inner, align: 'center' });
  return paper.y + 14;
}

function drawCells(paper: Paper, y: number, cells: readonly string[], font: string): number {
  let x = left;
  for (const [index, [, cellWidth]] of columns.entries()) {
    const text = cells[index] ?? '';
    paper.font(index === 3 && font === 'serif' ? 'mono' : font).fontSize(index === 3 ? 8.5 : 9.5);
    // The longest names still go in whole.
    if (paper.heightOfString(text, { width: cellWidth - 8 }) > rowHeight - 6) paper.fontSize(7);
    const options = { width: cellWidth - 8, height: rowHeight - 6, ellipsis: true };
    const textHeight = Math.min(paper.heightOfString(text, { width: cellWidth - 8 }), rowHeight - 6);
    const align = index === 0 || font === 'serifBold' ? ('center' as const) : ('left' as const);
    paper.text(text, x + 4, y + (rowHeight - textHeight) / 2, { ...options, align });
    paper.lineWidth(0.5).rect(x, y, cellWidth, rowHeight).stroke('black');
    x += cellWidth;
  }
  return y + rowHeight;
}

function drawColumns(paper: Paper, y: number): number {
  return drawCells(
    paper,
    y,
    columns.map(([name]) => name),
    'serifBold',
  );
}

function drawRow(paper: Paper, y: number, number: number, slip: Listed): number {
  return drawCells(paper, y, [String(number), slip.fullName, slip.staffCode, slip.userName], 'serif');
}

function drawSignatures(paper: Paper, y: number): void {
  const half = inner / 2;
  paper.font('serifBold').fontSize(10).fillColor('black');
  paper.text('NGƯỜI GIAO PHIẾU', left, y, { width: half, align: 'center' });
  paper.text('THỦ TRƯỞNG ĐƠN VỊ', left + half, y, { width: half, align: 'center' });
  paper.font('serif').fontSize(9);
  paper.text('(ký, ghi rõ họ tên)', left, y + 15, { width: half, align: 'center' });
  paper.text('(ký, ghi rõ họ tên, đóng dấu)', left + half, y + 15, { width: half, align: 'center' });
  paper.fontSize(9).text('Nơi nhận:\n- Trung tâm CNTT;\n- Lưu: hồ sơ đơn vị.', left, y + 84, { width: half });
}
