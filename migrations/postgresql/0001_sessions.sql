CREATE TABLE "cuts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "cuts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" bigint NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"ordered_at" bigint NOT NULL,
	"due_at" bigint NOT NULL,
	"attempts" bigint DEFAULT 0 NOT NULL,
	"acknowledged_at" bigint,
	"settled_at" bigint,
	"last_error" text COLLATE "C",
	CONSTRAINT "cuts_state_check" CHECK ("state" in ('ordered', 'acknowledged', 'confirmed', 'unconfirmed', 'impossible', 'not-started'))
);
--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "coa_address" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "coa_port" bigint;--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "sealed_coa_secret" "bytea";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "end_cause" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "reference" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "open_until" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "judge_at" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "live_at" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "last_seen_at" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "framed_ip_address" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "octets_in" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "octets_out" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "terminate_cause" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "identification" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "revision" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "cuts" ADD CONSTRAINT "cuts_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "cuts_open_session_unique" ON "cuts" USING btree ("session_id") WHERE "settled_at" is null;--> statement-breakpoint
CREATE INDEX "cuts_due_index" ON "cuts" USING btree ("due_at") WHERE "settled_at" is null;--> statement-breakpoint
CREATE INDEX "sessions_open_lapse_index" ON "sessions" USING btree ("open_until") WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX "sessions_open_judge_index" ON "sessions" USING btree ("judge_at") WHERE "state" <> 'ended';--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_reference_unique" ON "sessions" USING btree ("reference");