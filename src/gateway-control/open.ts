// The ways to control a gateway, by their names in its settings.
import type {
  ControlMethod,
  ControlTarget,
  GatewayControl,
  OpenControl,
} from '../services/sessions/control.ts';
import { type ControlLimits, usualLimits } from './limits.ts';
import { openOcctl } from './occtl.ts';
import { openOpenvpn } from './openvpn.ts';
import { openVici } from './vici.ts';

type Open = (target: ControlTarget, limits: ControlLimits) => Promise<GatewayControl>;

const ways: Readonly<Record<ControlMethod, Open>> = {
  'openvpn-management': openOpenvpn,
  occtl: openOcctl,
  vici: openVici,
};

/** Rejects, in words for the record that name the gateway, when it can't be reached, does not let us in, or does not come to an end. */
export const openControl: OpenControl = async (target) => {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const said = error instanceof Error ? error.message : 'it failed';
      throw new Error(`${target.gateway}: ${said}`, { cause: error });
    }
  };
  const control = await named(() => ways[target.method](target, usualLimits));
  return {
    list: () => named(() => control.list()),
    end: (tunnels) => named(() => control.end(tunnels)),
    close: () => control.close(),
  };
};
