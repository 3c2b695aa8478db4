// Rules of use: published by version, read and accepted by each holder.
import { OperatorError } from '../../base/errors.ts';
import type { AccountRow } from '../../store/queries/accounts.ts';
import {
  findRulesText,
  insertAcceptance,
  insertRulesText,
  listAcceptances,
  listRulesTexts,
} from '../../store/queries/rules.ts';
import { bumpSettingsVersion, findSetting, putSetting, settingKeys } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { actOnAccount } from '../accounts/account.ts';
import { type AdministrationDeps, recordAct } from '../administration.ts';
import { defaultRules } from './default-rules.ts';
import { asHolder, type PortalDeps } from './deps.ts';

export interface Rules {
  /** 0: no rules are in force. */
  readonly version: number;
  readonly textVi: string;
  readonly textEn: string;
}

const longestText = 50_000;

async function versionInForce(db: Db): Promise<number> {
  return Number((await findSetting(db, settingKeys.rulesVersion)) ?? 0);
}

/** The rules in force. A version that was set without a text of its own has the program's. */
export async function currentRules(store: Pick<Store, 'read'>): Promise<Rules> {
  return await store.read(async (db) => {
    const version = await versionInForce(db);
    const text = await findRulesText(db, version);
    return { version, textVi: text?.textVi ?? defaultRules.vi, textEn: text?.textEn ?? defaultRules.en };
  });
}

/** Puts a new version in force: every holder has to accept it before the next login. */
export async function publishRules(
  deps: AdministrationDeps,
  texts: { readonly textVi: string; readonly textEn: string },
): Promise<{ readonly version: number }> {
  const { store, clock, by } = deps;
  const [textVi, textEn] = [texts.textVi, texts.textEn].map((text) =>
    text.normalize('NFC').replaceAll('\r\n', '\n').trim(),
  ) as [string, string];
  for (const [field, text] of Object.entries({ textVi, textEn })) {
    if (text === '' || text.length > longestText || /[^\P{Cc}\n\t]/u.test(text)) {
      throw new OperatorError(`${field}: the text is empty, too long or holds control characters.`, {
        at: field,
        remedy: `Give plain text in UTF-8 of up to ${longestText} characters; an empty line begins a new paragraph.`,
      });
    }
  }
  return await store.write(async (db) => {
    const newest = (await listRulesTexts(db))[0]?.version ?? 0;
    const version = Math.max(await versionInForce(db), newest) + 1;
    const at = clock.now();
    await insertRulesText(db, { version, textVi, textEn, publishedAt: at, publishedBy: by.name });
    await putSetting(db, settingKeys.rulesVersion, String(version));
    await bumpSettingsVersion(db);
    await recordAct(db, by, { verb: 'rules.publish', at, body: { version } });
    return { version };
  });
}

/** Records that the holder has read and accepted the version in force; false when it is another one by now. */
export async function acceptRules(deps: PortalDeps, account: AccountRow, version: number): Promise<boolean> {
  const inForce = await deps.store.read(versionInForce);
  if (version !== inForce || version < 1) return false;
  if (account.rulesVersionAccepted >= version) return true;
  const { clock } = deps;
  await actOnAccount(asHolder(deps, account.userName), account, {
    verb: 'portal.accept-rules',
    set: { rulesVersionAccepted: version },
    apply: async (db) => {
      await insertAcceptance(db, { accountId: account.id, version, acceptedAt: clock.now() });
    },
    body: { version },
  });
  return true;
}

/** When the holder accepted which version. */
export async function acceptancesOf(store: Pick<Store, 'read'>, accountId: number) {
  return await store.read((db) => listAcceptances(db, accountId));
}
