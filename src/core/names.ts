// Keys under which Vietnamese names are found and sorted, alike on every database because they are compared as bytes.

/**
 * What a search compares: lower case, without marks, đ as d, single spaces. The same for NFC and NFD, and for the
 * two spellings hoà and hòa. Every word of a query's key is to be a prefix of some word of the name's key.
 */
export function nameSearchKey(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll(/[\u2018\u2019\u02bc]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The words of a search, as `nameSearchKey` has them. */
export function wordsOf(text: string): string[] {
  return nameSearchKey(text)
    .split(' ')
    .filter((word) => word !== '');
}

const fieldEnd = '-';
const wordGap = '.';
const punctuation = '/';
const otherLetter = '~';
const alphabet = 'a ă â b c d đ e ê f g h i j k l m n o ô ơ p q r s t u ư v w x y z'.split(' ');
/** The n-th letter of the alphabet weighs as much as the n-th of these, whose bytes ascend. */
const letterWeights = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm';
const weightOf = new Map(alphabet.map((letter, index) => [letter, letterWeights.charAt(index)]));

const plain = '1';
/** ngang (none), huyền, hỏi, ngã, sắc, nặng. */
const toneWeights = new Map([
  ['\u0300', '2'],
  ['\u0309', '3'],
  ['\u0303', '4'],
  ['\u0301', '5'],
  ['\u0323', '6'],
]);
const otherMark = '7';

/**
 * A key in ASCII whose order as bytes (SQLite BINARY, PostgreSQL collation C) is that of Vietnamese staff lists:
 * by given name, then by family and middle names; in each by the letters of the alphabet (a ă â b … d đ …), then by
 * the tones (ngang, huyền, hỏi, ngã, sắc, nặng). Case does not count. The order within each part is that of
 * `Intl.Collator('vi')`; marks and letters foreign to Vietnamese come after its own.
 *
 * The given name is the last word unless one is stated (names that do not split so); words of it that are part of
 * the full name are not counted twice.
 */
export function nameSortKey(fullName: string, givenName?: string): string {
  const words = spokenWords(fullName);
  const stated = spokenWords(givenName ?? '');
  const given = stated.length > 0 ? stated : words.slice(-1);
  const at = lastRun(words, given);
  const rest = at === -1 ? words : [...words.slice(0, at), ...words.slice(at + given.length)];
  return [...weigh(given.join(' ')), ...weigh(rest.join(' '))].join(fieldEnd);
}

function spokenWords(name: string): string[] {
  const folded = name.normalize('NFC').toLowerCase().normalize('NFC').trim();
  return folded === '' ? [] : folded.split(/\s+/);
}

/** Where the words of `run` stand in `words` one after another, the last time; -1 if they do not. */
function lastRun(words: readonly string[], run: readonly string[]): number {
  for (let at = words.length - run.length; at >= 0; at--) {
    if (run.every((word, index) => words[at + index] === word)) return at;
  }
  return -1;
}

/** Letter weights and tone weights: every letter is followed by its tone, as in the Unicode Collation Algorithm. */
function weigh(text: string): [letters: string, tones: string] {
  let letters = '';
  let tones = '';
  for (const [, base = '', marks = ''] of text.normalize('NFD').matchAll(/(\P{M})(\p{M}*)/gu)) {
    // The marks of ă â ê ô ơ ư make a letter, wherever among the marks they stand (ậ is a, dot, circumflex).
    let letter = base;
    const remaining: string[] = [];
    for (const mark of marks) {
      const composed = (base + mark).normalize('NFC');
      if (letter === base && weightOf.has(composed)) letter = composed;
      else remaining.push(mark);
    }
    letters += letterWeight(letter);
    tones += plain + remaining.map((mark) => toneWeights.get(mark) ?? otherMark + codePoint(mark)).join('');
  }
  return [letters, tones];
}

function letterWeight(letter: string): string {
  if (letter === ' ') return wordGap;
  if (/^[0-9]$/.test(letter)) return letter;
  return (
    weightOf.get(letter) ?? (/\p{L}|\p{N}/u.test(letter) ? otherLetter : punctuation) + codePoint(letter)
  );
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(6, '0');
}

/** The letters of the alphabet by what a search compares of them: a, ă and â by a. */
const lettersOf = Map.groupBy(alphabet, nameSearchKey);
/** No syllable of the alphabet has more. */
const mostSpellings = 36;

/**
 * Beginnings of the `nameSortKey` of everybody whose given name begins with a word of a search (`nameSearchKey`), whatever its marks,
 * ascending: one for each way to write it in letters of the alphabet. None if there are more ways than any syllable has.
 */
export function givenNameKeys(word: string): string[] {
  let keys = [''];
  for (const character of word) {
    const weights = (lettersOf.get(character) ?? [character]).map(letterWeight);
    keys = keys.flatMap((key) => weights.map((weight) => key + weight));
    if (keys.length > mostSpellings) return [];
  }
  return word === '' ? [] : keys;
}
