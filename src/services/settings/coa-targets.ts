// Where each gateway is told to end sessions, by RFC 5176 or by its own control interface, and with which secret.
import { isIP } from 'node:net';
import type { Log } from '../../base/log.ts';
import type { GatewayRow } from '../../store/queries/gateways.ts';
import { createSecret, type Secret } from '../../wire/radius/secret.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import type { ControlTarget } from '../sessions/control.ts';
import type { RadiusClient } from './clients.ts';
import { readControl } from './control.ts';

export interface CoaTarget {
  readonly host: string;
  /** Null: the profile's. */
  readonly port: number | null;
  /** The gateway's own, or those of its client: the present one and, while it is being changed, the next. */
  readonly secrets: readonly Secret[];
}

/** The one address that a prefix stands for; null when it stands for several. */
function onlyAddress(prefix: string | null): string | null {
  const [address = '', length] = prefix?.split('/') ?? [];
  const family = isIP(address);
  const isSingle = length === undefined || Number(length) === (family === 4 ? 32 : 128);
  return family !== 0 && isSingle ? address : null;
}

/** By gateway id. One whose secret can't be opened has no target, and the log says so. */
export async function openCoaTargets(
  rows: readonly GatewayRow[],
  clients: readonly RadiusClient[],
  deps: { readonly keyring: Keyring; readonly log: Log },
): Promise<ReadonlyMap<number, CoaTarget>> {
  const targets = new Map<number, CoaTarget>();
  for (const row of rows) {
    const client = clients.find(({ clientId }) => clientId === row.clientId);
    const host = row.coaAddress ?? (client === undefined ? null : onlyAddress(client.prefix));
    if (host === null) continue;
    const secrets = await openSecrets(row, client, deps);
    if (secrets.length > 0) targets.set(row.id, { host, port: row.coaPort, secrets });
  }
  return targets;
}

async function openSecrets(
  { name, sealedCoaSecret }: GatewayRow,
  client: RadiusClient | undefined,
  { keyring, log }: { readonly keyring: Keyring; readonly log: Log },
): Promise<readonly Secret[]> {
  if (sealedCoaSecret === null) return client?.secrets ?? [];
  try {
    const octets = await keyring.openReloading(sealedCoaSecret, contextOf.coaSecret(name));
    const secret = createSecret(octets);
    octets.fill(0);
    return [secret];
  } catch (error) {
    log.error({ gateway: name, err: error }, "a gateway's secret for Disconnect-Requests cannot be opened");
    return [];
  }
}

/** How gateways are controlled that have a way of their own for it, by gateway id. */
export async function openControls(
  rows: readonly GatewayRow[],
  { keyring, log }: { readonly keyring: Keyring; readonly log: Log },
): Promise<ReadonlyMap<number, ControlTarget>> {
  const targets = new Map<number, ControlTarget>();
  for (const { id, name, control, sealedCoaSecret } of rows) {
    const setting = control === null ? null : readControl(control);
    if (setting === null) continue;
    try {
      const octets =
        sealedCoaSecret === null
          ? null
          : await keyring.openReloading(sealedCoaSecret, contextOf.coaSecret(name));
      targets.set(id, { ...setting, gateway: name, password: octets === null ? null : () => octets });
    } catch (error) {
      log.error(
        { gateway: name, err: error },
        "the password of a gateway's control interface cannot be opened",
      );
    }
  }
  return targets;
}
