// Profiles as files: what is refused names the file, the place and what to do.
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../../../../src/base/errors.ts';
import { overrideProfile, parseProfile } from '../../../../src/wire/radius/profile/parse.ts';
import { profileNames, profileOf, readProfile } from './capture.ts';

function faultOf(run: () => unknown): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** `generic` with one change, refused. */
function faultWith(change: (document: Record<string, never>) => void): OperatorError {
  const document = readProfile('generic') as Record<string, never>;
  change(document);
  return faultOf(() => parseProfile(document, 'generic.yaml'));
}

/** Sets a nested value by its path. */
const set =
  (path: string, value: unknown) =>
  (document: Record<string, never>): void => {
    const parts = path.split('.');
    let at: Record<string, unknown> = document;
    for (const part of parts.slice(0, -1)) at = at[part] as Record<string, unknown>;
    const last = parts.at(-1) ?? '';
    if (value === undefined) delete at[last];
    else at[last] = value;
  };

describe('the profiles that come with the program', () => {
  it.each(profileNames)('%s says the same in Vietnamese', (name) => {
    const { title, notes, vietnamese } = profileOf(name);
    expect(title).not.toBe('');
    expect(vietnamese?.notes).toHaveLength(notes.length);
    for (const [at, note] of notes.entries()) expect(vietnamese?.notes[at]).not.toBe(note);
  });

  it('are all well formed and named like their files', () => {
    expect(profileNames).toHaveLength(13);
    for (const name of profileNames) expect(profileOf(name).name).toBe(name);
  });

  it('prompt in ASCII unless an operator switches diacritics on', () => {
    for (const name of profileNames) {
      expect(profileOf(name).credentials.prompt).toMatchObject({
        ascii: 'Nhap ma OTP 6 so:',
        useDiacritics: false,
      });
    }
  });

  it('drop unsigned requests with Proxy-State, SoftEther excepted', () => {
    expect(profileNames.filter((name) => !profileOf(name).limitProxyState)).toEqual(['softether']);
  });

  it('let no product but the script of ours claim more than what its client reports', () => {
    const claiming = profileNames.filter((name) =>
      profileOf(name).workstation.some(({ level }) => level > 1),
    );
    expect(claiming).toEqual(['openvpn-script']);
    expect(profileOf('openvpn-script').messageAuthenticator).toBe('always');
  });
});

describe('a profile', () => {
  it('with an unknown key is refused, naming the nearest known one', () => {
    const fault = faultWith(set('credentials.stile', 'appended'));
    expect(fault.message).toContain('generic.yaml: credentials.stile');
    expect(fault.remedy).toContain('Did you mean style?');
  });

  it('with an unknown key deep in a rule names its place', () => {
    const fault = faultWith(set('requests.login.0.when.0.start', 'x'));
    expect(fault.message).toContain('generic.yaml: requests.login[0].when[0].start');
    expect(fault.remedy).toContain('startsWith');
  });

  it.each([
    ['a missing section', set('reply', undefined), 'generic.yaml: reply', 'sessionTimeout'],
    ['an unknown style', set('credentials.style', 'append'), 'credentials.style', 'appended'],
    ['an evidence level of 4', set('workstation.0.level', 4), 'workstation[0].level', '0 to 3'],
    ['an unknown identifier type', set('workstation.0.type', 'serial'), 'workstation[0].type', 'mac'],
    [
      'an unknown attribute',
      set('station.0.attribute', 'Calling-Station'),
      'station[0].attribute',
      'Calling-Station-Id',
    ],
    [
      'an attribute that is secret',
      set('station.0.attribute', 'User-Password'),
      'station[0].attribute',
      'no secret',
    ],
    ['a broken expression', set('workstation.0.pattern', '(mac'), 'workstation[0].pattern', 'brackets'],
    [
      'a tlv of another attribute',
      set('workstation.0.tlv', 'device-mac'),
      'workstation[0].tlv',
      'Cisco-AVPair',
    ],
    [
      'an unknown value of an attribute',
      set('requests.login.1.when.0.isOneOf', ['Framedd']),
      'requests.login[1].when[0].isOneOf[0]',
      'Did you mean Framed?',
    ],
    [
      'two tests in one condition',
      set('requests.login.0.when.0.matches', 'x'),
      'requests.login[0].when[0]',
      'one of',
    ],
    ['no login at all', set('requests.login', []), 'requests.login', 'list'],
    [
      'a prompt with diacritics as ASCII',
      set('credentials.prompt.ascii', 'Nhập mã:'),
      'prompt.ascii',
      'ASCII',
    ],
    [
      'a token in a challenge',
      (document: Record<string, never>) => {
        set('tickets.delivery', 'password')(document);
        set('credentials.style', 'challenge')(document);
      },
      'tickets.delivery',
      'appended',
    ],
    ['a group without its text', set('reply.class', 'group'), 'reply.group', 'both or neither'],
    [
      'a reply attribute that the broker sets',
      set('reply.attributes', [{ attribute: 'Session-Timeout', value: 60 }]),
      'reply.attributes[0].attribute',
      'Take it out',
    ],
    [
      'a reply attribute with a value of another type',
      set('reply.attributes', [{ attribute: 'Framed-IP-Address', value: 'here' }]),
      'reply.attributes[0].value',
      'ipv4addr',
    ],
    [
      'interim updates more often than RFC 2869 allows',
      set('reply.interimSeconds', 60),
      'reply.interimSeconds',
      '600',
    ],
  ])('with %s is refused', (_what, change, place, remedy) => {
    const fault = faultWith(change);
    expect(fault.message).toContain(place);
    expect(fault.remedy).toContain(remedy);
  });

  it('that is no section at all is refused', () => {
    for (const value of [null, 'generic', 7, []]) {
      expect(faultOf(() => parseProfile(value, 'generic.yaml')).message).toContain('generic.yaml');
    }
  });
});

describe('overrides of one gateway', () => {
  it('merge sections and replace lists', () => {
    const changed = overrideProfile(
      profileOf('generic'),
      {
        credentials: { style: 'challenge', prompt: { useDiacritics: true } },
        healthProbeUsers: ['probe'],
        reply: { attributes: [{ attribute: 'Filter-Id', value: 'staff' }] },
      },
      'gateway hq',
    );
    expect(changed.credentials.style).toBe('challenge');
    expect(changed.credentials.prompt.ascii).toBe('Nhap ma OTP 6 so:');
    expect(changed.healthProbeUsers).toEqual(['probe']);
    expect(changed.reply.attributes).toEqual([{ type: 11, value: Buffer.from('staff') }]);
    expect(profileOf('generic').credentials.style).toBe('appended');
  });

  it('may choose no style that the gateway cannot carry', () => {
    const fault = faultOf(() =>
      overrideProfile(
        profileOf('pfsense'),
        { credentials: { style: 'challenge', alternatives: ['challenge'] } },
        'gateway hq',
      ),
    );
    expect(fault.message).toContain('gateway hq: credentials.style');
    expect(fault.remedy).toContain('appended, static-challenge, code-only');
  });

  it('are refused like a profile, by the name of the gateway', () => {
    const fault = faultOf(() => overrideProfile(profileOf('generic'), { repl: {} }, 'gateway hq'));
    expect(fault.message).toContain('gateway hq: repl');
    expect(fault.remedy).toContain('reply');
    expect(
      faultOf(() => overrideProfile(profileOf('generic'), { name: 'x' }, 'gateway hq')).message,
    ).toContain('name');
    expect(faultOf(() => overrideProfile(profileOf('generic'), [], 'gateway hq')).message).toContain(
      'gateway hq',
    );
  });

  it('reach no prototype', () => {
    overrideProfile(profileOf('generic'), JSON.parse('{"__proto__": {"polluted": true}}'), 'gateway hq');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
