// Alerts and notices reach whom they concern: sorted by kind and unit, mailed by a real server's word, once.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Value } from 'typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { type NoticesConfig, noticesSchema } from '../../src/config/notices.ts';
import { createNoticeTargets } from '../../src/notifiers/notice-targets.ts';
import { warnOfExpiry } from '../../src/services/expiry-warnings.ts';
import { composeMail } from '../../src/services/notice-texts.ts';
import { type NoticeMessage, sortNotices } from '../../src/services/notices.ts';
import { deliverDue } from '../../src/services/outbox.ts';
import { insertOutbox } from '../../src/store/queries/outbox.ts';
import { startSmtp } from '../notifiers/smtp.ts';
import { describeOnEachStore, type OpenTestStore } from '../store/each-store.ts';
import { oneDay } from '../store/fixtures.ts';
import { silentLog } from '../store/silent-log.ts';
import { captureLog } from './captured-log.ts';
import { at, createStaff } from './lifecycle/staff.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const readConfig = (document: object) => Value.Default(noticesSchema, document) as NoticesConfig;
const timeZone = async () => 'Asia/Ho_Chi_Minh';

async function setUp(open: OpenTestStore, config: object) {
  const staff = await createStaff(await open(), 2);
  const { store, clock } = staff;
  const targets = createNoticeTargets(readConfig(config), { clock, node: 'n1', timeZone });
  const alert = (over: object = {}) =>
    store.write((db) =>
      insertOutbox(db, {
        kind: 'alert',
        payload: JSON.stringify({
          rule: 'cut-unconfirmed',
          accountId: staff.people[0]?.accountId,
          unitId: staff.units.district,
          evidence: JSON.stringify({ gateway: 'vpn-1', error: 'no answer' }),
          at: clock.now(),
          ...over,
        }),
        createdAt: clock.now(),
        deliveredAt: null,
      }),
    );
  const run = async () => {
    await sortNotices({ store, clock, targets });
    const alerts = await deliverDue({ kind: 'alert', store, clock, log: silentLog, notifiers: targets });
    const notices = await deliverDue({ kind: 'notice', store, clock, log: silentLog, notifiers: targets });
    return { delivered: alerts.delivered + notices.delivered, failed: alerts.failed + notices.failed };
  };
  const waiting = async () =>
    (await store.read((db) => db.select().from(db.tables.outbox))).filter(
      ({ deliveredAt }) => deliveredAt === null,
    ).length;
  return { ...staff, alert, run, waiting };
}

describeOnEachStore('an alert', (open) => {
  it('is mailed to whom the configuration names, in Vietnamese, once', async () => {
    const smtp = await startSmtp();
    closing.push(smtp.close);
    const server = `127.0.0.1:${smtp.port}`;
    const mail = [
      { server, security: 'none', from: 'gatewarden@example.org', to: ['a@example.org', 'b@example.org'] },
    ];
    const site = await setUp(open, { mail });
    await site.alert();
    expect(await site.run()).toEqual({ delivered: 1, failed: 0 });
    expect(await site.run()).toEqual({ delivered: 0, failed: 0 });
    expect(smtp.mails).toMatchObject([
      { from: 'gatewarden@example.org', to: ['a@example.org', 'b@example.org'] },
    ]);
    const data = smtp.mails[0]?.data ?? '';
    expect(data).toMatch(/^Auto-Submitted: auto-generated$/m);
    const body = Buffer.from(data.split('\n\n').slice(1).join('').replaceAll('\n', ''), 'base64').toString(
      'utf8',
    );
    const text = body.includes('Chưa') ? body : decodeQuotedPrintable(data);
    expect(text).toContain('Chưa xác nhận được việc ngắt phiên');
    expect(text).toContain('gateway: vpn-1');
    expect(await site.waiting()).toBe(0);
  });

  it('that the mail server does not take waits and is tried again', async () => {
    let refuses = true;
    const smtp = await startSmtp(() => (refuses ? '451 later' : '250 ok'));
    closing.push(smtp.close);
    const mail = [
      { server: `127.0.0.1:${smtp.port}`, security: 'none', from: 'g@example.org', to: ['a@example.org'] },
    ];
    const site = await setUp(open, { mail });
    await site.alert();
    expect(await site.run()).toEqual({ delivered: 0, failed: 1 });
    refuses = false;
    site.clock.advance(5_000);
    expect(await site.run()).toEqual({ delivered: 1, failed: 0 });
  });

  it('goes to the targets of its unit and of the units above, and to no other', async () => {
    const site = await setUp(open, {});
    const codes = await site.store.read((db) => db.select().from(db.tables.units));
    const codeOf = (id: number) => codes.find((unit) => unit.id === id)?.code ?? '';
    const target = (
      name: string,
      units: readonly string[] | null,
      kinds = ['alert'] as ('alert' | 'notice')[],
    ) => ({
      target: name,
      units,
      kinds,
    });
    const root = codes.find(({ parentId }) => parentId === null)?.code ?? '';
    await site.alert();
    await sortNotices({
      store: site.store,
      clock: site.clock,
      targets: [
        target('everything', null),
        target('own', [codeOf(site.units.district)]),
        target('above', [root]),
        target('elsewhere', ['nowhere']),
        target('notices only', null, ['notice']),
      ],
    });
    const rows = await site.store.read((db) => db.select().from(db.tables.outbox));
    const open_ = rows.filter(({ deliveredAt }) => deliveredAt === null);
    const named = open_.map(({ payload }) => (JSON.parse(payload) as NoticeMessage).target);
    expect(named).toEqual(['everything', 'own', 'above']);
  });

  it('of more than a week ago is put away when somebody begins to listen', async () => {
    const site = await setUp(open, {});
    await site.alert();
    site.clock.advance(8 * oneDay);
    const targets = [{ target: 'all', units: null, kinds: ['alert'] as const }];
    expect(await sortNotices({ ...site, targets })).toBe(1);
    expect(await site.waiting()).toBe(0);
  });

  it('reaches a webhook as JSON', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        bodies.push(body);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => new Promise((closed) => server.close(() => closed())));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const site = await setUp(open, { webhook: [{ url }] });
    await site.alert();
    expect(await site.run()).toEqual({ delivered: 1, failed: 0 });
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      kind: 'alert',
      about: 'cut-unconfirmed',
      facts: { gateway: 'vpn-1', error: 'no answer' },
    });
  });

  it('does not write the secret in the path of a webhook into the log', async () => {
    const failing = {
      target: 'webhook:https://hooks.example.org/services/hunter2?key=hunter2',
      deliver: () => Promise.reject(new Error('the webhook answered 503')),
    };
    const [{ store, clock }, log] = [await setUp(open, {}), captureLog()];
    for (const target of [failing.target, 'webhook:https://former.example.org/hunter2'])
      await store.write((db) =>
        insertOutbox(db, {
          kind: 'alert',
          payload: JSON.stringify({ target }),
          createdAt: clock.now(),
          deliveredAt: null,
        }),
      );
    await deliverDue({ kind: 'alert', store, clock, log, notifiers: [failing] });
    expect(log.lines.join('\n')).toMatch(
      /webhook:https:\/\/hooks.example.org\/….*webhook:https:\/\/former.example.org\/…/s,
    );
    expect(log.lines.join()).not.toContain('hunter2');
  });
});

describeOnEachStore('the end of a term', (open) => {
  async function setTerm(site: Awaited<ReturnType<typeof setUp>>, validUntil: number) {
    await site.store.write((db) =>
      db.update(db.tables.accounts).set({ validFrom: at('01/01/2026'), validUntil }),
    );
  }
  const said = async (site: Awaited<ReturnType<typeof setUp>>) =>
    (
      await site.store.read((db) =>
        db.select().from(db.tables.expiryWarnings).orderBy(db.tables.expiryWarnings.at),
      )
    )
      .filter(({ accountId }) => accountId === site.people[0]?.accountId)
      .map(({ daysBefore }) => daysBefore);

  it('is warned of 30, 14, 7 and 1 days before it, and when it has come, once each', async () => {
    const site = await setUp(open, {});
    const end = site.clock.now() + 31 * oneDay;
    await setTerm(site, end);
    const warn = async () => {
      const given = await warnOfExpiry(site);
      expect(await warnOfExpiry(site)).toBe(0);
      return given / 2;
    };
    expect(await warn()).toBe(0);
    const given: number[] = [];
    for (let day = 0; day < 32; day += 1) {
      site.clock.advance(oneDay);
      if ((await warn()) === 1) given.push(Math.round((end - site.clock.now()) / oneDay));
    }
    expect(given).toEqual([30, 14, 7, 1, 0]);
    expect(await said(site)).toEqual([30, 14, 7, 1, 0]);
  });

  it('is warned of by what is nearest after downtime, and of a longer term anew', async () => {
    const site = await setUp(open, {});
    await setTerm(site, site.clock.now() + 5 * oneDay);
    expect(await warnOfExpiry(site)).toBe(2);
    expect(await said(site)).toEqual([7]);
    await setTerm(site, site.clock.now() + 20 * oneDay);
    expect(await warnOfExpiry(site)).toBe(2);
    expect(await said(site)).toEqual([7, 30]);
  });

  it('of long ago, or of an account that is withdrawn, is no news', async () => {
    const site = await setUp(open, {});
    await setTerm(site, site.clock.now() - 8 * oneDay);
    expect(await warnOfExpiry(site)).toBe(0);
    await setTerm(site, site.clock.now() + oneDay);
    await site.store.write((db) => db.update(db.tables.accounts).set({ status: 'withdrawn' }));
    expect(await warnOfExpiry(site)).toBe(0);
  });
});

describe('a target', () => {
  const deps = { clock: { now: () => 0, monotonic: () => 0 }, node: 'n1', timeZone };
  it.each([
    { mail: [{ server: 'mail.example.org:25', security: 'none', from: 'a@b', to: ['c@d'] }] },
    { webhook: [{ url: 'http://hooks.example.org/' }] },
    { webhook: [{ url: 'https://hooks.example.org/', secretFile: '/nowhere/at/all' }] },
  ])('that would not be protected, or whose secret is missing, is refused: %j', (config) => {
    expect(() => createNoticeTargets(readConfig(config), deps)).toThrow(OperatorError);
  });

  it.each(['vi', 'en'] as const)(
    'names every alert of the console in words, in mails too: %s',
    (language) => {
      const file = new URL(`../../src/console/locales/${language}/console.json`, import.meta.url);
      const { alert } = JSON.parse(readFileSync(file, 'utf8')) as { alert: { rule: Record<string, string> } };
      const message = {
        target: '',
        kind: 'alert',
        at: 0,
        userName: null,
        fullName: null,
        unit: null,
      } as const;
      for (const rule of Object.keys(alert.rule)) {
        const { subject } = composeMail(
          { ...message, about: rule, facts: {} },
          { language, timeZone: 'UTC' },
        );
        expect(subject).not.toContain(rule);
        expect(subject).toMatch(/: .*\p{L}{2} /u);
      }
    },
  );

  it('gets a subject of one line, whatever a name holds', () => {
    const message: NoticeMessage = {
      target: 'x',
      kind: 'notice',
      about: 'odd\r\nBcc: everybody@example.org',
      at: 0,
      userName: null,
      fullName: null,
      unit: null,
      facts: {},
    };
    const plain = composeMail({ ...message, about: 'odd' }, { language: 'en', timeZone: 'UTC' });
    const lines = ['fullName', 'userName'].map((name) => ({
      ...message,
      [name]: 'An\r\nValid until: never\u2028x',
    }));
    for (const one of [message, ...lines, { ...message, facts: { error: 'x\n\nValid until: never' } }]) {
      const { subject, text } = composeMail(one, { language: 'en', timeZone: 'UTC' });
      expect(subject).not.toMatch(/[\r\n]/);
      expect(text).not.toMatch(/^Valid until: never/m);
      expect(text.split(/[\r\n\u2028]/).length).toBeLessThanOrEqual(plain.text.split('\n').length + 1);
    }
  });
});

function decodeQuotedPrintable(text: string): string {
  const octets = text
    .replaceAll(/=\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}
