// A user name proposed from a name as on the paper: the given name, then the family name, without accents ("Đỗ Thị Hồng Ân": an.do).
export function proposeUserName(fullName: string): string {
  const words = fullName
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .split(/\s+/)
    .map((word) => word.replace(/[^a-z0-9]/g, ''))
    .filter((word) => word !== '');
  const family = words[0] ?? '';
  const given = words.at(-1) ?? '';
  return words.length < 2 ? given : `${given}.${family}`;
}
