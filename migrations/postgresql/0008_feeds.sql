CREATE TABLE "feed_groups" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_groups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text COLLATE "C" NOT NULL,
	"resource_id" text COLLATE "C" NOT NULL,
	"external_id" text COLLATE "C",
	"unit_id" bigint NOT NULL,
	"document" text COLLATE "C" NOT NULL,
	"version" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feed_members" (
	"group_id" bigint NOT NULL,
	"user_id" bigint NOT NULL,
	"joined_at" bigint NOT NULL,
	CONSTRAINT "feed_members_group_id_user_id_pk" PRIMARY KEY("group_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "feed_users" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source" text COLLATE "C" NOT NULL,
	"resource_id" text COLLATE "C" NOT NULL,
	"user_name" text COLLATE "C" NOT NULL,
	"user_name_key" text COLLATE "C" NOT NULL,
	"external_id" text COLLATE "C",
	"person_id" bigint,
	"document" text COLLATE "C" NOT NULL,
	"version" bigint NOT NULL,
	"state_version" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feeds" (
	"source" text COLLATE "C" PRIMARY KEY NOT NULL,
	"settings" text COLLATE "C" NOT NULL,
	"last_success_at" bigint,
	"fault_since" bigint,
	"fault" text COLLATE "C"
);
--> statement-breakpoint
ALTER TABLE "lifecycle_sources" DROP CONSTRAINT "lifecycle_sources_kind_check";--> statement-breakpoint
ALTER TABLE "feed_groups" ADD CONSTRAINT "feed_groups_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_members" ADD CONSTRAINT "feed_members_group_id_feed_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."feed_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_members" ADD CONSTRAINT "feed_members_user_id_feed_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."feed_users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_users" ADD CONSTRAINT "feed_users_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "feed_groups_resource_unique" ON "feed_groups" USING btree ("source","resource_id");--> statement-breakpoint
CREATE UNIQUE INDEX "feed_groups_unit_unique" ON "feed_groups" USING btree ("source","unit_id");--> statement-breakpoint
CREATE INDEX "feed_groups_unit_index" ON "feed_groups" USING btree ("unit_id");--> statement-breakpoint
CREATE INDEX "feed_members_user_index" ON "feed_members" USING btree ("user_id","joined_at");--> statement-breakpoint
CREATE UNIQUE INDEX "feed_users_resource_unique" ON "feed_users" USING btree ("source","resource_id");--> statement-breakpoint
CREATE UNIQUE INDEX "feed_users_name_unique" ON "feed_users" USING btree ("source","user_name_key");--> statement-breakpoint
CREATE UNIQUE INDEX "feed_users_person_unique" ON "feed_users" USING btree ("source","person_id");--> statement-breakpoint
CREATE INDEX "feed_users_external_index" ON "feed_users" USING btree ("source","external_id");--> statement-breakpoint
CREATE INDEX "feed_users_person_index" ON "feed_users" USING btree ("person_id");--> statement-breakpoint
ALTER TABLE "lifecycle_sources" ADD CONSTRAINT "lifecycle_sources_kind_check" CHECK ("kind" in ('file', 'scim', 'directory'));