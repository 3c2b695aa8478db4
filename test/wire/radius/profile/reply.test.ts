// What a reply may carry to each gateway.
import { expect, it } from 'vitest';
import { formatAttribute } from '../../../../src/wire/radius/dictionary.ts';
import { overrideProfile, type Profile } from '../../../../src/wire/radius/profile/parse.ts';
import {
  acceptAttributes,
  challengeAttributes,
  promptText,
  rejectAttributes,
} from '../../../../src/wire/radius/profile/reply.ts';
import { profileNames, profileOf } from './capture.ts';

const facts = { sessionSeconds: 28_800, userName: 'alice', sessionReference: 'ref-1' };

const named = (profile: Profile) =>
  acceptAttributes(profile, facts).map((attribute) => {
    const { name, text } = formatAttribute(attribute);
    return `${name}=${text}`;
  });

it('an Accept carries what its gateway takes, and no more', () => {
  expect(named(profileOf('generic'))).toEqual(['Session-Timeout=28800']);
  expect(named(profileOf('ocserv'))).toEqual(['Session-Timeout=28800']);
  expect(named(profileOf('strongswan'))).toEqual(['User-Name=alice', 'Session-Timeout=28800']);
  expect(named(profileOf('fortigate'))).toEqual([
    'Session-Timeout=28800',
    'Acct-Interim-Interval=600',
    'Class=ref-1',
  ]);
  expect(named(profileOf('mikrotik'))).toEqual([
    'Session-Timeout=28800',
    'Acct-Interim-Interval=600',
    'Class=ref-1',
    'Service-Type=Framed',
    'Framed-Protocol=PPP',
  ]);
});

it('ocserv never gets a Service-Type or an opaque Class: it would refuse the one and look for the other', () => {
  const types = acceptAttributes(profileOf('ocserv'), facts).map(({ type }) => type);
  expect(types).not.toContain(6);
  expect(types).not.toContain(25);
});

it('a group in Class and fixed attributes come from overrides', () => {
  const changed = overrideProfile(
    profileOf('cisco-asa'),
    {
      reply: {
        class: 'group',
        group: 'OU=STAFF;',
        sessionTimeout: 'omit',
        attributes: [{ attribute: 'ASA-Simultaneous-Logins', value: 1 }],
      },
    },
    'gateway hq',
  );
  expect(named(changed)).toEqual(['Class=OU=STAFF;', 'ASA-Simultaneous-Logins=1']);
});

it('a challenge has a State of printable text and a prompt; diacritics only when switched on', () => {
  for (const name of profileNames) {
    const attributes = challengeAttributes(profileOf(name), 'sealed_STATE-1');
    expect(attributes[0]).toEqual({ type: 24, value: Buffer.from('sealed_STATE-1') });
    expect(attributes[1]).toEqual({ type: 18, value: Buffer.from('Nhap ma OTP 6 so:') });
    for (const { type } of attributes) expect([18, 24, 27, 76]).toContain(type);
  }
  const changed = overrideProfile(
    profileOf('generic'),
    { credentials: { style: 'challenge', prompt: { useDiacritics: true, hideAnswer: true } } },
    'gateway hq',
  );
  const attributes = challengeAttributes(changed, 's');
  expect(attributes[1]?.value.toString('utf8')).toBe('Nhập mã OTP 6 số:');
  expect(attributes.at(-1)).toEqual({ type: 76, value: Buffer.from([0, 0, 0, 0]) });
});

it('a Reject has the lookup code and nothing else, or nothing where the gateway takes no text', () => {
  expect(rejectAttributes(profileOf('generic'), 'ABCD2345')).toEqual([
    { type: 18, value: Buffer.from('Khong ket noi duoc. Ma tra cuu: ABCD-2345') },
  ]);
  const silent = overrideProfile(profileOf('generic'), { reply: { rejectMessage: false } }, 'gateway hq');
  expect(rejectAttributes(silent, 'ABCD2345')).toEqual([]);
});

it("an upstream's prompt is one line, in letters that the gateway's clients can show, and bounded", () => {
  const withAccents = overrideProfile(
    profileOf('generic'),
    { credentials: { style: 'challenge', prompt: { useDiacritics: true } } },
    'test',
  );
  expect(promptText(profileOf('generic'), ' Mã \r\n\u0000trên\u001b[2J Đĩa 🔑:\n')).toBe(
    'Ma tren [2J Dia ??:',
  );
  expect(promptText(withAccents, 'Mã\ttrên đĩa:')).toBe('Mã trên đĩa:');
  expect(promptText(profileOf('generic'), '\n\u0000 ')).toBe('Nhap ma OTP 6 so:');
  expect(promptText(withAccents, 'ệ'.repeat(4_000))).toHaveLength(480);
});
