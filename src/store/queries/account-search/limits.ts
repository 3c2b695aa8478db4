// How much is looked at for one page of a list of accounts.

/** Counting stops here: nobody reads on. */
export const countCap = 10_000;

/** How much is looked at for one page. */
export interface Limits {
  /** Up to so many rows of one condition are looked at one by one; where there are more, so many are counted. */
  readonly candidates: number;
  /** Of those that need a look, each of which is told by what it did last. */
  readonly attention: number;
  /** So many names are walked, and more when the page is not full; then it ends. */
  readonly walkSteps: readonly number[];
  /** Of a word that so many bear at most, given names are walked by themselves, where so many bear it otherwise. */
  readonly named: number;
  readonly apart: number;
  /** Where counting means judging one by one, so many are judged: of people by name, or of accounts as they lie. */
  readonly counted: number;
  readonly lying: number;
}

export const usualLimits: Limits = {
  candidates: 12_000,
  attention: 8_000,
  walkSteps: [400, 2_000],
  named: 40_000,
  apart: 6_000,
  counted: 2_000,
  lying: 20_000,
};
