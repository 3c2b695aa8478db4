CREATE TABLE "lifecycle_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "lifecycle_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"person_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"detail" text COLLATE "C",
	"effective_at" bigint NOT NULL,
	"ends_at" bigint,
	"keep_until" bigint,
	"unit_id" bigint,
	"document_number" text COLLATE "C",
	"source" text COLLATE "C" NOT NULL,
	"source_key" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"next_due_at" bigint,
	"withdrawals" bigint NOT NULL,
	"by_person" boolean NOT NULL,
	"changes" text COLLATE "C" NOT NULL,
	"recorded_at" bigint NOT NULL,
	"decided_at" bigint,
	"decided_by" text COLLATE "C",
	CONSTRAINT "lifecycle_events_kind_check" CHECK ("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'seconded', 'secondment-ended', 'duties-changed', 'extended')),
	CONSTRAINT "lifecycle_events_state_check" CHECK ("state" in ('held', 'scheduled', 'applied', 'rejected', 'undone'))
);
--> statement-breakpoint
CREATE TABLE "lifecycle_sources" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"brake_count" bigint NOT NULL,
	"brake_share" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"last_run_at" bigint,
	CONSTRAINT "lifecycle_sources_kind_check" CHECK ("kind" in ('file', 'scim'))
);
--> statement-breakpoint
DROP INDEX "employment_events_person_index";--> statement-breakpoint
ALTER TABLE "lifecycle_events" ADD CONSTRAINT "lifecycle_events_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lifecycle_events" ADD CONSTRAINT "lifecycle_events_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "lifecycle_events_source_unique" ON "lifecycle_events" USING btree ("source","source_key");--> statement-breakpoint
CREATE INDEX "lifecycle_events_person_index" ON "lifecycle_events" USING btree ("person_id","effective_at");--> statement-breakpoint
CREATE INDEX "lifecycle_events_due_index" ON "lifecycle_events" USING btree ("next_due_at") WHERE "next_due_at" is not null;--> statement-breakpoint
CREATE INDEX "lifecycle_events_held_index" ON "lifecycle_events" USING btree ("source","id") WHERE "state" = 'held';--> statement-breakpoint
CREATE INDEX "lifecycle_events_recorded_index" ON "lifecycle_events" USING btree ("source","recorded_at");--> statement-breakpoint
CREATE INDEX "lifecycle_events_effective_index" ON "lifecycle_events" USING btree ("source","effective_at");--> statement-breakpoint
CREATE INDEX "employment_events_person_index" ON "employment_events" USING btree ("person_id","effective_at","kind","detail","ends_at");