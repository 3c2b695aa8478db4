// Rotation of a RADIUS client's shared secret: for a while both are taken, so that the gateway can be changed in peace.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import {
  type ClientRow,
  findClientByName,
  listClientNames,
  replaceClientSecrets,
} from '../../store/queries/gateway-changes.ts';
import { bumpSettingsVersion } from '../../store/queries/settings.ts';
import { type AdministrationDeps, changedMeanwhile, recordAct } from '../administration.ts';
import { contextOf } from '../secrets/keyring.ts';
import { checkSecret, generateSecret } from './gateways.ts';

type ClientWithSecret = ClientRow & { readonly sealedSecret: Buffer };

async function getClient(store: AdministrationDeps['store'], name: string): Promise<ClientWithSecret> {
  const client = await store.read((db) => findClientByName(db, name));
  if (client !== null) {
    const { sealedSecret } = client;
    if (sealedSecret !== null) return { ...client, sealedSecret };
    throw new OperatorError(`The client ${name} comes over TLS and has no secret of its own.`, {
      at: 'CLIENT',
      remedy: 'Replace its certificate instead; "gatewarden gateway set --tls-pins" takes two at a time.',
    });
  }
  const similar = nearestName(name, await store.read(listClientNames));
  throw new OperatorError(`There is no RADIUS client ${name}.`, {
    at: 'CLIENT',
    remedy: similar === null ? 'See "gatewarden gateway list".' : `Did you mean ${similar}?`,
  });
}

/**
 * Lets a next secret be used beside the present one.
 * @returns the secret that was made here, to be shown once; null when it was given
 * @throws OperatorError while a rotation is under way
 */
export async function beginSecretRotation(
  deps: AdministrationDeps,
  order: { readonly client: string; readonly secret?: string },
): Promise<{ readonly client: string; readonly secret: string | null }> {
  const { store, keyring, random } = deps;
  const client = await getClient(store, order.client);
  if (client.sealedNextSecret !== null) {
    throw new OperatorError(`A rotation of the secret of ${client.name} is under way.`, {
      at: 'CLIENT',
      remedy: 'End it with --finish (the next secret alone) or --cancel (the former one alone).',
    });
  }
  const given = order.secret === undefined ? null : checkSecret(order.secret, '--secret-file');
  const secret = given ?? generateSecret(random);
  const sealedNextSecret = keyring.seal(Buffer.from(secret, 'utf8'), contextOf.clientSecret(client.name));
  await replace(deps, client, 'begin', { sealedSecret: client.sealedSecret, sealedNextSecret });
  return { client: client.name, secret: given === null ? secret : null };
}

/**
 * Ends a rotation: the next secret alone from now on (`finish`), or the former one alone (`cancel`).
 * @throws OperatorError when none is under way
 */
export async function endSecretRotation(
  deps: AdministrationDeps,
  order: { readonly client: string; readonly how: 'finish' | 'cancel' },
): Promise<{ readonly client: string }> {
  const client = await getClient(deps.store, order.client);
  const { sealedSecret, sealedNextSecret } = client;
  if (sealedNextSecret === null) {
    throw new OperatorError(`No rotation of the secret of ${client.name} is under way.`, {
      at: 'CLIENT',
      remedy: `Begin with "gatewarden gateway rotate-secret ${client.name}".`,
    });
  }
  await replace(deps, client, order.how, {
    sealedSecret: order.how === 'finish' ? sealedNextSecret : sealedSecret,
    sealedNextSecret: null,
  });
  return { client: client.name };
}

async function replace(
  { store, clock, by }: AdministrationDeps,
  client: ClientWithSecret,
  step: 'begin' | 'finish' | 'cancel',
  secrets: { readonly sealedSecret: Buffer; readonly sealedNextSecret: Buffer | null },
): Promise<void> {
  await store.write(async (db) => {
    const won = await replaceClientSecrets(db, { id: client.id, former: client.sealedSecret, ...secrets });
    if (!won) throw changedMeanwhile(`The secret of ${client.name}`);
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'gateway.rotate-secret',
      at: clock.now(),
      detail: step,
      body: { client: client.name },
    });
  });
}
