// Writes config/organisation.schema.json from the schema of the import: `node scripts/generate-organisation-schema.ts`.
// A test checks that it is up to date. Editors use it to complete and check organisation files.
import { writeFileSync } from 'node:fs';
import { organisationFileSchema } from '../src/services/organisation/schema.ts';

/** The text of config/organisation.schema.json. */
export function renderOrganisationSchema(): string {
  const { $schema, title, ...rest } = organisationFileSchema as typeof organisationFileSchema & {
    readonly $schema: string;
    readonly title: string;
  };
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(new URL('../config/organisation.schema.json', import.meta.url), renderOrganisationSchema());
}
