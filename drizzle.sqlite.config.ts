// drizzle-kit settings: `npx drizzle-kit generate --config drizzle.sqlite.config.ts --name WHAT` after a change of a table (src/store/tables/).
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema.sqlite.ts',
  out: './migrations/sqlite',
});
