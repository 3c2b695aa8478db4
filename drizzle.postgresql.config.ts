// drizzle-kit settings: `npx drizzle-kit generate --config drizzle.postgresql.config.ts --name WHAT` after a change of a table (src/store/tables/).
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/store/schema.postgresql.ts',
  out: './migrations/postgresql',
});
