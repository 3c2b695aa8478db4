// The Ed25519 key (RFC 8032) that signs checkpoints: one per store, kept sealed, so that every node signs alike.
import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import type { JWK } from 'jose';
import type { Random } from '../../base/random.ts';
import { sealedSettingPrefix } from '../../store/queries/sealed-values.ts';
import { findSetting, insertSettingIfAbsent } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import { contextOf, type Keyring } from './keyring.ts';

const settingKey = `${sealedSettingPrefix}checkpoint-key`;
/** PKCS #8 form of an Ed25519 key up to its 32 octets (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key pair as JWK; created at the first call. `privateKey` must not leave the process. */
export async function openCheckpointKey(deps: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly random: Random;
}): Promise<{ readonly privateKey: JWK; readonly publicKey: JWK }> {
  const { store, keyring, random } = deps;
  const context = contextOf.setting(settingKey);
  let kept = await store.read((db) => findSetting(db, settingKey));
  if (kept === null) {
    const sealed = keyring.seal(random.bytes(32), context).toString('base64');
    await store.write((db) => insertSettingIfAbsent(db, settingKey, sealed));
    // Another node may have been first: what the store holds counts.
    kept = await store.read((db) => findSetting(db, settingKey));
  }
  if (kept === null) throw new Error('the checkpoint key was written but is not there');
  const seed = await keyring.openReloading(Buffer.from(kept, 'base64'), context);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const { kty, crv, x, d }: JsonWebKey = key.export({ format: 'jwk' });
  if (kty === undefined || crv === undefined || x === undefined || d === undefined) {
    throw new Error('an Ed25519 key has kty, crv, x and d');
  }
  return { privateKey: { kty, crv, x, d }, publicKey: { kty, crv, x } };
}
