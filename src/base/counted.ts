// Numbers with their noun in English sentences.

/** `1 request`, `2 requests`; for nouns that take an s. */
export function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
