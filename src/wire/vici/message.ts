// strongSwan's VICI (libvici README): packets with a length before them, messages as trees of sections, lists and values.

/** A section; values are octets that are nearly always text. */
export interface ViciSection {
  readonly [key: string]: ViciValue;
}
export type ViciValue = string | readonly string[] | ViciSection;

export const viciTypes = {
  commandRequest: 0,
  commandResponse: 1,
  commandUnknown: 2,
  eventRegister: 3,
  eventUnregister: 4,
  eventConfirm: 5,
  eventUnknown: 6,
  event: 7,
} as const;

/** Packets that carry a name. */
const named: ReadonlySet<number> = new Set([
  viciTypes.commandRequest,
  viciTypes.eventRegister,
  viciTypes.eventUnregister,
  viciTypes.event,
]);

export interface ViciPacket {
  readonly type: number;
  /** Of a command or event; empty where the type has none. */
  readonly name: string;
  readonly message: ViciSection;
}

export class MalformedViciError extends Error {}

const elements = {
  sectionStart: 1,
  sectionEnd: 2,
  keyValue: 3,
  listStart: 4,
  listItem: 5,
  listEnd: 6,
} as const;
/** charon itself takes and sends up to 512 KiB. */
const longestViciPacket = 512 * 1024;
const deepest = 16;

/** Encodes a packet with its length. @throws RangeError for a name or value that does not fit its length field */
export function encodeVici(packet: ViciPacket): Buffer {
  const parts: Buffer[] = [Buffer.from([packet.type])];
  if (named.has(packet.type)) parts.push(shortText(packet.name));
  encodeSection(packet.message, parts);
  const body = Buffer.concat(parts);
  if (body.length > longestViciPacket) throw new RangeError('the message is too long for VICI');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function encodeSection(section: ViciSection, parts: Buffer[]): void {
  for (const [key, value] of Object.entries(section)) {
    if (typeof value === 'string') {
      parts.push(Buffer.from([elements.keyValue]), shortText(key), longText(value));
    } else if (Array.isArray(value)) {
      parts.push(Buffer.from([elements.listStart]), shortText(key));
      for (const item of value as readonly string[])
        parts.push(Buffer.from([elements.listItem]), longText(item));
      parts.push(Buffer.from([elements.listEnd]));
    } else {
      parts.push(Buffer.from([elements.sectionStart]), shortText(key));
      encodeSection(value as ViciSection, parts);
      parts.push(Buffer.from([elements.sectionEnd]));
    }
  }
}

function shortText(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8');
  if (octets.length === 0 || octets.length > 255) throw new RangeError('a name is not 1 to 255 octets');
  return Buffer.concat([Buffer.from([octets.length]), octets]);
}

function longText(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8');
  if (octets.length > 0xffff) throw new RangeError('a value is longer than 65535 octets');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(octets.length);
  return Buffer.concat([length, octets]);
}

/** Reads a packet without its length. @throws MalformedViciError */
export function parseVici(body: Buffer): ViciPacket {
  const reader = createReader(body);
  const type = reader.octet();
  if (type > viciTypes.event) throw new MalformedViciError('an unknown type of packet');
  const name = named.has(type) ? reader.shortText() : '';
  const message = parseSection(reader, 0);
  return { type, name, message };
}

function createReader(body: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new MalformedViciError('a field ends beyond the packet');
    at += length;
    return body.subarray(at - length, at);
  };
  return {
    isAtEnd: () => at === body.length,
    octet: () => take(1).readUInt8(),
    shortText() {
      const length = take(1).readUInt8();
      if (length === 0) throw new MalformedViciError('an empty name');
      return take(length).toString('utf8');
    },
    longText: () => take(take(2).readUInt16BE()).toString('utf8'),
  };
}

/** Reads elements up to the end of the section; at depth 0, of the packet. */
function parseSection(reader: ReturnType<typeof createReader>, depth: number): ViciSection {
  if (depth > deepest) throw new MalformedViciError('sections lie too deep');
  // No prototype: names come from outside.
  const section: Record<string, ViciValue> = Object.create(null) as Record<string, ViciValue>;
  for (;;) {
    if (reader.isAtEnd()) {
      if (depth === 0) return section;
      throw new MalformedViciError('a section has no end');
    }
    const element = reader.octet();
    if (element === elements.sectionEnd && depth > 0) return section;
    if (element === elements.keyValue) {
      const key = reader.shortText();
      section[key] = reader.longText();
    } else if (element === elements.sectionStart) {
      const key = reader.shortText();
      section[key] = parseSection(reader, depth + 1);
    } else if (element === elements.listStart) {
      const key = reader.shortText();
      section[key] = parseItems(reader);
    } else throw new MalformedViciError('an element where none may stand');
  }
}

function parseItems(reader: ReturnType<typeof createReader>): string[] {
  const items: string[] = [];
  for (;;) {
    const element = reader.octet();
    if (element === elements.listEnd) return items;
    if (element !== elements.listItem) throw new MalformedViciError('a list holds something else');
    items.push(reader.longText());
  }
}

/** Cuts a stream into packets. `push` returns the bodies that are complete. @throws MalformedViciError for a length that none has */
export function createViciFramer(): { push(chunk: Buffer): Buffer[] } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const bodies: Buffer[] = [];
      while (rest.length >= 4) {
        const length = rest.readUInt32BE();
        if (length === 0 || length > longestViciPacket)
          throw new MalformedViciError('a length that no packet has');
        if (rest.length < 4 + length) break;
        bodies.push(Buffer.from(rest.subarray(4, 4 + length)));
        rest = rest.subarray(4 + length);
      }
      return bodies;
    },
  };
}
