// What the portal's routes say no with: one text and one instant, whatever was found.
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';
import type { NewPasswordFault } from '../../../services/passwords/new-password.ts';
import { fieldProblem, HttpProblem } from '../../web/problem.ts';
import type { ProblemCode } from '../../web/problem-texts.ts';

/** Answers so long after the request came that nothing can be told from how long it took. */
export async function refuseAt(
  { clock, refusalMs }: { readonly clock: Clock; readonly refusalMs: number },
  startedAt: number,
  code: ProblemCode,
): Promise<never> {
  await delay(Math.max(0, startedAt + refusalMs - clock.monotonic()));
  throw new HttpProblem(code);
}

const passwordTexts: Readonly<Record<NewPasswordFault, { readonly vi: string; readonly en: string }>> = {
  'too-short': { vi: 'Mật khẩu ngắn hơn 12 ký tự.', en: 'The password has fewer than 12 characters.' },
  'too-long': { vi: 'Mật khẩu dài hơn 106 ký tự.', en: 'The password has more than 106 characters.' },
  'not-printable-ascii': {
    vi: 'Mật khẩu có chữ có dấu hoặc ký tự đặc biệt ngoài bàn phím.',
    en: 'The password has letters with accents or characters beyond the keyboard.',
  },
  'space-at-the-ends': {
    vi: 'Mật khẩu bắt đầu hoặc kết thúc bằng dấu cách.',
    en: 'The password begins or ends with a space.',
  },
  common: { vi: 'Mật khẩu này dễ bị đoán.', en: 'This password is among the first to be guessed.' },
  'derived-from-owner': {
    vi: 'Mật khẩu dựa theo tên, mã CCVC hoặc tên cơ quan.',
    en: 'The password is made from the name, the staff code or the organisation.',
  },
};

export function passwordProblem(fault: NewPasswordFault): HttpProblem {
  const { vi, en } = passwordTexts[fault];
  const remedy =
    fault === 'not-printable-ascii'
      ? (['Tắt bộ gõ tiếng Việt rồi nhập lại.', 'Turn the Vietnamese input method off.'] as const)
      : ([
          'Dùng bốn, năm từ không liên quan đến nhau.',
          'Take four or five words that do not belong together.',
        ] as const);
  return fieldProblem('password', { vi: [vi, remedy[0]], en: [en, remedy[1]] });
}

export function codeProblem(clockSkewMinutes: number | null): HttpProblem {
  if (clockSkewMinutes === null) {
    return fieldProblem('code', {
      vi: ['Mã xác thực không đúng.', 'Đợi ứng dụng hiện mã mới rồi nhập lại.'],
      en: ['The code is wrong.', 'Wait for the app to show a new one.'],
    });
  }
  const minutes = Math.abs(clockSkewMinutes);
  return fieldProblem('code', {
    vi: [
      `Giờ của điện thoại lệch khoảng ${minutes} phút.`,
      'Bật “ngày giờ tự động” trên điện thoại, dùng mã mới.',
    ],
    en: [
      `The phone's clock is off by about ${minutes} min.`,
      'Set automatic date and time, and use a new code.',
    ],
  });
}
