// How each gateway of the sample organisation sends a login: what it puts in User-Password, and what says where it comes from.
import { type SampleLogin, sampleGateways } from '../services/sample-organisation.ts';

type CredentialMethod = 'appended' | 'code' | 'challenge';

export interface SampleRequest {
  readonly method: CredentialMethod;
  /** `Name=value`, as in the dictionary. */
  readonly attributes: readonly string[];
}

/** The request of a person of the sample through their own gateway, from the workstation given with them. */
export function sampleRequest({ gateway, workstation }: SampleLogin): SampleRequest {
  const nas = `NAS-Identifier=${gateway}`;
  const usual = ['Service-Type=Framed', 'NAS-Port-Type=Virtual'];
  switch (gateway) {
    case sampleGateways.challenge:
      // As radcli has it: no port type, and the client's address is all that is known.
      return {
        method: 'challenge',
        attributes: [nas, 'Service-Type=Authenticate-Only', `Calling-Station-Id=${workstation.address}`],
      };
    case sampleGateways.openVpn:
      return {
        method: 'appended',
        attributes: [
          nas,
          ...usual,
          `Calling-Station-Id=${workstation.address}`,
          `Connect-Info=certsha256=${workstation.certificateSha256}`,
        ],
      };
    case sampleGateways.codeOnly:
      return { method: 'code', attributes: [nas, ...usual, `Calling-Station-Id=${workstation.mac}`] };
    default:
      return { method: 'appended', attributes: [nas, ...usual, `Calling-Station-Id=${workstation.mac}`] };
  }
}
