// Files of hardware tokens: PSKC (RFC 6030) or CSV. What can't be used is told of each token; seeds never appear in what is told.
import { OperatorError } from '../../base/errors.ts';
import { decodeBase32, type OtpParameters, seedKey } from '../../core/otp.ts';
import {
  type ContainerFault,
  type TokenFault,
  type TokenRemark,
  tokenFaultTexts,
} from '../../core/token-fault-texts.ts';
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

export interface RefusedToken {
  readonly serialNumber: string | null;
  /** Where it stands, for one without a number that can be told: the line of a CSV file, the how-many-eth key of a container. */
  readonly place: number | null;
  readonly fault: TokenFault;
}

export interface ReadTokens {
  readonly tokens: readonly TokenSeed[];
  readonly refused: readonly RefusedToken[];
  readonly format: 'pskc' | 'csv';
  /** What whoever reads should know of the file. */
  readonly remarks: readonly TokenRemark[];
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
function check(found: Found): TokenSeed | TokenFault {
  const serialNumber = normaliseSerial(found.serialNumber);
  const { mode, algorithm, digits, periodSeconds, counter, driftSteps, secret, model } = found;
  if (!serialPattern.test(serialNumber)) return 'serial-number';
  if (digits !== 6 && digits !== 8) return 'digits';
  if (mode === 'totp' && periodSeconds !== 30 && periodSeconds !== 60) return 'period';
  if (!Number.isSafeInteger(counter) || counter < 0) return 'counter';
  if (!Number.isSafeInteger(driftSteps) || Math.abs(driftSteps) > 1_000) return 'drift';
  try {
    seedKey(secret);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return 'seed-short';
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
    if (typeof checked === 'string') {
      refused.push({ serialNumber: found.serialNumber.slice(0, 64), place: null, fault: checked });
    } else if (tokens.has(checked.serialNumber)) {
      refused.push({ serialNumber: checked.serialNumber, place: null, fault: 'twice' });
    } else tokens.set(checked.serialNumber, checked);
  }
  return [...tokens.values()];
}

/**
 * Reads a file of tokens: PSKC when it begins as XML does, else CSV.
 * @throws OperatorError for what is wrong with all of it
 */
export async function readTokenFile(octets: Buffer, secret: PskcSecret | null): Promise<ReadTokens> {
  const text = decodeText(octets);
  return text.trimStart().startsWith('<') ? await readPskc(text, secret) : readCsv(text);
}

async function readPskc(text: string, secret: PskcSecret | null): Promise<ReadTokens> {
  const { keys, refused, isEncrypted, isSigned } = await parsePskc(text, secret).catch((error: unknown) => {
    throw error instanceof PskcError ? unreadable(error.fault) : error;
  });
  const told: RefusedToken[] = refused.map(({ serialNumber, key, fault }) => ({
    serialNumber: serialNumber?.slice(0, 64) ?? null,
    place: key,
    fault,
  }));
  return {
    tokens: collect(keys, told),
    refused: told,
    format: 'pskc',
    remarks: [
      ...(isEncrypted ? [] : (['clear'] as const)),
      ...(isSigned ? (['signature-unchecked'] as const) : []),
    ],
  };
}

/** For a container that can't be used at all. */
function unreadable(fault: ContainerFault): OperatorError {
  const { vi, en } = tokenFaultTexts[fault];
  const isKey = fault === 'key-needed' || fault === 'passphrase-needed' || fault === 'key-wrong';
  return new OperatorError(en, {
    at: 'FILE',
    remedy: isKey
      ? 'Give the key or the passphrase that the maker sent apart: --key-file or --passphrase-file.'
      : 'Ask the maker for PSKC (RFC 6030) in clear or with AES-CBC and HMAC, or for CSV.',
    vi: [
      vi,
      isKey
        ? 'Nhập đúng khóa hoặc mật khẩu do nhà cung cấp gửi riêng.'
        : 'Đề nghị nhà cung cấp gửi tệp PSKC (RFC 6030) hoặc CSV.',
    ],
  });
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
  const unknown = names.findIndex((name) => name !== '' && !columns.some((column) => column === name));
  if (unknown !== -1 || !names.includes('serial') || !names.includes('seed')) {
    throw new OperatorError(
      // Not repeated: in a file without a heading it is a token's seed.
      unknown === -1
        ? 'The heading lacks serial or seed.'
        : `The title of column ${unknown + 1} is not known.`,
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
      refused.push({ serialNumber: null, place: line, fault: 'mode' });
      continue;
    }
    if (algorithm !== 'SHA1' && algorithm !== 'SHA256' && algorithm !== 'SHA512') {
      refused.push({ serialNumber: null, place: line, fault: 'hash-unknown' });
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
      refused.push({ serialNumber: null, place: line, fault: 'seed-text' });
    }
  }
  return {
    tokens: collect(found, refused),
    refused,
    format: 'csv',
    remarks: ['clear'],
  };
}
