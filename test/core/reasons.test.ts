// The closed lists: written out here once more, so that a change of order or name is a deliberate one.
import { describe, expect, test } from 'vitest';
import {
  acceptedOutcomes,
  details,
  detailsOf,
  isDetail,
  isReason,
  reasons,
  undecidedCauses,
} from '../../src/core/reasons.ts';

test('the reasons are these, in the order of checking', () => {
  expect(reasons).toEqual(
    `gateway-not-allowed service-not-allowed method-not-allowed account-unknown account-pending account-withdrawn
    employment-not-started employment-ended employment-on-leave assignment-missing not-yet-valid expired suspended
    password-compromised password-change-required rules-not-accepted authenticator-not-enrolled locked-out
    too-many-requests outside-hours workstation-not-identified workstation-not-assigned workstation-revoked
    workstation-evidence-too-weak workstation-key-mismatch device-proof-invalid device-ticket-expired
    device-ticket-used device-ticket-mismatch password-wrong code-missing code-wrong code-replayed
    challenge-expired challenge-mismatch conversation-elsewhere session-limit`.split(/\s+/),
  );
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('the details are these', () => {
  expect(details).toEqual({
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
  });
});

test('the other outcomes are these', () => {
  expect(acceptedOutcomes).toEqual(['accepted', 'accepted-observed']);
  expect(undecidedCauses).toEqual([
    'store-unavailable',
    'overloaded',
    'upstream-unavailable',
    'clock-unstable',
    'duplicate-elsewhere',
  ]);
});

describe('a stored text', () => {
  test('is a reason only if it is in the list', () => {
    expect(reasons.every(isReason)).toBe(true);
    for (const text of ['', 'accepted', 'Expired', 'expired ', 'constructor', 'toString']) {
      expect(isReason(text)).toBe(false);
    }
  });

  test('is a detail only of a reason that may carry it', () => {
    expect(isDetail('employment-ended', 'retired')).toBe(true);
    expect(isDetail('employment-on-leave', 'retired')).toBe(false);
    expect(isDetail('expired', 'retired')).toBe(false);
    expect(detailsOf('expired')).toEqual([]);
  });
});
