// IKE_SAs as VICI's `list-sa` events tell of them.
import type { ViciSection, ViciValue } from './message.ts';

export interface IkeSa {
  /** The number that `terminate` takes as `ike-id`. */
  readonly uniqueId: string;
  /** By which the person is known: the EAP or XAuth identity before the IKE one. */
  readonly userName: string;
  readonly remoteHost: string | null;
  readonly virtualAddresses: readonly string[];
}

const textOf = (value: ViciValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** The IKE_SAs of one event; what has no number is left out. */
export function readListSa(message: ViciSection): IkeSa[] {
  return Object.values(message).flatMap((value) => {
    if (typeof value === 'string' || Array.isArray(value)) return [];
    const sa = value as ViciSection;
    const uniqueId = textOf(sa['uniqueid']);
    if (uniqueId === null || !/^\d{1,10}$/.test(uniqueId)) return [];
    const vips = sa['remote-vips'];
    return [
      {
        uniqueId,
        userName:
          textOf(sa['remote-eap-id']) ?? textOf(sa['remote-xauth-id']) ?? textOf(sa['remote-id']) ?? '',
        remoteHost: textOf(sa['remote-host']),
        virtualAddresses: Array.isArray(vips) ? (vips as readonly string[]) : [],
      },
    ];
  });
}
