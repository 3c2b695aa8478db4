ALTER TABLE "assignments" ADD COLUMN "revision" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "assignments_unit_index" ON "assignments" USING btree ("unit_id");--> statement-breakpoint
CREATE INDEX "assignments_date_index" ON "assignments" USING btree ("document_date","id");