// Which requests are VPN logins: the rules of a profile, compiled and applied.
import type { Packet } from '../packet.ts';
import { type AttributeReference, numberOf, textOf, valuesOf } from './attribute-reference.ts';

export interface Condition {
  readonly reference: AttributeReference;
  /** Whether this value meets the condition; null: the condition is about presence. */
  readonly test: ((value: Buffer) => boolean) | null;
  /** For a condition about presence. */
  readonly present: boolean;
}

/** A rule matches when all its conditions hold. */
export interface Rule {
  readonly why: string;
  readonly conditions: readonly Condition[];
}

function holds(condition: Condition, packet: Packet): boolean {
  const values = valuesOf(packet, condition.reference);
  const { test } = condition;
  if (test === null) return values.length > 0 === condition.present;
  // One instance is enough: an AVPair comes many times, each with another meaning.
  return values.some(test);
}

/** The first rule that matches, or undefined. */
export function matchRule(rules: readonly Rule[], packet: Packet): Rule | undefined {
  return rules.find((rule) => rule.conditions.every((condition) => holds(condition, packet)));
}

/** A test for one of several values; numbers for attributes of a numeric type. */
export function isOneOf(reference: AttributeReference, wanted: ReadonlySet<string | number>) {
  return (value: Buffer): boolean => {
    const number = numberOf(reference, value);
    return wanted.has(number ?? textOf(reference, value) ?? '');
  };
}

export function startsWith(reference: AttributeReference, beginning: string) {
  return (value: Buffer): boolean => textOf(reference, value)?.startsWith(beginning) ?? false;
}

export function matches(reference: AttributeReference, expression: RegExp) {
  return (value: Buffer): boolean => {
    const text = textOf(reference, value);
    return text !== null && expression.test(text);
  };
}
