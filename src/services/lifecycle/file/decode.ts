// Text of a file as offices write it: UTF-8 or UTF-16, with or without a byte order mark. Old encodings are refused.
import { OperatorError } from '../../../base/errors.ts';

/**
 * The text of a file. @throws OperatorError for anything but UTF-8 and UTF-16
 */
export function decodeText(octets: Buffer): string {
  const encoding = encodingOf(octets);
  try {
    // The decoder drops the mark.
    return new TextDecoder(encoding, { fatal: true }).decode(octets);
  } catch {
    throw new OperatorError('The file is neither UTF-8 nor UTF-16.', {
      at: 'FILE',
      vi: [
        'Tệp không phải Unicode.',
        'Hãy lưu lại bằng Unicode UTF-8; chữ TCVN3 (ABC), VNI phải chuyển sang Unicode trước.',
      ],
      remedy:
        'In Excel save it as "CSV UTF-8 (Comma delimited)"; convert text in TCVN3 (ABC), VNI or Windows-1258 to Unicode first.',
    });
  }
}

function encodingOf(octets: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = octets;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  // Without a mark: headings hold ASCII letters, whose other octet is zero.
  const head = octets.subarray(0, 64);
  const zerosAt = (parity: number) => head.filter((octet, i) => octet === 0 && i % 2 === parity).length;
  const many = head.length / 8;
  if (zerosAt(1) > many && zerosAt(0) === 0) return 'utf-16le';
  if (zerosAt(0) > many && zerosAt(1) === 0) return 'utf-16be';
  return 'utf-8';
}

/** Letters of TCVN3 read as Latin-1 that no Vietnamese word has: "NguyÔn V¨n §øc". */
const tcvn3 = /\p{L}[¨©«¬®¸µ¶·¹»¼½¾¦§]|[¨©«¬®¸µ¶·¹»¼½¾¦§]\p{L}/u;
/** Pairs of VNI read as Latin-1: "Nguyeãn Vaên Ñöùc". */
const vni = /a[êâùøûõï]|e[âùøûõïãäåá]|o[âùøûõï]|[ñöÑÖ]/;

/** Whether a text was written in TCVN3 or VNI and merely stored as Unicode. */
export function looksLegacy(text: string): boolean {
  const composed = text.normalize('NFC');
  return tcvn3.test(composed) || vni.test(composed);
}
