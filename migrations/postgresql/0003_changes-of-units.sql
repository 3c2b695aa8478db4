CREATE TABLE "expiry_warnings" (
	"account_id" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"days_before" bigint NOT NULL,
	"at" bigint NOT NULL,
	CONSTRAINT "expiry_warnings_account_id_valid_until_days_before_pk" PRIMARY KEY("account_id","valid_until","days_before")
);
--> statement-breakpoint
CREATE TABLE "former_unit_names" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "former_unit_names_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"unit_id" bigint NOT NULL,
	"code" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "former_units" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "former_units_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"person_id" bigint NOT NULL,
	"unit_id" bigint NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "unit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text COLLATE "C" NOT NULL,
	"unit_id" bigint NOT NULL,
	"effective_at" bigint NOT NULL,
	"reapprove_by" bigint,
	"document_number" text COLLATE "C" NOT NULL,
	"plan" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"changes" text COLLATE "C",
	"recorded_at" bigint NOT NULL,
	"recorded_by" text COLLATE "C" NOT NULL,
	CONSTRAINT "unit_events_kind_check" CHECK ("kind" in ('merged', 'split', 'renamed', 'dissolved')),
	CONSTRAINT "unit_events_state_check" CHECK ("state" in ('scheduled', 'applied', 'undone'))
);
--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "control" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "cut_proven_at" bigint;--> statement-breakpoint
ALTER TABLE "units" ADD COLUMN "closed_at" bigint;--> statement-breakpoint
ALTER TABLE "expiry_warnings" ADD CONSTRAINT "expiry_warnings_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_unit_names" ADD CONSTRAINT "former_unit_names_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_units" ADD CONSTRAINT "former_units_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "former_units" ADD CONSTRAINT "former_units_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unit_events" ADD CONSTRAINT "unit_events_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "former_unit_names_unit_index" ON "former_unit_names" USING btree ("unit_id","until");--> statement-breakpoint
CREATE INDEX "former_units_person_index" ON "former_units" USING btree ("person_id","until");--> statement-breakpoint
CREATE UNIQUE INDEX "unit_events_document_unique" ON "unit_events" USING btree ("unit_id","kind","document_number");--> statement-breakpoint
CREATE INDEX "unit_events_due_index" ON "unit_events" USING btree ("effective_at") WHERE "state" = 'scheduled';