DROP INDEX "accounts_person_index";--> statement-breakpoint
DROP INDEX "people_unit_index";--> statement-breakpoint
CREATE INDEX "accounts_person_index" ON "accounts" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "people_unit_index" ON "people" USING btree ("unit_id","name_sort_key","id");