// What the doctor says: one state a check, in both languages, with the remedy where there is one.

interface Bilingual {
  readonly en: string;
  readonly vi: string;
}

export interface Finding {
  /** Stable name of the check. */
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fault';
  /** What was found. */
  readonly what: Bilingual;
  /** Why it matters; null when all is well. */
  readonly why: Bilingual | null;
  /** What to do; null when there is nothing. */
  readonly remedy: Bilingual | null;
}

const both = (en: string, vi: string): Bilingual => ({ en, vi });

export function ok(check: string, en: string, vi: string): Finding {
  return { check, state: 'ok', what: both(en, vi), why: null, remedy: null };
}

/** Each text as [English, Vietnamese]. */
export function finding(
  check: string,
  state: 'warn' | 'fault',
  texts: {
    what: readonly [string, string];
    why: readonly [string, string];
    remedy: readonly [string, string];
  },
): Finding {
  const { what, why, remedy } = texts;
  return { check, state, what: both(...what), why: both(...why), remedy: both(...remedy) };
}
