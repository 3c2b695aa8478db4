// What a peer has presented once a method is through: for services to judge.

/** The methods that can be offered, by the names that profiles and settings use. */
export const eapMethods = ['ttls', 'peap', 'tls', 'gtc', 'mschapv2'] as const;
export type EapMethod = (typeof eapMethods)[number];

/** Ways to authenticate that can't carry a code; the details of `method-not-allowed`. */
export type Unsupported = 'chap' | 'ms-chap' | 'eap-md5' | 'eap-other' | 'no-credential';

export type Evidence =
  /** The one text of a PAP password or of a first GTC prompt. */
  | { readonly kind: 'text'; readonly text: string }
  /** The answer to a further prompt; `state` came with the verdict that asked for it. */
  | { readonly kind: 'answer'; readonly text: string; readonly state: string }
  /** A proof of the password for whoever knows it, to be asked elsewhere; `response` as MS-CHAP2-Response (RFC 2548). */
  | { readonly kind: 'ms-chap'; readonly challenge: Buffer; readonly response: Buffer }
  /** The key of the certificate alone: EAP-TLS. */
  | { readonly kind: 'certificate' }
  | { readonly kind: 'unsupported'; readonly detail: Unsupported };

export interface Presented {
  /** Of whom it is the evidence: the innermost name that the peer gave. */
  readonly userName: string;
  /** `EAP-TTLS/PAP`, `EAP-TLS` …, for the record. */
  readonly method: string;
  /** Whether another prompt can follow: GTC can, PAP can't. */
  readonly canAsk: boolean;
  readonly evidence: Evidence;
}
