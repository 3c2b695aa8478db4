// Activation slips as A5 pages: who it is for, the code, the portal's address, five steps. The QR holds the address alone.
import { setImmediate } from 'node:timers/promises';
import qrcode from 'qrcode';
import { formatMoment } from '../../core/dates.ts';
import { createPaper, octetsOf, type Paper } from './fonts.ts';
import type { Slip } from './issue.ts';

/** What every slip of a file has in common. */
export interface SlipFrame {
  readonly organisationName: string;
  /** Where the holder goes: `https://vpn.example.org/activate`. */
  readonly activationUrl: string;
  readonly timeZone: string;
}

const width = 419.53;
const height = 595.28;
const left = 36;
const inner = width - 2 * left;
const grey = '#555555';

const steps = [
  'Dùng điện thoại quét mã QR bên cạnh, hoặc mở địa chỉ ghi dưới mã.',
  'Nhập mã kích hoạt. Nếu được hỏi, nhập ngày sinh.',
  'Tự đặt mật khẩu: ít nhất 12 ký tự, tắt bộ gõ tiếng Việt. Đọc và chấp nhận quy định sử dụng.',
  'Bấm “Mở ứng dụng xác thực” rồi nhập 6 số mà ứng dụng hiện ra.',
  'Ghi lại các mã khôi phục, cất nơi chỉ mình biết.',
] as const;

/** One page for each slip. Yields between pages, so that a long file keeps nobody waiting. */
export async function renderSlips(slips: readonly Slip[], frame: SlipFrame): Promise<Buffer> {
  const paper = await createPaper({ size: 'A5', title: 'Phiếu kích hoạt tài khoản VPN' });
  const qr = qrcode.create(frame.activationUrl, { errorCorrectionLevel: 'M' });
  return await octetsOf(paper, async () => {
    for (const slip of slips) {
      paper.addPage({ size: 'A5', margin: 0 });
      drawSlip(paper, slip, frame, qr);
      await setImmediate();
    }
  });
}

function drawSlip(paper: Paper, slip: Slip, frame: SlipFrame, qr: ReturnType<typeof qrcode.create>): void {
  paper.font('sans').fontSize(9).fillColor(grey);
  paper.text(frame.organisationName, left, 32, { width: inner, align: 'center' });
  paper.font('sansBold').fontSize(15).fillColor('black');
  paper.text('PHIẾU KÍCH HOẠT TÀI KHOẢN VPN', left, 50, { width: inner, align: 'center' });
  let y = 84;
  const holder = slip.position === null ? slip.fullName : `${slip.fullName}, ${slip.position}`;
  const fields = [
    ['Họ và tên', holder],
    ['Mã CCVC', slip.staffCode],
    ['Đơn vị', slip.unitName],
    ['Tên đăng nhập', slip.userName],
  ] as const;
  for (const [label, value] of fields) {
    paper.font('sans').fontSize(10).fillColor(grey).text(label, left, y, { width: 96 });
    const font = label === 'Tên đăng nhập' ? 'mono' : 'sansBold';
    paper.font(font).fontSize(10.5).fillColor('black');
    const options = { width: inner - 100, height: 27, ellipsis: true };
    paper.text(value, left + 100, y - 0.5, options);
    y += Math.max(17, Math.min(27, paper.heightOfString(value, { width: inner - 100 })) + 4);
  }
  y += 6;
  paper.lineWidth(1.2).roundedRect(left, y, inner, 76, 5).stroke('black');
  paper.font('sans').fontSize(10).fillColor(grey);
  paper.text('Mã kích hoạt', left, y + 9, { width: inner, align: 'center' });
  paper.font('mono').fontSize(24).fillColor('black');
  paper.text(slip.code, left, y + 24, { width: inner, align: 'center' });
  paper.font('sans').fontSize(9).fillColor(grey);
  const until = formatMoment(slip.expiresAt, 'until', frame.timeZone);
  paper.text(`Dùng một lần, trước ${until}`, left, y + 57, { width: inner, align: 'center' });
  y += 96;
  drawQr(paper, qr, left, y, 116);
  paper.font('sansBold').fontSize(8.5).fillColor('black');
  paper.text(frame.activationUrl.replace(/^https:\/\//, ''), left - 6, y + 122, {
    width: 128,
    align: 'center',
  });
  drawSteps(paper, left + 136, y, inner - 136);
  drawFoot(paper);
}

function drawQr(
  paper: Paper,
  qr: ReturnType<typeof qrcode.create>,
  x: number,
  y: number,
  side: number,
): void {
  const { size } = qr.modules;
  const module = side / size;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (qr.modules.get(row, column)) {
        // A trace more than the module, or printers leave hairlines between them.
        paper.rect(x + column * module, y + row * module, module + 0.05, module + 0.05);
      }
    }
  }
  paper.fill('black');
}

function drawSteps(paper: Paper, x: number, top: number, stepWidth: number): void {
  let y = top;
  for (const [index, step] of steps.entries()) {
    paper.circle(x + 8, y + 7, 8).fill('black');
    paper.font('sansBold').fontSize(9).fillColor('white');
    paper.text(String(index + 1), x, y + 1.5, { width: 16, align: 'center' });
    paper.font('sans').fontSize(9.5).fillColor('black');
    const options = { width: stepWidth - 24, lineGap: 0.5 };
    paper.text(step, x + 24, y, options);
    y += Math.max(18, paper.heightOfString(step, options)) + 7;
  }
}

function drawFoot(paper: Paper): void {
  const y = height - 92;
  paper
    .lineWidth(0.5)
    .moveTo(left, y)
    .lineTo(width - left, y)
    .stroke(grey);
  paper.font('sans').fontSize(8.5).fillColor('black');
  const foot = [
    'Không chụp ảnh, không gửi phiếu này qua mạng. Cán bộ hỗ trợ không bao giờ hỏi mật khẩu hay mã xác thực.',
    'Phiếu rách niêm phong hoặc mã báo không dùng được: báo cán bộ quản trị của đơn vị để in lại; phiếu in lại làm phiếu cũ hết hiệu lực.',
    'Hủy phiếu sau khi kích hoạt xong.',
  ];
  paper.text(foot.join('\n'), left, y + 8, { width: inner, lineGap: 1.5 });
}
