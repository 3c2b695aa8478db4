PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`account_id` integer NOT NULL,
	`terms` text NOT NULL,
	`reason` text NOT NULL,
	`document_number` text,
	`filed_at` integer NOT NULL,
	`filed_by` text NOT NULL,
	`filed_by_person_id` integer,
	`expires_at` integer NOT NULL,
	`code_hash` text,
	`decided_at` integer,
	`decided_by` text,
	`decided_by_person_id` integer,
	`decision_reason` text,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`filed_by_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decided_by_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "requests_kind_check" CHECK("kind" in ('extension', 'workstation-register', 'workstation-replace', 'workstation-temporary', 'unlock', 'new-authenticator', 'reset-authenticator')),
	CONSTRAINT "requests_state_check" CHECK("state" in ('open', 'returned', 'approved', 'rejected', 'cancelled', 'expired', 'done'))
);
--> statement-breakpoint
INSERT INTO `__new_requests`("id", "kind", "state", "account_id", "terms", "reason", "document_number", "filed_at", "filed_by", "filed_by_person_id", "expires_at", "code_hash", "decided_at", "decided_by", "decided_by_person_id", "decision_reason") SELECT "id", "kind", "state", "account_id", "terms", "reason", "document_number", "filed_at", "filed_by", "filed_by_person_id", "expires_at", "code_hash", "decided_at", "decided_by", "decided_by_person_id", "decision_reason" FROM `requests`;--> statement-breakpoint
DROP TABLE `requests`;--> statement-breakpoint
ALTER TABLE `__new_requests` RENAME TO `requests`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `requests_account_index` ON `requests` (`account_id`,`filed_at`);--> statement-breakpoint
CREATE INDEX `requests_open_index` ON `requests` (`filed_at`,`id`) WHERE "state" = 'open';--> statement-breakpoint
CREATE INDEX `requests_expiry_index` ON `requests` (`expires_at`) WHERE "state" in ('open', 'returned');