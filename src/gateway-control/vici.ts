// strongSwan through VICI: IKE_SAs listed by events, terminated by their number.
import type { ControlTarget, GatewayControl } from '../services/sessions/control.ts';
import {
  createViciFramer,
  encodeVici,
  parseVici,
  type ViciPacket,
  type ViciSection,
  viciTypes,
} from '../wire/vici/message.ts';
import { type IkeSa, readListSa } from '../wire/vici/security-associations.ts';
import { openConnection } from './connection.ts';
import type { ControlLimits } from './limits.ts';

/** How long charon may wait for the peer's word before the SA goes all the same. */
const forceAfterMs = 200;

export async function openVici({ address }: ControlTarget, limits: ControlLimits): Promise<GatewayControl> {
  const connection = await openConnection(address, limits);
  const framer = createViciFramer();
  const waiting: ViciPacket[] = [];

  async function next(): Promise<ViciPacket> {
    for (;;) {
      const packet = waiting.shift();
      if (packet !== undefined) return packet;
      waiting.push(...framer.push(await connection.read()).map(parseVici));
    }
  }

  async function send(
    type: number,
    name: string,
    message: ViciSection,
    onEvent: (event: ViciPacket) => void = () => undefined,
  ) {
    connection.write(encodeVici({ type, name, message }));
    for (;;) {
      const packet = await next();
      if (packet.type === viciTypes.event) onEvent(packet);
      else return packet;
    }
  }

  async function register(type: number, event: string): Promise<void> {
    const answer = await send(type, event, {});
    if (answer.type !== viciTypes.eventConfirm)
      throw new Error(`strongSwan does not know the event ${event}`);
  }

  async function listSas(): Promise<IkeSa[]> {
    const sas: IkeSa[] = [];
    await register(viciTypes.eventRegister, 'list-sa');
    const answer = await send(viciTypes.commandRequest, 'list-sas', {}, (event) => {
      if (event.name === 'list-sa') sas.push(...readListSa(event.message));
    });
    if (answer.type !== viciTypes.commandResponse) throw new Error('strongSwan does not list its SAs');
    await register(viciTypes.eventUnregister, 'list-sa');
    return sas;
  }

  async function terminate(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const order = { 'ike-id': id, force: 'yes', timeout: String(forceAfterMs), loglevel: '-1' };
      // What it says of success is not relied on: the list tells.
      await send(viciTypes.commandRequest, 'terminate', order);
    }
  }

  return {
    async list() {
      return (await connection.within(limits.listing, listSas)).map(
        ({ uniqueId, userName, remoteHost, virtualAddresses }) => ({
          id: uniqueId,
          userName,
          remoteAddress: remoteHost,
          addresses: virtualAddresses,
          acctSessionId: null,
          isUp: true,
        }),
      );
    },
    end: (tunnels) => connection.within(limits.ending, () => terminate(tunnels.map(({ id }) => id))),
    close: () => connection.close(),
  };
}
