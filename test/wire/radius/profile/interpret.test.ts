// Interpretation of odd requests: whatever the octets are, a value comes out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Packet } from '../../../../src/wire/radius/packet.ts';
import { interpretRequest } from '../../../../src/wire/radius/profile/interpret.ts';
import { overrideProfile } from '../../../../src/wire/radius/profile/parse.ts';
import { capture, interpret, type Line, profileNames, profileOf } from './capture.ts';

const generic = profileOf('generic');
const base: readonly Line[] = [
  ['User-Name', 'alice'],
  ['Password', 'secret123456'],
];

describe('a request', () => {
  it('is read by the style of its gateway', () => {
    for (const [style, expected] of [
      ['appended', { style: 'password+code', text: 'secret123456' }],
      ['code-only', { style: 'code', text: 'secret123456' }],
      ['challenge', { style: 'password', text: 'secret123456' }],
    ] as const) {
      const profile = overrideProfile(generic, { credentials: { style } }, 'test');
      expect(interpret(profile, capture(base)).credentials).toEqual(expected);
    }
  });

  it('with a State answers a challenge, whatever the style', () => {
    const { credentials } = interpret(generic, capture([...base, ['State', 'sealed']]));
    expect(credentials).toEqual({ style: 'challenge-answer', text: 'secret123456', state: 'sealed' });
  });

  it('that says twice who asks, for what, or from which NAS is no login', () => {
    const twice: readonly Line[][] = [
      [['User-Name', 'bob']],
      [
        ['Service-Type', 'Framed'],
        ['Service-Type', 'Administrative'],
      ],
      [
        ['NAS-Identifier', 'vpn'],
        ['NAS-Identifier', 'admin'],
      ],
    ];
    for (const more of twice) {
      const found = interpret(generic, capture([...base, ...more]));
      expect(found.refused).toEqual({ reason: 'service-not-allowed', detail: null });
    }
  });

  it('has the token of a ticket at the end of the password where the profile says so', () => {
    const pfsense = profileOf('pfsense');
    const token = 'abcdefgh23456789';
    const read = (password: string, profile = pfsense) => {
      const { credentials, ticketToken } = interpret(
        profile,
        capture([
          ['User-Name', 'alice'],
          ['Password', password],
        ]),
      );
      return { credentials, ticketToken };
    };
    const plain = { style: 'password+code', text: 'secret123456' };
    expect(read(`secret123456~${token}`)).toEqual({ credentials: plain, ticketToken: token });
    expect(read('secret123456')).toEqual({ credentials: plain, ticketToken: null });
    expect(read(`secret123456~${token}`, generic).ticketToken).toBeNull();
    // One reading: only the last one is a token, whatever the password holds.
    expect(read(`a~${token}~${token}`).credentials).toEqual({ style: 'password+code', text: `a~${token}` });
    for (const short of [
      `secret~${token}x`,
      `secret~${token.slice(1)}`,
      `secret${token}`,
      `s~${token.toUpperCase()}`,
    ]) {
      expect(read(short)).toEqual({
        credentials: { style: 'password+code', text: short },
        ticketToken: null,
      });
    }
    const scrv1 = `SCRV1:${Buffer.from(`secret~${token}`).toString('base64')}:${Buffer.from('123456').toString('base64')}`;
    expect(read(scrv1)).toEqual({
      credentials: { style: 'static-challenge', password: 'secret', code: '123456' },
      ticketToken: token,
    });
  });

  it('with two States is refused as malformed', () => {
    const found = interpret(generic, capture([...base, ['State', 'one'], ['State', 'two']]));
    expect(found.refused).toEqual({ reason: 'challenge-mismatch', detail: 'malformed' });
    expect(found.summary['repeated']).toBe('State');
  });

  it('names for the record what came twice and what does not read as text', () => {
    const twice = interpret(generic, capture([...base, ['User-Name', 'mallory'], ['NAS-Port', '7']]));
    expect(twice.refused?.reason).toBe('service-not-allowed');
    expect(twice.summary['repeated']).toBe('User-Name');
    const passwords = interpret(generic, capture([...base, ['Password', 'another']]));
    expect(passwords.refused).toEqual({ reason: 'method-not-allowed', detail: 'no-credential' });
    expect(passwords.summary['repeated']).toBe('User-Password');
    const packet = capture([
      ['User-Name', 'alice'],
      ['Password', 'a\0b'],
    ]);
    packet.attributes.find(({ type }) => type === 1)?.value.fill(0xff);
    const foreign = interpret(generic, packet);
    expect(foreign.summary['unreadable']).toBe('User-Name, User-Password');
    const plain = interpret(generic, capture(base)).summary;
    expect(Object.keys(plain)).not.toContain('repeated');
    expect(Object.keys(plain)).not.toContain('unreadable');
  });

  it("with a password that only looks like OpenVPN's form is taken as it is", () => {
    const profile = profileOf('openvpn-radiusplugin');
    for (const password of [
      'SCRV1:a:b',
      'SCRV1:cGFzcw==',
      'SCRV1:cGFzcw==:MTIzNDU2:',
      'CRV1::::123456',
      'SCRV1:',
    ]) {
      const { credentials } = interpret(
        profile,
        capture([
          ['User-Name', 'alice'],
          ['Password', password],
        ]),
      );
      expect(credentials).toEqual({ style: 'password+code', text: password });
    }
    expect(
      interpret(
        generic,
        capture([
          ['User-Name', 'a'],
          ['Password', 'SCRV1:cGFzcw==:MTIzNDU2'],
        ]),
      ).credentials.style,
    ).toBe('password+code');
  });

  it('under static-challenge without the form is a password without a code', () => {
    const profile = overrideProfile(
      profileOf('openvpn-radiusplugin'),
      { credentials: { style: 'static-challenge' } },
      'test',
    );
    expect(interpret(profile, capture(base)).credentials).toEqual({
      style: 'static-challenge',
      password: 'secret123456',
      code: '',
    });
  });

  it('of a health probe is that before anything else', () => {
    const profile = overrideProfile(generic, { healthProbeUsers: ['alice'] }, 'test');
    const found = interpret(profile, capture([...base, ['Service-Type', 'Administrative']]));
    expect(found).toMatchObject({ kind: 'health-probe', refused: null });
  });

  it('names an identifier once, at the best level that any source gives it', () => {
    const workstation = [
      { attribute: 'Calling-Station-Id', type: 'mac', level: 0 },
      { attribute: 'Connect-Info', type: 'mac', level: 2 },
      { attribute: 'NAS-Port-Id', type: 'mac', level: 1 },
    ];
    const profile = overrideProfile(generic, { workstation }, 'test');
    const mac = '00-0c-29-74-9d-e8';
    const found = interpret(
      profile,
      capture([...base, ['Calling-Station-Id', mac], ['Connect-Info', mac], ['NAS-Port-Id', mac]]),
    );
    expect(found.observed).toEqual([{ key: 'mac:000c29749de8', level: 2 }]);
  });

  it('keeps control characters out of its summary', () => {
    const { summary } = interpret(
      generic,
      capture([...base, ['Calling-Station-Id', 'x\r\nforged line\u001b[2J'], ['Connect-Info', 'a\u202eb']]),
    );
    expect(summary['callingStation']).toBe('x??forged line?[2J');
    expect(summary['connectInfo']).toBe('a?b');
  });

  it('from a station whose name holds control characters names no station', () => {
    for (const name of ['a\u0001b', '02-00-00-00-00-01\u0001', 'a\u0007', 'a\u202eb']) {
      const { station, observed } = interpret(generic, capture([...base, ['Calling-Station-Id', name]]));
      expect(station).toBe('');
      expect(observed).toEqual([]);
    }
  });

  it('never has its password or State in the summary', () => {
    const { summary } = interpret(generic, capture([...base, ['State', 'sealed-state']]));
    expect(JSON.stringify(summary)).not.toMatch(/secret|sealed/);
  });
});

it('every profile reads any packet without throwing, and claims no more than its levels', () => {
  const value = fc.uint8Array({ maxLength: 253 }).map((octets) => Buffer.from(octets));
  const interesting = fc.constantFrom(1, 2, 3, 4, 6, 24, 26, 30, 31, 32, 33, 61, 66, 77, 79, 80, 87, 95);
  const vendor = fc
    .tuple(fc.constantFrom(9, 311, 3076, 12356, 25461), fc.nat(255), value)
    .map(([id, type, inner]) => {
      const head = Buffer.alloc(6);
      head.writeUInt32BE(id);
      head[4] = type;
      head[5] = 2 + Math.min(inner.length, 247);
      return { type: 26, value: Buffer.concat([head, inner.subarray(0, 247)]) };
    });
  const attribute = fc.oneof(vendor, fc.record({ type: interesting, value }));
  const profiles = profileNames.map(profileOf);
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 20 }), (attributes) => {
      const packet: Packet = {
        code: 1,
        identifier: 0,
        authenticator: Buffer.alloc(16),
        attributes: attributes.map((one) => ({ ...one, offset: 20 })),
        bytes: Buffer.alloc(20),
      };
      for (const profile of profiles) {
        const highest = Math.max(0, ...profile.workstation.map(({ level }) => level));
        const found = interpretRequest(profile, packet, (hidden) => hidden);
        expect(found.observed.every(({ level }) => level <= highest)).toBe(true);
        expect(found.kind === 'refused').toBe(found.refused !== null);
        for (const text of Object.values(found.summary)) expect(text).not.toMatch(/\p{Cc}/u);
      }
    }),
    { numRuns: 300, seed: 20261123 },
  );
});
