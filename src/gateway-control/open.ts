// The ways to control a gateway, by their names in its settings.
import type { ControlMethod, OpenControl } from '../services/sessions/control.ts';
import { openOcctl } from './occtl.ts';
import { openOpenvpn } from './openvpn.ts';
import { openVici } from './vici.ts';

const ways: Readonly<Record<ControlMethod, OpenControl>> = {
  'openvpn-management': openOpenvpn,
  occtl: openOcctl,
  vici: openVici,
};

/** Rejects, in words for the record, when the gateway can't be reached or does not let us in. */
export const openControl: OpenControl = (target) => ways[target.method](target);
