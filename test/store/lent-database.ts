// Databases on PostgreSQL that one test after another has. To make one anew, to drop it and to connect for both costs several times as
// much as to empty it by a connection that stays open.
import pg from 'pg';
import { type KeptConnections, keepConnections } from './kept-connections.ts';

/**
 * Run in the template: remembers what it holds and what it is made of. `pristine.restore(kept)` brings a copy back to that and names the
 * tables that it emptied; NULL: it did not, since something was made or changed in it, it has grown, or others are connected than the
 * processes `kept`.
 */
export const rememberPristine = `
CREATE SCHEMA pristine;
CREATE FUNCTION pristine.shape() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', count(*), max(c.oid::bigint), sum(c.relnatts), sum(c.relchecks),
      (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'), (SELECT count(*) FROM pg_constraint),
      (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace), (SELECT count(*) FROM pg_db_role_setting))
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
$$;
CREATE FUNCTION pristine.is_alone(kept integer[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_stat_clear_snapshot();
  RETURN NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL (kept));
END $$;
CREATE FUNCTION pristine.restore(kept integer[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  name text;
  emptied text[] := '{}';
BEGIN
  -- Connections that were closed just now take a moment to go.
  FOR tries IN 1..100 LOOP
    EXIT WHEN pristine.is_alone(kept);
    PERFORM pg_sleep(0.01);
  END LOOP;
  IF NOT pristine.is_alone(kept)
     OR pristine.shape() <> (SELECT shape FROM pristine.remembered)
     OR (SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace) > 4000000
  THEN RETURN NULL;
  END IF;
  SET LOCAL session_replication_role = replica;
  FOR name IN
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM public.%I', name);
    emptied := emptied || format('public.%I', name);
  END LOOP;
  FOR name IN SELECT t FROM pristine.filled LOOP
    EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM pristine.%I', name, name);
  END LOOP;
  PERFORM setval(s.seqrelid, s.seqstart, false) FROM pg_sequence s WHERE pg_sequence_last_value(s.seqrelid) IS NOT NULL;
  RETURN emptied;
END $$;
CREATE TABLE pristine.filled (t text);
DO $$
DECLARE
  name text;
  is_filled boolean;
BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', name) INTO is_filled;
    CONTINUE WHEN NOT is_filled;
    EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', name, name);
    INSERT INTO pristine.filled VALUES (name);
  END LOOP;
END $$;
CREATE TABLE pristine.remembered AS SELECT pristine.shape() AS shape;
`;

/** A copy of the template, and the connection that empties it. */
interface LentDatabase {
  readonly url: string;
  readonly keeper: pg.Client;
  /** For the stores of its tests. */
  readonly connections: KeptConnections;
}

/** Of this process, those that no test has. */
const idle: LentDatabase[] = [];

/** One that is as new: an idle one, else what `make` makes. */
export async function lendDatabase(make: () => Promise<string>): Promise<LentDatabase> {
  const lent = idle.pop();
  if (lent !== undefined) return lent;
  const url = await make();
  const keeper = new pg.Client({ connectionString: url });
  // It goes with its database, whoever drops that.
  keeper.on('error', () => {});
  await keeper.connect();
  // It keeps no process of tests from ending; the types know nothing of it.
  (keeper as pg.Client & { unref(): void }).unref();
  return { url, keeper, connections: keepConnections() };
}

/** Empties the database for another test; false: it can't be, and is to be dropped. */
export async function takeBack(lent: LentDatabase): Promise<boolean> {
  const kept = await lent.connections.settle();
  const { rows } = await lent.keeper.query<{ restore: string[] | null }>('SELECT pristine.restore($1)', [
    kept,
  ]);
  const emptied = rows[0]?.restore ?? null;
  if (emptied === null) {
    await Promise.all([lent.keeper.end(), lent.connections.close()]);
    return false;
  }
  // New rows go to the end again, so that they are read in the order in which they came, as in a new database.
  if (emptied.length > 0) await lent.keeper.query(`VACUUM ${emptied.join()}`);
  idle.push(lent);
  return true;
}
