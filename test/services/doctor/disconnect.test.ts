// What the doctor concludes from a Disconnect-Request for a session that does not exist.
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { examineDisconnect } from '../../../src/services/doctor/disconnect.ts';
import type { DisconnectAnswer } from '../../../src/services/sessions/disconnector.ts';
import type { EncodedAttribute } from '../../../src/wire/radius/attribute.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { loadProfile } from '../../radius-server/harness.ts';

const target = { host: '192.0.2.1', port: null, secrets: [createSecret(Buffer.from('secret'))] };

async function examine(
  answer: DisconnectAnswer,
  profileName = 'fortigate',
  at: typeof target | null = target,
  connection?: DisconnectAnswer | null,
) {
  const sent: { port: number; attributes: readonly EncodedAttribute[] }[] = [];
  const disconnector = {
    async disconnect({ port }: { port: number }, attributes: readonly EncodedAttribute[]) {
      sent.push({ port, attributes });
      return answer;
    },
  };
  const profile = loadProfile(profileName);
  const finding = await examineDisconnect({
    name: 'vpn1',
    profile,
    target: at,
    clientId: connection === undefined ? null : 7,
    connections: { connected: async () => new Set(), disconnect: async () => connection ?? null },
    disconnector,
    random: systemRandom,
  });
  return { finding, sent };
}

describe('the doctor', () => {
  it('finds the path proven by NAK 503, asked with every attribute that the gateway demands', async () => {
    const { finding, sent } = await examine({ kind: 'nak', errorCause: 503 });
    expect(finding.state).toBe('ok');
    // As strongSwan answers.
    expect((await examine({ kind: 'nak', errorCause: null }, 'strongswan')).finding.state).toBe('ok');
    expect(sent.map(({ port, attributes }) => [port, attributes.map(({ type }) => type)])).toEqual([
      [3799, [8, 1]],
    ]);
    const asa = await examine({ kind: 'nak', errorCause: 503 }, 'cisco-asa');
    expect(asa.sent[0]?.port).toBe(1700);
    expect(String(asa.sent[0]?.attributes[0]?.value)).toContain('audit-session-id=gatewarden-doctor-');
  });

  it.each<[DisconnectAnswer, string]>([
    [{ kind: 'nak', errorCause: 402 }, 'warn'],
    [{ kind: 'ack' }, 'warn'],
    [{ kind: 'no-answer' }, 'fault'],
    [{ kind: 'unsent', error: 'no route' }, 'fault'],
  ])('takes %j for no proof', async (answer, state) => {
    expect((await examine(answer)).finding.state).toBe(state);
  });

  it('asks on the connection of the gateway first, and by its address where there is none', async () => {
    const here = await examine({ kind: 'ack' }, 'fortigate', null, { kind: 'nak', errorCause: 503 });
    expect([here.finding.state, here.finding.what.en, here.sent]).toEqual([
      'ok',
      expect.stringContaining('RADIUS/TLS'),
      [],
    ]);
    const silent = await examine({ kind: 'ack' }, 'fortigate', target, { kind: 'no-answer' });
    expect([silent.finding.state, silent.sent]).toEqual(['fault', []]);
    const byAddress = await examine({ kind: 'nak', errorCause: 503 }, 'fortigate', target, null);
    expect([byAddress.finding.state, byAddress.sent.length]).toEqual(['ok', 1]);
    const nowhere = await examine({ kind: 'ack' }, 'fortigate', null, null);
    expect([nowhere.finding.state, nowhere.finding.what.en, nowhere.sent]).toEqual([
      'fault',
      expect.stringContaining('no RADIUS/TLS connection'),
      [],
    ]);
  });

  it('asks nothing where nothing can be asked', async () => {
    const none = await examine({ kind: 'ack' }, 'ocserv');
    expect([none.finding.state, none.sent]).toEqual(['warn', []]);
    const nowhere = await examine({ kind: 'ack' }, 'fortigate', null);
    expect([nowhere.finding.state, nowhere.sent]).toEqual(['fault', []]);
  });
});
