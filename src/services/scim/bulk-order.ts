// In which order a bulk's operations are tried (RFC 7644 §3.7.2): each after those whose resources it refers to.

interface Referring {
  /** What others may refer to it by; null: nothing. No two are the same. */
  readonly bulkId: string | null;
  /** The bulkIds that it refers to. */
  readonly refersTo: readonly string[];
}

/**
 * The places of operations in waves: those of one refer to none but earlier ones. Those that wait for each other are the last wave. Each
 * reference is looked at twice, however long the chains are.
 */
export function wavesOf(operations: readonly Referring[]): number[][] {
  const makers = new Set(operations.flatMap(({ bulkId }) => (bulkId === null ? [] : [bulkId])));
  const lacks = operations.map(
    ({ refersTo }) => new Set(refersTo.filter((bulkId) => makers.has(bulkId))).size,
  );
  const waiting = new Map<string, Set<number>>();
  for (const [index, { refersTo }] of operations.entries())
    for (const bulkId of refersTo) {
      const those = waiting.get(bulkId) ?? new Set();
      waiting.set(bulkId, those.add(index));
    }
  const waves: number[][] = [];
  let wave = lacks.flatMap((count, index) => (count === 0 ? [index] : []));
  while (wave.length > 0) {
    waves.push(wave);
    const freed = wave.flatMap((index) => {
      const bulkId = operations[index]?.bulkId ?? null;
      const those = bulkId === null ? [] : [...(waiting.get(bulkId) ?? [])];
      return those.filter((one) => {
        lacks[one] = (lacks[one] ?? 0) - 1;
        return lacks[one] === 0;
      });
    });
    wave = freed.sort((a, b) => a - b);
  }
  const left = lacks.flatMap((count, index) => (count > 0 ? [index] : []));
  return left.length === 0 ? waves : [...waves, left];
}
