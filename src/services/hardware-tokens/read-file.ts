// Files of hardware tokens: PSKC (RFC 6030) or CSV. What can't be used is told of each token; seeds never appear in what is told.
import { OperatorError } from '../../base/errors.ts';
import { decodeBase32, type OtpParameters, seedKey } from '../../core/otp.ts';
import { PskcError, type PskcSecret, parsePskc } from '../../wire/pskc/pskc.ts';
import { parseCsv } from '../lifecycle/file/csv.ts';
import { decodeText } from '../lifecycle/file/decode.ts';

export interface TokenSeed {
  readonly serialNumber: string;
  readonly model: string | null;
  readonly mode: 'totp' | 'hotp';
  readonly parameters: OtpParameters;
  /** Of a counter-based one: the next counter that it will use. */
  readonly counter: number;
  readonly driftSteps: number;
  readonly seed: Buffer;
}

interface RefusedToken {
  /** A serial number, or a line. */
  readonly what: string;
  readonly why: string;
}

export interface ReadTokens {
  readonly tokens: readonly TokenSeed[];
  readonly refused: readonly RefusedToken[];
  /** The seeds lie in the file in clear. */
  readonly isClear: boolean;
  /** What whoever reads should know of the file. */
  readonly remarks: readonly string[];
}

const serialPattern = /^[A-Z0-9][A-Z0-9 ./-]{0,63}$/;

export function normaliseSerial(text: string): string {
  return text.trim().toUpperCase();
}

interface Found {
  readonly serialNumber: string;
  readonly model: string | null;
  readonly mode: 'totp' | 'hotp';
  readonly algorithm: OtpParameters['algorithm'];
  readonly digits: number;
  readonly periodSeconds: number;
  readonly counter: number;
  readonly driftSteps: number;
  readonly secret: Buffer;
}

/** The token, or what is wrong with it. */
function check(found: Found): TokenSeed | string {
  const serialNumber = normaliseSerial(found.serialNumber);
  const { mode, algorithm, digits, periodSeconds, counter, driftSteps, secret, model } = found;
  if (!serialPattern.test(serialNumber))
    return 'the serial number has other signs than letters, digits, dashes';
  if (digits !== 6 && digits !== 8) return `codes of ${digits} digits: only 6 and 8 will do`;
  if (mode === 'totp' && periodSeconds !== 30 && periodSeconds !== 60) {
    return `a code each ${periodSeconds} seconds: only 30 and 60 will do`;
  }
  if (!Number.isSafeInteger(counter) || counter < 0) return 'the counter is no whole number';
  if (!Number.isSafeInteger(driftSteps) || Math.abs(driftSteps) > 1_000) return 'its clock is too far off';
  try {
    seedKey(secret);
  } catch (error) {
    return error instanceof OperatorError ? error.message : 'the seed can not be used';
  }
  return {
    serialNumber,
    model: model === null ? null : model.normalize('NFC').replaceAll(/\p{C}/gu, '').slice(0, 100) || null,
    mode,
    parameters: { algorithm, digits, periodSeconds: periodSeconds === 60 ? 60 : 30 },
    counter,
    driftSteps: mode === 'hotp' ? 0 : driftSteps,
    seed: secret,
  };
}

function collect(all: readonly Found[], refused: RefusedToken[]): TokenSeed[] {
  const tokens = new Map<string, TokenSeed>();
  for (const found of all) {
    const checked = check(found);
    if (typeof checked === 'string') refused.push({ what: found.serialNumber.slice(0, 64), why: checked });
    else if (tokens.has(checked.serialNumber)) {
      refused.push({ what: checked.serialNumber, why: 'it is in the file twice; the first one counts' });
    } else tokens.set(checked.serialNumber, checked);
  }
  return [...tokens.values()];
}

/**
 * Reads a file of tokens: PSKC when it begins as XML does, else CSV.
 * @throws OperatorError for what is wrong with all of it
 */
export function readTokenFile(octets: Buffer, secret: PskcSecret | null): ReadTokens {
  const text = decodeText(octets);
  return text.trimStart().startsWith('<') ? readPskc(text, secret) : readCsv(text);
}

function readPskc(text: string, secret: PskcSecret | null): ReadTokens {
  try {
    const { keys, refused, isEncrypted, isSigned } = parsePskc(text, secret);
    const told = refused.map(({ what, error }) => ({ what, why: error.message }));
    return {
      tokens: collect(keys, told),
      refused: told,
      isClear: !isEncrypted,
      remarks: [
        ...(isEncrypted ? [] : ['The seeds lie in the file in clear: remove it once it is imported.']),
        ...(isSigned ? ['The signature of the file was not checked.'] : []),
      ],
    };
  } catch (error) {
    if (!(error instanceof PskcError)) throw error;
    const isKey = error.fault === 'key-needed' || error.fault === 'key-wrong';
    throw new OperatorError(`The file can not be read: ${error.message}.`, {
      at: 'FILE',
      remedy: isKey
        ? 'Give the key or the passphrase that the maker sent apart: --key-file or --passphrase-file.'
        : 'Ask the maker for PSKC (RFC 6030) in clear or with AES-CBC and HMAC, or for CSV.',
      vi: [
        'Không đọc được tệp seed của thiết bị.',
        isKey
          ? 'Nhập đúng khóa hoặc mật khẩu do nhà cung cấp gửi riêng.'
          : 'Đề nghị nhà cung cấp gửi tệp PSKC (RFC 6030) hoặc CSV.',
      ],
    });
  }
}

const columns = ['serial', 'seed', 'model', 'mode', 'algorithm', 'digits', 'period', 'counter'] as const;

function decodeSeed(text: string): Buffer {
  const compact = text.replaceAll(/[\s-]/g, '');
  return /^[0-9A-Fa-f]+$/.test(compact) && compact.length % 2 === 0 && compact.length >= 32
    ? Buffer.from(compact, 'hex')
    : decodeBase32(compact);
}

function readCsv(text: string): ReadTokens {
  const { heading, rows } = parseCsv(text);
  const names = heading.fields.map((title) => title.trim().toLowerCase());
  const unknown = names.find((name) => name !== '' && !columns.some((column) => column === name));
  if (unknown !== undefined || !names.includes('serial') || !names.includes('seed')) {
    throw new OperatorError(
      unknown === undefined
        ? 'The heading lacks serial or seed.'
        : `There is no column ${JSON.stringify(unknown)}.`,
      {
        at: `line ${heading.line}`,
        remedy: `The first line names the columns: ${columns.join(', ')}; serial and seed are needed.`,
        vi: [
          'Dòng tiêu đề của tệp CSV chưa đúng.',
          `Các cột: ${columns.join(', ')}; bắt buộc có serial và seed.`,
        ],
      },
    );
  }
  const refused: RefusedToken[] = [];
  const found: Found[] = [];
  for (const { line, fields } of rows) {
    const of = (column: (typeof columns)[number]) => fields[names.indexOf(column)]?.trim() ?? '';
    const mode = of('mode').toLowerCase() || 'totp';
    const algorithm = of('algorithm').toUpperCase().replaceAll('-', '') || 'SHA1';
    if (mode !== 'totp' && mode !== 'hotp') {
      refused.push({ what: `line ${line}`, why: 'mode is neither totp nor hotp' });
      continue;
    }
    if (algorithm !== 'SHA1' && algorithm !== 'SHA256' && algorithm !== 'SHA512') {
      refused.push({ what: `line ${line}`, why: 'algorithm is none of SHA1, SHA256 and SHA512' });
      continue;
    }
    try {
      found.push({
        serialNumber: of('serial'),
        model: of('model') || null,
        mode,
        algorithm,
        digits: Number(of('digits') || 6),
        periodSeconds: Number(of('period') || 30),
        counter: Number(of('counter') || 0),
        driftSteps: 0,
        secret: decodeSeed(of('seed')),
      });
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      refused.push({ what: `line ${line}`, why: 'the seed is neither hexadecimal nor base32' });
    }
  }
  return {
    tokens: collect(found, refused),
    refused,
    isClear: true,
    remarks: ['The seeds lie in the file in clear: remove it once it is imported.'],
  };
}
