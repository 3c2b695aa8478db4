// What to do about a packet whose code a port does not serve; for the log.
import { codes } from '../wire/radius/packet.ts';

/** For the engineer of what sent it. */
export function notServedRemedy(code: number, port: 'authentication' | 'accounting'): string {
  switch (code) {
    case codes.AccountingRequest:
      return 'Point accounting at the accounting port (radius.accountingListen, 1813 beside 1812): this one authenticates.';
    case codes.AccessRequest:
      return 'Point logins at the port that authenticates (radius.listen): this one takes accounting.';
    case codes.DisconnectRequest:
    case codes.CoaRequest:
      return 'The broker sends these to gateways and takes none: to end a session use "gatewarden sessions cut". Look at what sends it.';
    default:
      return port === 'authentication'
        ? 'Only Access-Request and Status-Server are answered on this port: look at what sends this.'
        : 'Only Accounting-Request and Status-Server are answered on this port: look at what sends this.';
  }
}
