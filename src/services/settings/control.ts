// How a gateway that takes no Disconnect-Request is controlled: one text, `method:address`, in its settings.
import { OperatorError } from '../../base/errors.ts';
import { parseEndpoint } from '../../config/endpoint.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import { type ControlMethod, controlMethods } from '../sessions/control.ts';

export interface ControlSetting {
  readonly method: ControlMethod;
  readonly address: string;
}

/** What `checkControl` has let pass. */
export function readControl(text: string): ControlSetting | null {
  const [, name, address] = /^([a-z-]+):(.+)$/.exec(text) ?? [];
  const method = controlMethods.find((one) => one === name);
  return method === undefined || address === undefined ? null : { method, address };
}

/** @throws OperatorError for a way that the product does not have, or an address that is none */
export function checkControl(text: string, profile: Profile, at: string): string {
  const control = readControl(text.trim());
  const known = profile.disconnect.control ?? [];
  if (control === null || !known.includes(control.method)) {
    throw new OperatorError(
      `${at}: ${JSON.stringify(text.slice(0, 100))} is no way to control this product.`,
      {
        at,
        remedy:
          known.length === 0
            ? `${profile.title} is told by Disconnect-Requests, or not at all.`
            : `Write ${known.map((method) => `${method}:${exampleOf[method]}`).join(', or ')}.`,
      },
    );
  }
  const { method, address } = control;
  if (/^unix:\/[\x21-\x7e]{1,100}$/.test(address)) return `${method}:${address}`;
  if (method === 'occtl' || address.startsWith('unix:')) {
    throw new OperatorError(`${at}: ${JSON.stringify(address.slice(0, 100))} is no Unix socket.`, {
      at,
      remedy: `Write the absolute path of the socket, such as ${method}:${exampleOf[method]}.`,
    });
  }
  parseEndpoint(address, at, { addressOnly: true });
  return `${method}:${address}`;
}

const exampleOf: Readonly<Record<ControlMethod, string>> = {
  'openvpn-management': '192.0.2.10:7505',
  occtl: 'unix:/run/occtl.socket',
  vici: 'unix:/run/charon.vici',
};
