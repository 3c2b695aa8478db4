DROP INDEX "authenticators_serial_number_unique";--> statement-breakpoint
ALTER TABLE "authenticators" ADD COLUMN "mode" text COLLATE "C" DEFAULT 'totp' NOT NULL;--> statement-breakpoint
ALTER TABLE "authenticators" ADD COLUMN "synced_at" bigint;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "mode" text COLLATE "C" DEFAULT 'totp' NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "last_step" bigint DEFAULT -1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "drift_steps" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "revision" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "tokens_unit_index" ON "tokens" USING btree ("unit_id","serial_number");--> statement-breakpoint
CREATE UNIQUE INDEX "authenticators_serial_number_unique" ON "authenticators" USING btree ("serial_number") WHERE "state" <> 'revoked';