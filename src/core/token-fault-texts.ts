// Faults of files of hardware tokens in words, for the clerk who loads one. Vietnamese is written first.
import type { Bilingual } from './reason-texts.ts';

/** Faults of a container (RFC 6030), or of a key in it. */
export type ContainerFault =
  | 'not-xml'
  | 'not-pskc'
  | 'too-large'
  | 'key-needed'
  | 'passphrase-needed'
  | 'derivation-unknown'
  | 'too-many-rounds'
  | 'mac-unknown'
  | 'cipher-unknown'
  | 'key-wrong'
  | 'mac-missing'
  | 'mac-wrong'
  | 'clear-among-encrypted'
  | 'algorithm-unknown'
  | 'hash-unknown'
  | 'codes-not-decimal'
  | 'incomplete';

/** Why a token, or the whole file, is not taken. */
export type TokenFault =
  | ContainerFault
  | 'serial-number'
  | 'digits'
  | 'period'
  | 'counter'
  | 'drift'
  | 'seed-short'
  | 'seed-text'
  | 'mode'
  | 'twice'
  | 'known';

/** What whoever loads a file should know of it. */
export type TokenRemark = 'clear' | 'signature-unchecked';

export const tokenFaultTexts: Readonly<Record<TokenFault, Bilingual>> = {
  'not-xml': { vi: 'Tệp không phải XML hợp lệ.', en: 'The file is no well-formed XML.' },
  'not-pskc': { vi: 'Tệp XML không phải PSKC (RFC 6030).', en: 'The XML file is no PSKC (RFC 6030).' },
  'too-large': { vi: 'Tệp quá lớn.', en: 'The file is too large.' },
  'key-needed': {
    vi: 'Tệp được mã hóa bằng khóa gửi riêng.',
    en: 'The file is encrypted by a key that was sent apart.',
  },
  'passphrase-needed': {
    vi: 'Tệp được mã hóa bằng mật khẩu gửi riêng.',
    en: 'The file is encrypted by a passphrase that was sent apart.',
  },
  'derivation-unknown': {
    vi: 'Cách tạo khóa từ mật khẩu của tệp không được hỗ trợ (chỉ nhận PBKDF2).',
    en: "The file's key is not made from the passphrase as PBKDF2 does it.",
  },
  'too-many-rounds': {
    vi: 'Tệp yêu cầu tạo khóa từ mật khẩu quá 1.000.000 vòng.',
    en: 'The file asks for more than 1,000,000 rounds of PBKDF2.',
  },
  'mac-unknown': {
    vi: 'Mã kiểm tra toàn vẹn của tệp không phải loại HMAC được hỗ trợ.',
    en: "The file's MAC is not one of HMAC.",
  },
  'cipher-unknown': {
    vi: 'Cách mã hóa không được hỗ trợ (chỉ nhận AES-CBC).',
    en: 'The encryption is not one of AES-CBC.',
  },
  'key-wrong': { vi: 'Khóa hoặc mật khẩu không mở được.', en: 'The key or the passphrase does not open it.' },
  'mac-missing': {
    vi: 'Seed được mã hóa nhưng không có mã kiểm tra toàn vẹn.',
    en: 'The seed is encrypted without a MAC.',
  },
  'mac-wrong': {
    vi: 'Mã kiểm tra toàn vẹn sai: dữ liệu đã bị thay đổi.',
    en: 'The MAC is wrong: it was changed on the way.',
  },
  'clear-among-encrypted': {
    vi: 'Có giá trị không mã hóa trong tệp đã mã hóa.',
    en: 'Something is in clear in an encrypted file.',
  },
  'algorithm-unknown': {
    vi: 'Loại mã không phải TOTP hoặc HOTP.',
    en: 'The codes are neither TOTP nor HOTP.',
  },
  'hash-unknown': {
    vi: 'Hàm băm không phải SHA-1, SHA-256 hoặc SHA-512.',
    en: 'The hash is none of SHA-1, SHA-256 and SHA-512.',
  },
  'codes-not-decimal': {
    vi: 'Mã không phải số thập phân.',
    en: 'The codes are no decimal digits.',
  },
  incomplete: { vi: 'Thiếu dữ liệu hoặc dữ liệu không đọc được.', en: 'Something is missing or no value.' },
  'serial-number': {
    vi: 'Số sê-ri có ký tự khác chữ cái, chữ số và dấu gạch.',
    en: 'The serial number has other signs than letters, digits and dashes.',
  },
  digits: { vi: 'Chỉ nhận mã 6 hoặc 8 chữ số.', en: 'Only codes of 6 and 8 digits will do.' },
  period: {
    vi: 'Chỉ nhận mã đổi mỗi 30 hoặc 60 giây.',
    en: 'Only a code each 30 or 60 seconds will do.',
  },
  counter: { vi: 'Bộ đếm không phải số nguyên không âm.', en: 'The counter is no whole number.' },
  drift: { vi: 'Đồng hồ của thiết bị lệch quá nhiều.', en: 'Its clock is too far off.' },
  'seed-short': { vi: 'Seed ngắn hơn 16 byte.', en: 'The seed has fewer than 16 octets.' },
  'seed-text': {
    vi: 'Seed không phải số thập lục phân hoặc base32.',
    en: 'The seed is neither hexadecimal nor base32.',
  },
  mode: { vi: 'Cột mode chỉ nhận totp hoặc hotp.', en: 'The mode is neither totp nor hotp.' },
  twice: {
    vi: 'Trùng số sê-ri trong tệp; lấy dòng đầu tiên.',
    en: 'It is in the file twice; the first one counts.',
  },
  known: {
    vi: 'Đã có trong kho; giữ nguyên như cũ.',
    en: 'It is known already; nothing of it was changed.',
  },
};

export const tokenRemarkTexts: Readonly<Record<TokenRemark, Bilingual>> = {
  clear: {
    vi: 'Seed trong tệp không được mã hóa: xóa tệp sau khi nhập.',
    en: 'The seeds lie in the file in clear: remove it once it is imported.',
  },
  'signature-unchecked': {
    vi: 'Chưa kiểm tra chữ ký của tệp: chỉ nhập tệp nhận trực tiếp từ nhà cung cấp.',
    en: 'The signature of the file was not checked: take only a file that came from the maker directly.',
  },
};
