// The closed lists of the decision: reasons of a denial in the order of checking, their details, the other outcomes.

/** Every reason of a denial, in the order in which it is checked: the first that holds is recorded. */
export const reasons = [
  'gateway-not-allowed',
  'service-not-allowed',
  'method-not-allowed',
  'account-unknown',
  'account-pending',
  'account-withdrawn',
  'employment-not-started',
  'employment-ended',
  'employment-on-leave',
  'assignment-missing',
  'not-yet-valid',
  'expired',
  'suspended',
  'password-compromised',
  'password-change-required',
  'rules-not-accepted',
  'authenticator-not-enrolled',
  'locked-out',
  'too-many-requests',
  'outside-hours',
  'workstation-not-identified',
  'workstation-not-assigned',
  'workstation-revoked',
  'workstation-evidence-too-weak',
  'workstation-key-mismatch',
  'device-proof-invalid',
  'device-ticket-expired',
  'device-ticket-used',
  'device-ticket-mismatch',
  'password-wrong',
  'code-missing',
  'code-wrong',
  'code-replayed',
  'challenge-expired',
  'challenge-mismatch',
  'conversation-elsewhere',
  'session-limit',
] as const;

export type Reason = (typeof reasons)[number];

/** The second closed code of a record, by reason. A reason that is missing here has no details. */
export const details = {
  'method-not-allowed': ['chap', 'ms-chap', 'eap-md5', 'eap-other', 'no-credential'],
  'employment-ended': ['retired', 'resigned', 'dismissed', 'transferred-out', 'contract-ended', 'deceased'],
  'employment-on-leave': ['maternity', 'unpaid', 'sick', 'study', 'stood-down'],
  'assignment-missing': ['none', 'ended', 'unit-changed', 'duties-changed'],
  suspended: [
    'by-unit',
    'by-centre',
    'by-holder',
    'case',
    'leak',
    'review',
    'dormant',
    'by-directory',
    'by-event',
  ],
  'workstation-not-assigned': ['unregistered', 'other-account', 'assignment-ended'],
  'device-proof-invalid': ['signature', 'nonce', 'clock'],
  'password-wrong': ['upstream-answer'],
  'code-wrong': ['clock-skew'],
  'challenge-mismatch': ['other-account', 'other-gateway', 'other-client', 'reused', 'malformed'],
} as const satisfies { readonly [R in Reason]?: readonly string[] };

export type ReasonWithDetails = keyof typeof details;
export type DetailOf<R extends ReasonWithDetails> = (typeof details)[R][number];
export type Detail = DetailOf<ReasonWithDetails>;

/** Accepted, plainly or only because the workstation rules are observed and not yet enforced. */
export const acceptedOutcomes = ['accepted', 'accepted-observed'] as const;
export type AcceptedOutcome = (typeof acceptedOutcomes)[number];

/** Why nothing was decided: no reply is sent, and it is never shown as a denial. */
export const undecidedCauses = [
  'store-unavailable',
  'overloaded',
  'upstream-unavailable',
  'clock-unstable',
  'duplicate-elsewhere',
] as const;
export type UndecidedCause = (typeof undecidedCauses)[number];

/** Whether a stored text is a reason of this version's list. */
export function isReason(text: string): text is Reason {
  return (reasons as readonly string[]).includes(text);
}

/** The details a reason may carry; empty for most. */
export function detailsOf(reason: Reason): readonly Detail[] {
  return (details as { readonly [R in Reason]?: readonly Detail[] })[reason] ?? [];
}

/** Whether a text is a detail that this reason may carry. */
export function isDetail(reason: Reason, text: string): text is Detail {
  return (detailsOf(reason) as readonly string[]).includes(text);
}
