DROP INDEX "accounts_in_use_index";
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "unit_id" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "used_at" bigint DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "is_incomplete" boolean DEFAULT true NOT NULL;
--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "ended_until" bigint;
--> statement-breakpoint
-- By hand: what the columns hold of accounts that there are, and below the triggers that keep it (store/queries/attention.ts).
UPDATE accounts SET unit_id = (SELECT unit_id FROM people WHERE people.id = accounts.person_id),
  used_at = greatest(created_at, (SELECT l.at FROM audit l WHERE l.account_id = accounts.id
    AND l.kind = 'decision' AND l.outcome = 'accept' ORDER BY l.at DESC LIMIT 1)),
  is_incomplete = NOT (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = accounts.id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = accounts.id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = accounts.id AND a.state = 'active')),
  ended_until = (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = accounts.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = accounts.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1);
--> statement-breakpoint
CREATE INDEX "accounts_unit_index" ON "accounts" USING btree ("unit_id","status","suspended_detail","valid_from","valid_until","used_at","is_incomplete","ended_until","person_id","id");
--> statement-breakpoint
CREATE INDEX "accounts_dormant_index" ON "accounts" USING btree ("used_at","id","valid_until","valid_from","person_id") WHERE "status" = 'active' and "suspended_detail" is null;
--> statement-breakpoint
CREATE INDEX "accounts_incomplete_index" ON "accounts" USING btree ("valid_until","valid_from","person_id","id") WHERE "status" = 'active' and "suspended_detail" is null and "is_incomplete";
--> statement-breakpoint
CREATE INDEX "accounts_ended_index" ON "accounts" USING btree ("valid_until","ended_until","valid_from","person_id","id") WHERE "status" = 'active' and "suspended_detail" is null and "ended_until" is not null;
--> statement-breakpoint
CREATE INDEX "accounts_in_use_index" ON "accounts" USING btree ("valid_until","valid_from","suspended_detail","id") WHERE "status" = 'active';
--> statement-breakpoint
CREATE FUNCTION look_at_new_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Whoever moves the person or changes a fact of their employment meanwhile waits, and sees the account.
  PERFORM 1 FROM people WHERE id = NEW.person_id FOR UPDATE;
  NEW.unit_id := (SELECT unit_id FROM people WHERE people.id = NEW.person_id);
  NEW.used_at := greatest(NEW.used_at, NEW.created_at);
  NEW.ended_until := (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = NEW.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = NEW.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1);
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER accounts_look BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION look_at_new_account();
--> statement-breakpoint
CREATE FUNCTION look_at_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts SET unit_id = NEW.unit_id WHERE person_id = NEW.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER people_look AFTER UPDATE OF unit_id ON people FOR EACH ROW
  WHEN (OLD.unit_id <> NEW.unit_id) EXECUTE FUNCTION look_at_move();
--> statement-breakpoint
CREATE FUNCTION look_at_employment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  person bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.person_id ELSE NEW.person_id END;
  until bigint;
BEGIN
  -- Waits for new accounts of the person, and for other facts of theirs: each statement sees what was committed before it.
  PERFORM 1 FROM people WHERE id = person FOR KEY SHARE;
  PERFORM 1 FROM accounts WHERE person_id = person ORDER BY id FOR NO KEY UPDATE;
  until := (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = person AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = person AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1);
  UPDATE accounts SET ended_until = until WHERE person_id = person AND ended_until IS DISTINCT FROM until;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER employment_events_look_insert AFTER INSERT ON employment_events FOR EACH ROW
  WHEN (NEW.kind IN ('hired', 'returned', 'leave', 'ended')) EXECUTE FUNCTION look_at_employment();
--> statement-breakpoint
CREATE TRIGGER employment_events_look_delete AFTER DELETE ON employment_events FOR EACH ROW
  WHEN (OLD.kind IN ('hired', 'returned', 'leave', 'ended')) EXECUTE FUNCTION look_at_employment();
--> statement-breakpoint
CREATE FUNCTION look_at_means() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE account bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.account_id ELSE NEW.account_id END;
BEGIN
  PERFORM 1 FROM accounts WHERE id = account FOR NO KEY UPDATE;
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = account AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = account)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = account)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = account AND a.state = 'active'));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER account_assignments_look AFTER INSERT OR DELETE ON account_assignments FOR EACH ROW EXECUTE FUNCTION look_at_means();
--> statement-breakpoint
CREATE TRIGGER account_workstations_look AFTER INSERT OR DELETE ON account_workstations FOR EACH ROW EXECUTE FUNCTION look_at_means();
--> statement-breakpoint
CREATE TRIGGER authenticators_look AFTER INSERT OR DELETE OR UPDATE OF state ON authenticators FOR EACH ROW EXECUTE FUNCTION look_at_means();