ALTER TABLE "former_units" ADD COLUMN "unit_event_id" bigint;--> statement-breakpoint
ALTER TABLE "former_units" ADD CONSTRAINT "former_units_unit_event_id_unit_events_id_fk" FOREIGN KEY ("unit_event_id") REFERENCES "public"."unit_events"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "former_units_event_index" ON "former_units" USING btree ("unit_event_id");