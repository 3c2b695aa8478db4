// Section `folders`: folders into which a personnel system puts its files of events, each for one source.
import { type Static, Type } from 'typebox';

const folderSchema = Type.Object(
  {
    source: Type.String({ minLength: 1, description: 'name of a source of the kind file' }),
    directory: Type.String({
      minLength: 1,
      description: 'folder that is watched; done, refused and checked are made in it',
    }),
    mapping: Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 200 }), {
      default: {},
      description: 'headings of the files by the names of the columns, where they are called otherwise',
    }),
    dryRun: Type.Boolean({
      default: false,
      description: 'whether files are only checked: nothing is recorded, and they go to checked or refused',
    }),
    language: Type.Enum(['vi', 'en'], {
      default: 'vi',
      description: 'language in which a refused file is told what is wrong with it',
    }),
    intervalSeconds: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: 3_600,
      description: 'seconds between two looks',
    }),
    settleSeconds: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 600,
      description: 'a file is taken once it has not changed for so many seconds',
    }),
  },
  { additionalProperties: false },
);

export type FolderConfig = Static<typeof folderSchema>;

export const foldersSchema = Type.Array(folderSchema, {
  default: [],
  description: 'folders to take files of personnel events from',
});
