// Our codec against another one, the npm package `radius`. Where that one departs from the RFCs the comparison stays
// away: it signs accounting in the wrong order, cuts passwords at a NUL and lets attributes run past the end.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeValue, splitText } from '../../../src/wire/radius/attribute.ts';
import { verifyRequestAuthenticator, verifyResponse } from '../../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../../src/wire/radius/message-authenticator.ts';
import { all, codes, first, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply, encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { hideUserPassword, revealUserPassword } from '../../../src/wire/radius/user-password.ts';
import { encodeVendorAttribute, vendorAttributes } from '../../../src/wire/radius/vendor.ts';
import { present } from './vectors.ts';

interface Decoded {
  code: string;
  identifier: number;
  authenticator: Buffer;
  attributes: Record<string, unknown>;
  raw_attributes: [number, Buffer][];
}
interface Oracle {
  decode(args: { packet: Buffer; secret: string }): Decoded;
  decode_without_secret(args: { packet: Buffer }): Decoded;
  encode(args: Record<string, unknown>): Buffer;
  encode_response(args: Record<string, unknown>): Buffer;
  verify_response(args: { request: Buffer; response: Buffer; secret: string }): boolean;
}
const oracle: Oracle = createRequire(import.meta.url)('radius');

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const word = (maxLength: number) => fc.string({ minLength: 1, maxLength, unit: 'grapheme-ascii' });
const secretText = fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme-ascii' });
const secretOf = (text: string) => createSecret(Buffer.from(text));

const login = fc.record({
  secret: secretText,
  identifier: fc.nat(255),
  authenticator: octets(16, 16),
  user: word(60),
  password: word(128),
  nas: fc.ipV4(),
  port: fc.nat(0xffffffff),
  pair: word(200),
  proxyStates: fc.array(octets(1, 30), { maxLength: 5 }),
});

describe('Access-Request', () => {
  test('ours is read and verified by theirs', () => {
    fc.assert(
      fc.property(
        login,
        ({ secret: text, identifier, authenticator, user, password, nas, port, pair, proxyStates }) => {
          const secret = secretOf(text);
          const packet = encodeRequest({
            code: codes.AccessRequest,
            identifier,
            authenticator,
            attributes: [
              { type: 1, value: Buffer.from(user) },
              { type: 2, value: hideUserPassword(Buffer.from(password), authenticator, secret) },
              { type: 4, value: encodeValue('ipv4addr', nas) },
              { type: 5, value: encodeValue('integer', port) },
              encodeVendorAttribute(9, 1, Buffer.from(pair)),
              ...proxyStates.map((value) => ({ type: 33, value })),
            ],
            secret,
            messageAuthenticator: true,
          });
          const decoded = oracle.decode({ packet, secret: text });
          expect(decoded).toMatchObject({ code: 'Access-Request', identifier, authenticator });
          expect(decoded.attributes).toMatchObject({
            'User-Name': user,
            'User-Password': password,
            'NAS-IP-Address': nas,
            'NAS-Port': port,
          });
          expect(decoded.raw_attributes.filter(([type]) => type === 33).map(([, value]) => value)).toEqual(
            proxyStates,
          );
          expect(() => oracle.decode({ packet, secret: `${text}x` })).toThrow();
        },
      ),
    );
  });

  test('theirs is read and verified by ours', () => {
    fc.assert(
      fc.property(
        login,
        ({ secret: text, identifier, authenticator, user, password, nas, port, pair, proxyStates }) => {
          const datagram = oracle.encode({
            code: 'Access-Request',
            secret: text,
            identifier,
            authenticator,
            add_message_authenticator: true,
            attributes: [
              ['User-Name', user],
              ['User-Password', password],
              ['NAS-IP-Address', nas],
              ['NAS-Port', port],
              ['Vendor-Specific', 9, [[1, Buffer.from(pair)]]],
              ...proxyStates.map((value) => ['Proxy-State', value]),
            ],
          });
          const secret = secretOf(text);
          const packet = parsePacket(datagram);
          expect(packet).toMatchObject({ code: codes.AccessRequest, identifier, authenticator });
          expect(checkMessageAuthenticator(packet, secret)).toBe('valid');
          expect(checkMessageAuthenticator(packet, secretOf(`${text}x`))).toBe('invalid');
          expect(first(packet, 1)?.value.toString()).toBe(user);
          const hidden = present(first(packet, 2)).value;
          expect(revealUserPassword(hidden, authenticator, secret)?.toString()).toBe(password);
          expect(vendorAttributes(packet, 9, 1).map(({ value }) => value.toString())).toEqual([pair]);
          expect(all(packet, 33).map(({ value }) => value)).toEqual(proxyStates);
        },
      ),
    );
  });
});

describe('replies', () => {
  const names = { 2: 'Access-Accept', 3: 'Access-Reject', 11: 'Access-Challenge' };
  const code = fc.constantFrom(codes.AccessAccept, codes.AccessReject, codes.AccessChallenge);
  const requestOf = (text: string, identifier: number, authenticator: Buffer) =>
    encodeRequest({
      code: codes.AccessRequest,
      identifier,
      authenticator,
      attributes: [{ type: 1, value: Buffer.from('alice') }],
      secret: secretOf(text),
      messageAuthenticator: true,
    });

  test('ours are verified by theirs, Message-Authenticator included', () => {
    fc.assert(
      fc.property(
        login,
        code,
        word(600),
        ({ secret: text, identifier, authenticator, proxyStates }, kind, message) => {
          const request = requestOf(text, identifier, authenticator);
          const response = encodeReply({
            code: kind,
            request: parsePacket(request),
            attributes: [...splitText(18, message), ...proxyStates.map((value) => ({ type: 33, value }))],
            secret: secretOf(text),
          });
          const decoded = oracle.decode_without_secret({ packet: response });
          expect(decoded).toMatchObject({ code: names[kind], identifier });
          expect([decoded.attributes['Reply-Message']].flat().join('')).toBe(message);
          expect(oracle.verify_response({ request, response, secret: text })).toBe(true);
          response[22] = (response[22] ?? 0) ^ 1;
          expect(oracle.verify_response({ request, response, secret: text })).toBe(false);
        },
      ),
    );
  });

  test('theirs are verified by ours', () => {
    fc.assert(
      fc.property(login, code, ({ secret: text, identifier, authenticator }, kind) => {
        const request = requestOf(text, identifier, authenticator);
        const response = oracle.encode_response({
          packet: oracle.decode({ packet: request, secret: text }),
          code: names[kind],
          secret: text,
          attributes: [['Reply-Message', 'hello']],
        });
        const secret = secretOf(text);
        expect(verifyResponse(response, authenticator, secret)).toBe(true);
        expect(checkMessageAuthenticator(parsePacket(response), secret, authenticator)).toBe('valid');
        expect(verifyResponse(response, authenticator, secretOf(`${text}x`))).toBe(false);
      }),
    );
  });
});

describe('Accounting-Request and its kin', () => {
  const names = { 4: 'Accounting-Request', 40: 'Disconnect-Request', 43: 'CoA-Request' };
  const code = fc.constantFrom(codes.AccountingRequest, codes.DisconnectRequest, codes.CoaRequest);

  test('both ways', () => {
    fc.assert(
      fc.property(login, code, ({ secret: text, identifier, user, port }, kind) => {
        const secret = secretOf(text);
        const ours = encodeRequest({
          code: kind,
          identifier,
          attributes: [
            { type: 1, value: Buffer.from(user) },
            { type: 46, value: encodeValue('integer', port) },
          ],
          secret,
          messageAuthenticator: false,
        });
        expect(oracle.decode({ packet: ours, secret: text }).attributes).toEqual({
          'User-Name': user,
          'Acct-Session-Time': port,
        });
        expect(() => oracle.decode({ packet: ours, secret: `${text}x` })).toThrow();

        const theirs = oracle.encode({
          code: names[kind],
          identifier,
          secret: text,
          attributes: [
            ['User-Name', user],
            ['Acct-Session-Time', port],
          ],
        });
        expect(theirs).toEqual(ours);
        expect(verifyRequestAuthenticator(parsePacket(theirs), secret)).toBe(true);
      }),
    );
  });
});

test('what ours takes for a packet theirs frames alike', () => {
  const attribute = fc.tuple(fc.constantFrom(1, 18, 24, 25, 31, 33, 87, 200), octets(0, 60));
  fc.assert(
    fc.property(
      fc.array(attribute, { maxLength: 30 }),
      fc.option(fc.tuple(fc.nat(400), fc.nat(255))),
      (list, flip) => {
        const body = list.map(([type, value]) =>
          Buffer.concat([Buffer.from([type, 2 + value.length]), value]),
        );
        const datagram = Buffer.concat([Buffer.alloc(20), ...body]);
        datagram[0] = 1;
        datagram.writeUInt16BE(datagram.length, 2);
        if (flip) datagram[20 + (flip[0] % Math.max(1, datagram.length - 20))] = flip[1];
        let ours: [number, Buffer][];
        try {
          ours = parsePacket(datagram).attributes.map(({ type, value }) => [type, value]);
        } catch {
          return;
        }
        let theirs: [number, Buffer][];
        try {
          theirs = oracle.decode_without_secret({ packet: datagram }).raw_attributes;
        } catch {
          // It decodes while framing and gives up on a value that is too short for its type.
          return;
        }
        expect(theirs).toEqual(ours);
      },
    ),
    { numRuns: 500 },
  );
});
