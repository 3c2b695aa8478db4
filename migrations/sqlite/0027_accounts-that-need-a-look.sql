DROP INDEX `accounts_in_use_index`;
--> statement-breakpoint
ALTER TABLE `accounts` ADD `unit_id` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `accounts` ADD `used_at` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `accounts` ADD `is_incomplete` integer DEFAULT true NOT NULL;
--> statement-breakpoint
ALTER TABLE `accounts` ADD `ended_until` integer;
--> statement-breakpoint
-- By hand: what the columns hold of accounts that there are, and below the triggers that keep it (store/queries/attention.ts).
UPDATE accounts SET unit_id = (SELECT unit_id FROM people WHERE people.id = accounts.person_id),
  used_at = max(created_at, coalesce((SELECT l.at FROM audit l WHERE l.account_id = accounts.id
    AND l.kind = 'decision' AND l.outcome = 'accept' ORDER BY l.at DESC LIMIT 1), 0)),
  is_incomplete = NOT (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = accounts.id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = accounts.id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = accounts.id AND a.state = 'active')),
  ended_until = (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = accounts.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = accounts.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1);
--> statement-breakpoint
CREATE INDEX `accounts_unit_index` ON `accounts` (`unit_id`,`status`,`suspended_detail`,`valid_from`,`valid_until`,`used_at`,`is_incomplete`,`ended_until`,`person_id`,`id`);
--> statement-breakpoint
CREATE INDEX `accounts_dormant_index` ON `accounts` (`used_at`,`id`,`valid_until`,`valid_from`,`person_id`) WHERE "status" = 'active' and "suspended_detail" is null;
--> statement-breakpoint
CREATE INDEX `accounts_incomplete_index` ON `accounts` (`valid_until`,`valid_from`,`person_id`,`id`) WHERE "status" = 'active' and "suspended_detail" is null and "is_incomplete";
--> statement-breakpoint
CREATE INDEX `accounts_ended_index` ON `accounts` (`valid_until`,`ended_until`,`valid_from`,`person_id`,`id`) WHERE "status" = 'active' and "suspended_detail" is null and "ended_until" is not null;
--> statement-breakpoint
CREATE INDEX `accounts_in_use_index` ON `accounts` (`valid_until`,`valid_from`,`suspended_detail`,`id`) WHERE "status" = 'active';
--> statement-breakpoint
CREATE TRIGGER accounts_look_insert AFTER INSERT ON accounts BEGIN
  UPDATE accounts SET unit_id = (SELECT unit_id FROM people WHERE people.id = NEW.person_id),
    used_at = max(NEW.used_at, NEW.created_at),
    ended_until = (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = NEW.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = NEW.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1)
  WHERE id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER people_look_update AFTER UPDATE OF unit_id ON people WHEN OLD.unit_id <> NEW.unit_id BEGIN
  UPDATE accounts SET unit_id = NEW.unit_id WHERE person_id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER employment_events_look_insert AFTER INSERT ON employment_events WHEN NEW.kind IN ('hired', 'returned', 'leave', 'ended') BEGIN
  UPDATE accounts SET ended_until = (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = NEW.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = NEW.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1)
  WHERE person_id = NEW.person_id;
END;
--> statement-breakpoint
CREATE TRIGGER employment_events_look_delete AFTER DELETE ON employment_events WHEN OLD.kind IN ('hired', 'returned', 'leave', 'ended') BEGIN
  UPDATE accounts SET ended_until = (SELECT CASE e.kind WHEN 'ended' THEN 8640000000000000 ELSE e.effective_at END FROM employment_events e
    WHERE e.person_id = OLD.person_id AND e.kind IN ('hired', 'returned', 'leave', 'ended')
      AND EXISTS (SELECT 1 FROM employment_events o WHERE o.person_id = OLD.person_id AND o.kind = 'ended')
    ORDER BY e.effective_at DESC, e.id DESC LIMIT 1)
  WHERE person_id = OLD.person_id;
END;
--> statement-breakpoint
CREATE TRIGGER account_assignments_look_insert AFTER INSERT ON account_assignments BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = NEW.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = NEW.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER account_assignments_look_delete AFTER DELETE ON account_assignments BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = OLD.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = OLD.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER account_workstations_look_insert AFTER INSERT ON account_workstations BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = NEW.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = NEW.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER account_workstations_look_delete AFTER DELETE ON account_workstations BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = OLD.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = OLD.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER authenticators_look_insert AFTER INSERT ON authenticators BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = NEW.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = NEW.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER authenticators_look_delete AFTER DELETE ON authenticators BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = OLD.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = OLD.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = OLD.account_id AND a.state = 'active'));
END;
--> statement-breakpoint
CREATE TRIGGER authenticators_look_update AFTER UPDATE OF state ON authenticators BEGIN
  UPDATE accounts SET is_incomplete = NOT is_incomplete
  WHERE id = NEW.account_id AND is_incomplete =
    (EXISTS (SELECT 1 FROM account_assignments g WHERE g.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM account_workstations w WHERE w.account_id = NEW.account_id)
    AND EXISTS (SELECT 1 FROM authenticators a WHERE a.account_id = NEW.account_id AND a.state = 'active'));
END;