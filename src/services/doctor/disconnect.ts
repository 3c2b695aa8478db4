// The doctor's proof that a gateway can be told to end a session: a Disconnect-Request for one that does not exist.
import { type Random, randomCode } from '../../base/random.ts';
import { identifyingAttributes } from '../../wire/radius/profile/disconnect.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import type { ControlTarget, OpenControl } from '../sessions/control.ts';
import type { ConnectionDisconnector, DisconnectAnswer, Disconnector } from '../sessions/disconnector.ts';
import type { CoaTarget } from '../settings/coa-targets.ts';
import { type Finding, finding, ok } from './finding.ts';

/** RFC 5176 §3.5. */
const sessionNotFound = 503;
/** No tunnel has it: RFC 5737. */
const addressOfNobody = '192.0.2.253';

/**
 * Asks the gateway; up to 40 s. `target` null: no address is known. `clientId` null: it is not told on a connection of its own.
 * Nobody's session is touched.
 */
export async function examineDisconnect(of: {
  readonly name: string;
  readonly profile: Profile;
  readonly target: CoaTarget | null;
  readonly clientId: number | null;
  readonly connections: ConnectionDisconnector;
  readonly disconnector: Disconnector;
  readonly random: Random;
}): Promise<Finding> {
  const { name, profile, target, clientId, connections, disconnector, random } = of;
  if (profile.disconnect.method === 'none') return takesNone(profile);
  const nobody = `gatewarden-doctor-${randomCode(random, 12)}`;
  const known = Object.fromEntries(
    profile.disconnect.identify
      .filter(({ required }) => required)
      .map(({ reference, startsWith }) => [
        reference.name,
        reference.dataType === 'ipv4addr' ? addressOfNobody : `${startsWith}${nobody}`,
      ]),
  );
  const { attributes } = identifyingAttributes(profile, known);
  if (clientId !== null) {
    const answer = await connections.disconnect(clientId, attributes);
    if (answer !== null) return findingOf(answer, `${name} (RADIUS/TLS)`);
    if (target === null) return hasNoConnection(name);
  }
  const [secret] = target?.secrets ?? [];
  if (target === null || secret === undefined) return hasNoAddress(name);
  const port = target.port ?? profile.disconnect.port;
  const answer = await disconnector.disconnect({ host: target.host, port, secret }, attributes);
  return findingOf(answer, `${target.host}:${port}`);
}

/** Asks a gateway that is controlled by a way of its own for its list of tunnels. Nobody's session is touched. */
export async function examineControl(of: {
  readonly control: ControlTarget;
  readonly open: OpenControl;
}): Promise<Finding> {
  const { method, address } = of.control;
  const place = `${method} ${address}`;
  try {
    const control = await of.open(of.control);
    try {
      const { length } = await control.list();
      return ok(
        'disconnect',
        `${place} lists its tunnels (${length}) and can be told to end one.`,
        `${place} liệt kê được các phiên (${length}) và nhận lệnh ngắt.`,
      );
    } finally {
      control.close();
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : 'it failed';
    return finding('disconnect', 'fault', {
      what: [`${place} can't be used: ${cause}.`, `Không dùng được ${place}: ${cause}.`],
      why: [
        'Sessions there can be ended by nobody until it can; logins get the short limit meanwhile.',
        'Chưa ngắt được phiên nào ở cổng này; trong lúc đó phiên mới chỉ được dùng thời gian ngắn.',
      ],
      remedy: [
        'Check address, password and rights, and that nothing else holds the interface; see the guide of the gateway.',
        'Kiểm tra địa chỉ, mật khẩu, quyền truy cập và chương trình khác đang giữ giao diện; xem hướng dẫn của cổng.',
      ],
    });
  }
}

function takesNone({ title }: Profile): Finding {
  return finding('disconnect', 'warn', {
    what: [`${title} takes no Disconnect-Request.`, `${title} không nhận Disconnect-Request.`],
    why: [
      'A session that must end stays up until its Session-Timeout, or for as long as the gateway lets it.',
      'Phiên cần kết thúc vẫn còn đến hết Session-Timeout hoặc theo cổng VPN.',
    ],
    remedy: [
      'Name another way to control it (gatewarden gateway set … --control), if it has one; until one is proven its sessions are short (uncutSessionMinutes).',
      'Khai cách điều khiển khác (gatewarden gateway set … --control) nếu có; khi chưa chứng minh được, phiên chỉ được dùng thời gian ngắn (uncutSessionMinutes).',
    ],
  });
}

function hasNoConnection(name: string): Finding {
  return finding('disconnect', 'fault', {
    what: [
      `${name} has no RADIUS/TLS connection to this node, and Disconnect-Requests go down its own connections.`,
      `${name} không có kết nối RADIUS/TLS tới nút này, mà Disconnect-Request đi trên kết nối của cổng.`,
    ],
    why: [
      'It has not connected, has gone, or is connected to another node.',
      'Cổng chưa kết nối, đã mất kết nối, hoặc đang nối tới nút khác.',
    ],
    remedy: [
      'Let somebody log in through it, or ask the node that it is connected to; give --coa-address for the time without a connection.',
      'Đăng nhập thử qua cổng, hoặc chạy lệnh trên nút mà cổng đang nối; khai --coa-address cho lúc không có kết nối.',
    ],
  });
}

function hasNoAddress(name: string): Finding {
  return finding('disconnect', 'fault', {
    what: [
      'No address is known to send Disconnect-Requests to.',
      'Chưa biết địa chỉ để gửi Disconnect-Request.',
    ],
    why: [
      'The client is a network, not one address.',
      'RADIUS client được khai là một dải mạng, không phải một địa chỉ.',
    ],
    remedy: [
      `gatewarden gateway set ${name} --coa-address ADDRESS`,
      `gatewarden gateway set ${name} --coa-address ĐỊA_CHỈ`,
    ],
  });
}

function findingOf(answer: DisconnectAnswer, target: string): Finding {
  // strongSwan gives no cause; its refusal is signed all the same.
  if (answer.kind === 'nak' && (answer.errorCause === sessionNotFound || answer.errorCause === null)) {
    return ok(
      'disconnect',
      `${target} takes Disconnect-Requests, and knows when there is no such session.`,
      `${target} nhận Disconnect-Request và báo đúng khi không có phiên.`,
    );
  }
  if (answer.kind === 'nak') {
    const cause = answer.errorCause;
    return finding('disconnect', 'warn', {
      what: [
        `${target} refused a Disconnect-Request with Error-Cause ${cause}, not 503.`,
        `${target} từ chối Disconnect-Request với Error-Cause ${cause}, không phải 503.`,
      ],
      why: [
        '401 to 404: it wants to know a session by other attributes. 501: it may not be told by this host.',
        '401 đến 404: cổng nhận dạng phiên bằng thuộc tính khác. 501: máy này không được phép.',
      ],
      remedy: [
        'Look at its guide, and at disconnect.identify in its profile.',
        'Xem hướng dẫn của cổng và disconnect.identify trong hồ sơ cổng.',
      ],
    });
  }
  if (answer.kind === 'ack') {
    return finding('disconnect', 'warn', {
      what: [
        `${target} acknowledged the end of a session that does not exist.`,
        `${target} báo đã kết thúc một phiên không tồn tại.`,
      ],
      why: [
        'Its ACK says nothing; only its accounting tells whether a session has ended.',
        'ACK của cổng không có giá trị; chỉ kế toán (accounting) cho biết phiên đã kết thúc.',
      ],
      remedy: ['Make sure that it sends Accounting-Stop.', 'Bảo đảm cổng gửi Accounting-Stop.'],
    });
  }
  return finding('disconnect', 'fault', {
    what: [`${target} did not answer a Disconnect-Request.`, `${target} không trả lời Disconnect-Request.`],
    why: [
      answer.kind === 'unsent'
        ? `It could not be sent: ${answer.error}.`
        : 'Nothing listens there, a firewall is between, or the secret is another.',
      'Không có dịch vụ nghe ở đó, bị tường lửa chặn, hoặc khác khóa bí mật.',
    ],
    remedy: [
      'Switch on dynamic authorization at the gateway for this host, with the same secret and port.',
      'Bật dynamic authorization trên cổng cho máy này, cùng khóa bí mật và cổng UDP.',
    ],
  });
}
