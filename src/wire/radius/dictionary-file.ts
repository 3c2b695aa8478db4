// Reads the files of config/dictionaries; their format is described there.
import { OperatorError } from '../../base/errors.ts';
import type { AttributeDefinition, DataType, DictionaryData } from './dictionary-definition.ts';

const dataTypes: Record<DataType, true> = {
  integer: true,
  enum: true,
  time: true,
  text: true,
  string: true,
  ipv4addr: true,
  ipv6addr: true,
  ipv4prefix: true,
  ipv6prefix: true,
  ifid: true,
  integer64: true,
  tlv: true,
  concat: true,
  vsa: true,
  extended: true,
  'long-extended': true,
  evs: true,
};

const isDataType = (text: string): text is DataType => Object.hasOwn(dataTypes, text);

const vendorSpecificType = 26;

/**
 * Parses dictionary files into one set of definitions. Values may follow in another file than their attribute.
 * @throws OperatorError at `file:line`.
 */
export function parseDictionaryFiles(files: readonly { name: string; text: string }[]): DictionaryData {
  const vendors: Record<number, string> = {};
  const attributes = new Map<string, AttributeDefinition & { values?: Record<string, number> }>();

  for (const file of files) {
    let vendorId: number | undefined;
    for (const [index, line] of file.text.split(/\r?\n/).entries()) {
      const at = `${file.name}:${index + 1}`;
      if (line.trim() === '' || line.startsWith('#')) continue;
      const [record = '', ...fields] = line.split(',').map((field) => field.trim());
      if (record === 'vendor') {
        const [number = '', name = ''] = expectFields(fields, 2, 2, at);
        vendorId = parseNumber(number, 0xffffff, at);
        vendors[vendorId] = name;
      } else if (record === 'attribute') {
        const definition = parseAttribute(expectFields(fields, 3, 4, at), vendorId, at);
        if (attributes.has(definition.name)) throw fault(`${definition.name} is defined twice`, at);
        attributes.set(definition.name, definition);
      } else if (record === 'value') {
        const [attribute = '', number = '', name = ''] = expectFields(fields, 3, 3, at);
        const definition = attributes.get(attribute);
        if (definition?.dataType !== 'enum') throw fault(`${attribute} is no attribute of type enum`, at);
        definition.values = { ...definition.values, [name]: parseNumber(number, 0xffffffff, at) };
      } else {
        throw fault(`unknown record '${record}'`, at);
      }
    }
  }
  return { vendors, attributes: [...attributes.values()] };
}

function fault(message: string, at: string): OperatorError {
  return new OperatorError(message, {
    at,
    remedy: 'See the description of the format in config/dictionaries.',
  });
}

function expectFields(fields: string[], least: number, most: number, at: string): string[] {
  if (fields.length < least || fields.length > most || fields.slice(0, least).includes('')) {
    throw fault(`${least === most ? least : `${least} to ${most}`} fields are expected`, at);
  }
  return fields;
}

function parseNumber(text: string, most: number, at: string): number {
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number > most) throw fault(`'${text}' is no number up to ${most}`, at);
  return number;
}

function parseAttribute(fields: string[], vendorId: number | undefined, at: string): AttributeDefinition {
  const [number = '', name = '', dataType = '', flagList = ''] = fields;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw fault(`'${name}' is no name of an attribute`, at);
  if (!isDataType(dataType)) throw fault(`'${dataType}' is no data type`, at);
  const flags = flagList.split(' ').filter((flag) => flag !== '');
  const unknown = flags.find((flag) => flag !== 'tagged' && flag !== 'hidden');
  if (unknown !== undefined) throw fault(`'${unknown}' is no flag`, at);

  const [type = '', extendedType, ...rest] = number.split('.');
  if (rest.length > 0 || (extendedType !== undefined && vendorId !== undefined)) {
    throw fault(`'${number}' is no attribute number`, at);
  }
  const plain = parseNumber(type, 255, at);
  return {
    name,
    ...(vendorId === undefined ? { type: plain } : { type: vendorSpecificType, vendorId, vendorType: plain }),
    ...(extendedType === undefined ? {} : { extendedType: parseNumber(extendedType, 255, at) }),
    dataType,
    ...(flags.includes('tagged') ? { tagged: true as const } : {}),
    ...(flags.includes('hidden') ? { hidden: true as const } : {}),
  };
}
