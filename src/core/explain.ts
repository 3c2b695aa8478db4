// Explanations of a decision for the people who must act on it, put together from reason-texts.ts.
import { formatMoment } from './dates.ts';
import {
  type Actor,
  acceptedTexts,
  actorTexts,
  type Bilingual,
  detailTexts,
  type Language,
  reasonTexts,
  undecidedTexts,
  undecidedTitle,
} from './reason-texts.ts';
import { type Detail, isDetail, type Reason, type UndecidedCause } from './reasons.ts';
import { defaultTimeZone } from './time-zone.ts';

/**
 * Values for the placeholders. Texts are printed as they are; a `date` or `time` given as a number is epoch ms and
 * printed in the reader's time zone; `minutes` may be signed.
 */
export type ExplanationParameters = Readonly<Record<string, string | number>>;

export interface Explanation {
  readonly title: string;
  readonly explanation: string;
  readonly next: readonly { readonly who: Actor; readonly text: string }[];
}

/** Fills placeholders; a bracketed clause with an unknown value goes, an unknown value elsewhere becomes "…". */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  const clauses = template.replace(/\[([^[\]]*)\]/g, (_, clause: string) =>
    [...clause.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => Object.hasOwn(values, name)) ? clause : '',
  );
  return clauses.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '…');
}

/** Parameters as the reader sees them. */
function printed(
  parameters: ExplanationParameters,
  reason: Reason,
  language: Language,
  timeZone: string,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value === 'number' && (name === 'date' || name === 'time')) {
      const moment = formatMoment(value, reason === 'expired' ? 'until' : 'from', timeZone);
      values[name] = name === 'date' ? moment.replace(/^00:00 /, '') : moment;
    } else if (name === 'minutes') {
      // Which way the clock is off does not matter to the reader.
      values[name] = String(Math.abs(Number(value)));
    } else if (name === 'role' && Object.hasOwn(actorTexts, value)) {
      values[name] = actorTexts[value as Actor][language];
    } else {
      values[name] = String(value);
    }
  }
  return values;
}

/** The phrase of a detail; null when this reason has no such detail. */
function detailText(reason: Reason, detail: Detail): Bilingual | null {
  if (!isDetail(reason, detail)) return null;
  const texts = detailTexts as Readonly<
    Partial<Record<Reason, Readonly<Partial<Record<Detail, Bilingual>>>>>
  >;
  return texts[reason]?.[detail] ?? null;
}

/**
 * A denial explained to an operator: what is so, and who does what next. Missing values are left out of the
 * sentence, a detail that does not belong to the reason is ignored. Plain text; escape it where markup is made.
 * It may say more than the holder is allowed to know (that a password was right, that a machine is someone
 * else's, that an alert went out): show it to the help desk, and to the holder only what the portal selects.
 */
export function explain(
  reason: Reason,
  detail: Detail | null,
  parameters: ExplanationParameters,
  language: Language,
  timeZone: string = defaultTimeZone,
): Explanation {
  const { title, explanation, next } = reasonTexts[reason];
  const phrase = detail === null ? null : detailText(reason, detail);
  const { detail: _, ...given } = printed(parameters, reason, language, timeZone);
  const values = phrase === null ? given : { ...given, detail: fill(phrase[language], given) };
  return {
    title: fill(title[language], values),
    explanation: fill(explanation[language], values),
    next: next.map((todo) => ({ who: todo.who, text: todo[language] })),
  };
}

/** One line for an Accept; `observed` is what enforcement would have said. */
export function explainAccepted(observed: Reason | null, language: Language): string {
  if (observed === null) return acceptedTexts.accepted[language];
  return fill(acceptedTexts['accepted-observed'][language], {
    reason: reasonTexts[observed].title[language],
  });
}

/** One line for a request that got no reply; never worded as a denial. */
export function explainUndecided(cause: UndecidedCause, language: Language): string {
  return `${undecidedTitle[language]}: ${undecidedTexts[cause][language]}`;
}
