CREATE TABLE "activation_codes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "activation_codes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"code_hash" text COLLATE "C" NOT NULL,
	"printed_at" bigint NOT NULL,
	"printed_by" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL,
	"handed_over_at" bigint,
	"handed_over_by" text COLLATE "C",
	"received_by" text COLLATE "C",
	"used_at" bigint,
	"voided_at" bigint,
	"void_cause" text COLLATE "C",
	"wrong_facts" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "activation_codes_void_cause_check" CHECK ("void_cause" in ('reprinted', 'guessed', 'withdrawn'))
);
--> statement-breakpoint
CREATE TABLE "enrollment_tickets" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "enrollment_tickets_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"source_id" bigint NOT NULL,
	"ticket_hash" text COLLATE "C" NOT NULL,
	"opened_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint,
	CONSTRAINT "enrollment_tickets_kind_check" CHECK ("kind" in ('activation', 'recovery', 'request'))
);
--> statement-breakpoint
CREATE TABLE "person_facts" (
	"person_id" bigint PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"fact_hash" text COLLATE "C" NOT NULL,
	"recorded_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "recovery_codes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "recovery_codes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"code_hash" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "requests_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"account_id" bigint NOT NULL,
	"terms" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"document_number" text COLLATE "C",
	"filed_at" bigint NOT NULL,
	"filed_by" text COLLATE "C" NOT NULL,
	"filed_by_person_id" bigint,
	"expires_at" bigint NOT NULL,
	"code_hash" text COLLATE "C",
	"decided_at" bigint,
	"decided_by" text COLLATE "C",
	"decided_by_person_id" bigint,
	"decision_reason" text COLLATE "C",
	CONSTRAINT "requests_kind_check" CHECK ("kind" in ('extension', 'workstation-register', 'workstation-replace', 'workstation-temporary', 'unlock', 'new-authenticator')),
	CONSTRAINT "requests_state_check" CHECK ("state" in ('open', 'returned', 'approved', 'rejected', 'cancelled', 'expired', 'done'))
);
--> statement-breakpoint
CREATE TABLE "rules_acceptances" (
	"account_id" bigint NOT NULL,
	"version" bigint NOT NULL,
	"accepted_at" bigint NOT NULL,
	CONSTRAINT "rules_acceptances_account_id_version_pk" PRIMARY KEY("account_id","version")
);
--> statement-breakpoint
CREATE TABLE "rules_texts" (
	"version" bigint PRIMARY KEY NOT NULL,
	"text_vi" text COLLATE "C" NOT NULL,
	"text_en" text COLLATE "C" NOT NULL,
	"published_at" bigint NOT NULL,
	"published_by" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "throttles" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"failures" bigint NOT NULL,
	"last_failure_at" bigint NOT NULL,
	"locked_until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"serial_number" text COLLATE "C" NOT NULL,
	"model" text COLLATE "C",
	"state" text COLLATE "C" NOT NULL,
	"algorithm" text COLLATE "C" NOT NULL,
	"digits" bigint NOT NULL,
	"period_seconds" bigint NOT NULL,
	"sealed_seed" "bytea" NOT NULL,
	"unit_id" bigint,
	"imported_at" bigint NOT NULL,
	"account_id" bigint,
	"handed_over_at" bigint,
	"handed_over_by" text COLLATE "C",
	CONSTRAINT "tokens_state_check" CHECK ("state" in ('stock', 'assigned', 'lost', 'retired')),
	CONSTRAINT "tokens_algorithm_check" CHECK ("algorithm" in ('SHA1', 'SHA256', 'SHA512')),
	CONSTRAINT "tokens_digits_check" CHECK ("digits" in (6, 8)),
	CONSTRAINT "tokens_period_seconds_check" CHECK ("period_seconds" in (30, 60)),
	CONSTRAINT "tokens_assigned_check" CHECK (("state" = 'assigned') = ("account_id" is not null))
);
--> statement-breakpoint
ALTER TABLE "activation_codes" ADD CONSTRAINT "activation_codes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrollment_tickets" ADD CONSTRAINT "enrollment_tickets_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_facts" ADD CONSTRAINT "person_facts_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_filed_by_person_id_people_id_fk" FOREIGN KEY ("filed_by_person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_decided_by_person_id_people_id_fk" FOREIGN KEY ("decided_by_person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rules_acceptances" ADD CONSTRAINT "rules_acceptances_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "activation_codes_hash_unique" ON "activation_codes" USING btree ("code_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "activation_codes_open_unique" ON "activation_codes" USING btree ("account_id") WHERE "used_at" is null and "voided_at" is null;--> statement-breakpoint
CREATE INDEX "activation_codes_account_index" ON "activation_codes" USING btree ("account_id","printed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "enrollment_tickets_hash_unique" ON "enrollment_tickets" USING btree ("ticket_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "enrollment_tickets_source_unique" ON "enrollment_tickets" USING btree ("kind","source_id");--> statement-breakpoint
CREATE INDEX "enrollment_tickets_account_index" ON "enrollment_tickets" USING btree ("account_id");--> statement-breakpoint
CREATE UNIQUE INDEX "recovery_codes_hash_unique" ON "recovery_codes" USING btree ("account_id","code_hash");--> statement-breakpoint
CREATE INDEX "requests_account_index" ON "requests" USING btree ("account_id","filed_at");--> statement-breakpoint
CREATE INDEX "requests_open_index" ON "requests" USING btree ("filed_at","id") WHERE "state" = 'open';--> statement-breakpoint
CREATE INDEX "requests_expiry_index" ON "requests" USING btree ("expires_at") WHERE "state" in ('open', 'returned');--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_serial_number_unique" ON "tokens" USING btree ("serial_number");--> statement-breakpoint
CREATE INDEX "tokens_account_index" ON "tokens" USING btree ("account_id");