// Attribute values by data type, RFC 8044 §3; tags, RFC 2868 §3; long text and EAP-Message, RFC 3579 §3.1.

/** One attribute to be sent: at most 253 octets of value. */
export interface EncodedAttribute {
  type: number;
  value: Buffer;
}
