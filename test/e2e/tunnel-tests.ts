// What must hold of every VPN product: the right account gets a tunnel that carries a ping, every wrong one gets none,
// and the record says why.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dialect } from './broker.ts';
import { type DeniedCase, deniedCases } from './cases.ts';
import { createLab, type Lab, type Login } from './lab.ts';
import { ping } from './namespace.ts';
import type { TunnelAttempt } from './tunnel.ts';

export interface GatewayUnderTest {
  /** Address that only a tunnel leads to. */
  readonly inside: string;
  connect(login: Login): Promise<TunnelAttempt>;
}

const dialects: readonly Dialect[] = ['sqlite', 'postgresql'];
const products = ['ocserv-appended', 'ocserv-challenge', 'openvpn-plugin', 'openvpn-script'] as const;
type Product = (typeof products)[number];

/** Every case through every gateway on SQLite; on PostgreSQL, which no gateway can tell from it, each case through one of them. */
function casesOf(name: Product, dialect: Dialect): readonly DeniedCase[] {
  if (dialect === 'sqlite') return deniedCases;
  return deniedCases.filter((_, at) => products[at % products.length] === name);
}

/** Declares the tests of one gateway, on both stores. `more` adds what holds for this product only. */
export function testTunnels(
  title: string,
  name: Product,
  startGateway: (lab: Lab) => Promise<GatewayUnderTest>,
  more: (context: () => { lab: Lab; gateway: GatewayUnderTest }) => void = () => {},
): void {
  describe.each(dialects)(`${title}, broker on %s`, (dialect) => {
    let lab: Lab;
    let gateway: GatewayUnderTest;
    beforeAll(async () => {
      lab = await createLab(dialect, [name]);
      gateway = await startGateway(lab);
    });
    afterAll(async () => {
      await lab?.remove();
    });

    test('the right account gets a tunnel that carries a ping, and loses it with the tunnel', async () => {
      const login = await lab.loginFor(name, 'right');
      const { machine } = login.workstation;
      expect(await ping(machine, gateway.inside)).toBe(false);
      const attempt = await gateway.connect(login);
      expect(attempt.up, attempt.output()).toBe(true);
      expect(await ping(machine, gateway.inside)).toBe(true);
      await attempt.close();
      expect(await ping(machine, gateway.inside)).toBe(false);
      const decisions = await lab.broker.decisionsOf(login.userName);
      expect(decisions.at(-1)?.outcome).toBe('accept');
    });

    test.each(casesOf(name, dialect))('$name gets no tunnel', async (deniedCase) => {
      const login = await lab.loginFor(name, deniedCase);
      const before = (await lab.broker.decisionsOf(login.userName)).length;
      const attempt = await gateway.connect(login);
      const reached = await ping(login.workstation.machine, gateway.inside);
      await attempt.close();
      expect(attempt.up).toBe(false);
      expect(reached).toBe(false);
      const decisions = (await lab.broker.decisionsOf(login.userName)).slice(before);
      expect(decisions.map((decision) => decision.outcome)).not.toContain('accept');
      expect(decisions.at(-1)).toMatchObject({
        reason: deniedCase.reason,
        ...(deniedCase.detail === undefined ? {} : { detail: deniedCase.detail }),
      });
    });

    more(() => ({ lab, gateway }));
  });
}
