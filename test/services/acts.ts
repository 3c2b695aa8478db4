// What tests of administrators' acts share: the dependencies, the record of the last act, the next decision.
import { and, desc, eq } from 'drizzle-orm';
import { systemRandom } from '../../src/base/random.ts';
import type { AdministrationDeps } from '../../src/services/administration.ts';
import type { LoginRequest } from '../../src/services/login.ts';
import { findSetting, settingKeys } from '../../src/store/queries/settings.ts';
import type { TestClock } from './clock.ts';
import type { TestAccount, World } from './world.ts';

/** Monday 2 March 2026, 08:00 in Viet Nam. */
export const monday = Date.UTC(2026, 2, 2, 1);
export const hour = 3_600_000;

export function createActs(world: World, clock: TestClock) {
  const { store, keyring } = world;
  const deps: AdministrationDeps = {
    store,
    keyring,
    clock,
    random: systemRandom,
    by: { name: 'quantri', via: 'command line' },
  };
  return {
    deps,

    async revisionOf({ userName }: { readonly userName: string }): Promise<number> {
      const facts = await store.decisions.loadFacts({ userName, observedKeys: [] });
      return facts.account?.revision ?? Number.NaN;
    },

    async settingsVersion(): Promise<number> {
      return Number(await store.read((db) => findSetting(db, settingKeys.settingsVersion)));
    },

    /** Records of administrators' acts of one kind, newest first. */
    async acts(verb: string) {
      return await store.read(async (db) => {
        const { audit, auditPersonal } = db.tables;
        const rows = await db
          .select({ row: audit, personal: auditPersonal.personalValues })
          .from(audit)
          .leftJoin(
            auditPersonal,
            and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)),
          )
          .where(and(eq(audit.kind, 'administration'), eq(audit.outcome, verb)))
          .orderBy(desc(audit.seq));
        return rows.map(({ row, personal }) => ({
          accountId: row.accountId,
          detail: row.detail,
          data: (JSON.parse(row.body) as { data: Record<string, unknown> }).data,
          text: row.body + (personal ?? ''),
          personal: Object.fromEntries(
            Object.entries(JSON.parse(personal ?? '{}') as Record<string, [string, string]>).map(
              ([name, [, value]]) => [name, value],
            ),
          ),
        }));
      });
    },

    /** Decides a login of the account now: `accept`, or the reason of the denial with its detail. */
    async decide(account: TestAccount, changes: Partial<LoginRequest> = {}): Promise<string> {
      const node = await world.createNode('node');
      await node.authenticate(world.login(account, changes));
      const { outcome, reason, detail } = await world.lastRecord();
      return reason === null ? outcome : detail === null ? reason : `${reason}: ${detail}`;
    },
  };
}

export type Acts = ReturnType<typeof createActs>;
