// What to do about a conversation that failed before anything was decided; for the log. docs/eap.md says more.

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^tls: .*alert_(unknown_ca|bad_certificate|certificate_unknown|certificate_expired|access_denied)/,
    "The client does not trust the broker's certificate: install its authority in the client, and compare the server name set there and the dates.",
  ],
  [
    /^tls: .*(unsupported_protocol|alert_protocol_version|version_too_low)/,
    'Client and broker have no version of TLS in common: update the client, or see eap.minTls.',
  ],
  [
    /^tls: (closed-by-peer|.*alert_)/,
    "The client ended the handshake: look into its log. A warning about the server's certificate that nobody confirmed is the usual cause.",
  ],
  [
    /^too-many-(rounds|octets)$/,
    'Too many packets of next to nothing, or more than 64 KiB: shorten the chain of certificates of the client; if it is not unusual, look at what sends them.',
  ],
  [/^(role-reversal|fragment: )/, 'No client does this by itself: find out what sends it from this station.'],
];

export function failureRemedy(cause: string): string {
  return remedies.find(([form]) => form.test(cause))?.[1] ?? 'See "Failures" in docs/eap.md.';
}
