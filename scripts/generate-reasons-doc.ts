// Writes docs/reasons.md from the texts in src/core: `node scripts/generate-reasons-doc.ts`. A test checks that it is up to date.
import { writeFileSync } from 'node:fs';
import {
  acceptedTexts,
  actorTexts,
  type Bilingual,
  detailTexts,
  type Language,
  reasonTexts,
  undecidedTexts,
  undecidedTitle,
} from '../src/core/reason-texts.ts';
import { acceptedOutcomes, detailsOf, reasons, undecidedCauses } from '../src/core/reasons.ts';

const placeholderNames: Readonly<Record<string, Bilingual>> = {
  date: { vi: 'ngày', en: 'date' },
  time: { vi: 'giờ', en: 'time' },
  hours: { vi: 'khung giờ', en: 'hours' },
  required: { vi: 'mức cần', en: 'least level' },
  found: { vi: 'mức có', en: 'level' },
  minutes: { vi: 'số', en: 'n' },
  workstation: { vi: 'máy', en: 'workstation' },
  role: { vi: 'vai trò', en: 'role' },
  detail: { vi: 'chi tiết', en: 'detail' },
  reason: { vi: 'lý do', en: 'reason' },
};

/** A text with its placeholders named in its language; clauses that may be missing keep their brackets. */
function shown(text: Bilingual, language: Language): string {
  return text[language].replace(
    /\{(\w+)\}/g,
    (_, name: string) => `{${placeholderNames[name]?.[language] ?? name}}`,
  );
}

/** The whole of docs/reasons.md. */
export function renderReasonsDoc(): string {
  const lines = [
    '# Reasons of a decision',
    '',
    '<!-- Generated from src/core by scripts/generate-reasons-doc.ts: change the texts there and run it again. -->',
    '',
    'Every denial carries exactly one of these reasons, the first that holds in this order, and sometimes a detail.',
    'The VPN client sees none of it: it gets one uniform text with a lookup code, by which the help desk finds the',
    'record. A part in brackets is left out when its value is not known.',
    '',
    'Mỗi lượt bị từ chối có đúng một lý do dưới đây (lý do đầu tiên gặp phải theo thứ tự này), có thể kèm chi tiết.',
    'Máy khách VPN chỉ thấy một thông báo chung và một mã tra cứu; cán bộ hỗ trợ dùng mã đó để tìm bản ghi.',
    'Phần trong ngoặc vuông được bỏ đi nếu không có dữ liệu.',
    '',
  ];
  for (const [index, reason] of reasons.entries()) {
    const { title, explanation, next } = reasonTexts[reason];
    lines.push(`## ${index + 1}. \`${reason}\``, '');
    for (const language of ['vi', 'en'] as const) {
      lines.push(`**${shown(title, language)}.** ${shown(explanation, language)}`, '');
      for (const step of next) lines.push(`- ${actorTexts[step.who][language]}: ${step[language]}`);
      if (next.length > 0) lines.push('');
    }
    const texts: Readonly<Record<string, Readonly<Record<string, Bilingual>>>> = detailTexts;
    const rows = detailsOf(reason).flatMap((detail) => {
      const phrase = texts[reason]?.[detail];
      return phrase === undefined
        ? []
        : [`| \`${detail}\` | ${shown(phrase, 'vi')} | ${shown(phrase, 'en')} |`];
    });
    if (rows.length > 0) lines.push('| detail | tiếng Việt | English |', '|---|---|---|', ...rows, '');
  }
  lines.push('## Accepted / Cho phép', '', '| outcome | tiếng Việt | English |', '|---|---|---|');
  for (const outcome of acceptedOutcomes) {
    const phrase = acceptedTexts[outcome];
    lines.push(`| \`${outcome}\` | ${shown(phrase, 'vi')} | ${shown(phrase, 'en')} |`);
  }
  lines.push('', `## ${undecidedTitle.en} / ${undecidedTitle.vi}`, '');
  lines.push(
    'No reply is sent, and this is never shown as a denial. / Không gửi trả lời; không hiển thị là từ chối.',
    '',
  );
  lines.push('| cause | tiếng Việt | English |', '|---|---|---|');
  for (const cause of undecidedCauses) {
    lines.push(`| \`${cause}\` | ${undecidedTexts[cause].vi} | ${undecidedTexts[cause].en} |`);
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/reasons.md', import.meta.url), renderReasonsDoc());
}
