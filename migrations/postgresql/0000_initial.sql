CREATE TABLE "account_assignments" (
	"account_id" bigint NOT NULL,
	"assignment_id" bigint NOT NULL,
	CONSTRAINT "account_assignments_account_id_assignment_id_pk" PRIMARY KEY("account_id","assignment_id")
);
--> statement-breakpoint
CREATE TABLE "account_workstations" (
	"account_id" bigint NOT NULL,
	"workstation_id" bigint NOT NULL,
	"valid_from" bigint NOT NULL,
	"valid_until" bigint,
	"kind" text COLLATE "C" NOT NULL,
	CONSTRAINT "account_workstations_account_id_workstation_id_valid_from_pk" PRIMARY KEY("account_id","workstation_id","valid_from"),
	CONSTRAINT "account_workstations_kind_check" CHECK ("kind" in ('permanent', 'temporary')),
	CONSTRAINT "account_workstations_term_check" CHECK ("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "accounts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_name" text COLLATE "C" NOT NULL,
	"person_id" bigint NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"suspended_detail" text COLLATE "C",
	"suspended_at" bigint,
	"suspended_by" text COLLATE "C",
	"valid_from" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"password_phc" text COLLATE "C",
	"password_state" text COLLATE "C" DEFAULT 'usable' NOT NULL,
	"rules_version_accepted" bigint DEFAULT 0 NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "accounts_status_check" CHECK ("status" in ('pending', 'active', 'withdrawn')),
	CONSTRAINT "accounts_suspended_detail_check" CHECK ("suspended_detail" in ('by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant')),
	CONSTRAINT "accounts_password_state_check" CHECK ("password_state" in ('usable', 'compromised', 'change-required')),
	CONSTRAINT "accounts_term_check" CHECK ("valid_until" > "valid_from"),
	CONSTRAINT "accounts_suspension_check" CHECK (("suspended_detail" is null) = ("suspended_at" is null))
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alerts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"rule" text COLLATE "C" NOT NULL,
	"account_id" bigint,
	"unit_id" bigint,
	"evidence" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	"chain" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "assignments" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "assignments_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"document_number" text COLLATE "C" NOT NULL,
	"document_date" bigint NOT NULL,
	"signatory" text COLLATE "C" NOT NULL,
	"purpose" text COLLATE "C" NOT NULL,
	"data_scope" text COLLATE "C" NOT NULL,
	"unit_id" bigint NOT NULL,
	"valid_from" bigint NOT NULL,
	"valid_until" bigint,
	CONSTRAINT "assignments_term_check" CHECK ("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"chain" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL,
	"at" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"account_id" bigint,
	"gateway_id" bigint,
	"outcome" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C",
	"detail" text COLLATE "C",
	"lookup_code" text COLLATE "C",
	"body" text COLLATE "C" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_chain_seq_pk" PRIMARY KEY("chain","seq")
);
--> statement-breakpoint
CREATE TABLE "audit_chains" (
	"chain" text COLLATE "C" PRIMARY KEY NOT NULL,
	"node" text COLLATE "C" NOT NULL,
	"lane" text COLLATE "C" NOT NULL,
	"started_at" bigint NOT NULL,
	"start_hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_personal" (
	"chain" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL,
	"personal_values" text COLLATE "C" NOT NULL,
	CONSTRAINT "audit_personal_chain_seq_pk" PRIMARY KEY("chain","seq")
);
--> statement-breakpoint
CREATE TABLE "authenticators" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "authenticators_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"serial_number" text COLLATE "C",
	"state" text COLLATE "C" NOT NULL,
	"algorithm" text COLLATE "C" NOT NULL,
	"digits" bigint NOT NULL,
	"period_seconds" bigint NOT NULL,
	"sealed_seed" "bytea" NOT NULL,
	"last_step" bigint DEFAULT -1 NOT NULL,
	"drift_steps" bigint DEFAULT 0 NOT NULL,
	"last_claim_node" text COLLATE "C",
	"last_claim_gateway_id" bigint,
	"last_claim_station" text COLLATE "C",
	"last_claim_at" bigint,
	"created_at" bigint NOT NULL,
	CONSTRAINT "authenticators_kind_check" CHECK ("kind" in ('app', 'token')),
	CONSTRAINT "authenticators_state_check" CHECK ("state" in ('pending', 'active', 'revoked')),
	CONSTRAINT "authenticators_algorithm_check" CHECK ("algorithm" in ('SHA1', 'SHA256', 'SHA512')),
	CONSTRAINT "authenticators_digits_check" CHECK ("digits" in (6, 8)),
	CONSTRAINT "authenticators_period_seconds_check" CHECK ("period_seconds" in (30, 60))
);
--> statement-breakpoint
CREATE TABLE "challenge_claims" (
	"challenge_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"expires_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "counters" (
	"account_id" bigint NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"failures" bigint NOT NULL,
	"last_failure_at" bigint NOT NULL,
	"locked_until" bigint NOT NULL,
	CONSTRAINT "counters_account_id_scope_pk" PRIMARY KEY("account_id","scope")
);
--> statement-breakpoint
CREATE TABLE "data_keys" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "data_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"wrapped" "bytea" NOT NULL,
	"created_at" bigint NOT NULL,
	"retired_at" bigint
);
--> statement-breakpoint
CREATE TABLE "employment_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "employment_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"person_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"detail" text COLLATE "C",
	"effective_at" bigint NOT NULL,
	"ends_at" bigint,
	"document_number" text COLLATE "C",
	"unit_id" bigint,
	"source" text COLLATE "C" NOT NULL,
	"source_key" text COLLATE "C" NOT NULL,
	"recorded_at" bigint NOT NULL,
	CONSTRAINT "employment_events_kind_check" CHECK ("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'duties-changed'))
);
--> statement-breakpoint
CREATE TABLE "gateways" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "gateways_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"client_id" bigint NOT NULL,
	"nas_identifier" text COLLATE "C",
	"nas_ip_address" text COLLATE "C",
	"profile" text COLLATE "C" NOT NULL,
	"profile_overrides" text COLLATE "C",
	"unit_id" bigint,
	"requests_per_second" bigint,
	"account_requests_per_minute" bigint,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint
);
--> statement-breakpoint
CREATE TABLE "import_staging" (
	"import_id" text COLLATE "C" NOT NULL,
	"seq" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"payload" text COLLATE "C" NOT NULL,
	CONSTRAINT "import_staging_import_id_seq_pk" PRIMARY KEY("import_id","seq")
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"digest" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"totals" text COLLATE "C" NOT NULL,
	"applied_through" bigint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"finished_at" bigint,
	CONSTRAINT "imports_state_check" CHECK ("state" in ('staging', 'applying', 'applied', 'abandoned'))
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text COLLATE "C" NOT NULL,
	"payload" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"delivered_at" bigint,
	"attempts" bigint DEFAULT 0 NOT NULL,
	"next_attempt_at" bigint NOT NULL,
	CONSTRAINT "outbox_kind_check" CHECK ("kind" in ('alert', 'notice', 'checkpoint'))
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "people_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"staff_code" text COLLATE "C" NOT NULL,
	"full_name" text COLLATE "C" NOT NULL,
	"given_name" text COLLATE "C",
	"name_search_key" text COLLATE "C" NOT NULL,
	"name_sort_key" text COLLATE "C" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C",
	"unit_id" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "people_kind_check" CHECK ("kind" in ('civil-servant', 'public-employee', 'worker', 'external'))
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "policies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text COLLATE "C" NOT NULL,
	"layer" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "radius_clients" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "radius_clients_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"prefix" text COLLATE "C" NOT NULL,
	"sealed_secret" "bytea" NOT NULL,
	"sealed_next_secret" "bytea",
	"require_message_authenticator" text COLLATE "C" NOT NULL,
	"never_reason" text COLLATE "C",
	"seen_message_authenticator" boolean DEFAULT false NOT NULL,
	"limit_proxy_state" boolean DEFAULT true NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "radius_clients_require_message_authenticator_check" CHECK ("require_message_authenticator" in ('always', 'auto', 'never')),
	CONSTRAINT "radius_clients_never_reason_check" CHECK ("require_message_authenticator" <> 'never' or "never_reason" is not null)
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sessions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"gateway_id" bigint NOT NULL,
	"workstation_id" bigint,
	"station" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"started_at" bigint NOT NULL,
	"until" bigint NOT NULL,
	"ended_at" bigint,
	"acct_session_id" text COLLATE "C",
	CONSTRAINT "sessions_state_check" CHECK ("state" in ('pending', 'live', 'ended'))
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "units" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "units_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"code" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"name_search_key" text COLLATE "C" NOT NULL,
	"parent_id" bigint,
	"path" text COLLATE "C" DEFAULT '' NOT NULL,
	"kind" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "workstation_identifiers" (
	"workstation_id" bigint NOT NULL,
	"identifier" text COLLATE "C" NOT NULL,
	CONSTRAINT "workstation_identifiers_workstation_id_identifier_pk" PRIMARY KEY("workstation_id","identifier")
);
--> statement-breakpoint
CREATE TABLE "workstations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "workstations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"asset_tag" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"unit_id" bigint NOT NULL,
	"keeper_person_id" bigint,
	CONSTRAINT "workstations_kind_check" CHECK ("kind" in ('personal', 'shared', 'spare')),
	CONSTRAINT "workstations_state_check" CHECK ("state" in ('active', 'retired', 'lost'))
);
--> statement-breakpoint
ALTER TABLE "account_assignments" ADD CONSTRAINT "account_assignments_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_assignments" ADD CONSTRAINT "account_assignments_assignment_id_assignments_id_fk" FOREIGN KEY ("assignment_id") REFERENCES "public"."assignments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_workstations" ADD CONSTRAINT "account_workstations_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_workstations" ADD CONSTRAINT "account_workstations_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "authenticators" ADD CONSTRAINT "authenticators_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "counters" ADD CONSTRAINT "counters_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "employment_events" ADD CONSTRAINT "employment_events_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "employment_events" ADD CONSTRAINT "employment_events_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateways" ADD CONSTRAINT "gateways_client_id_radius_clients_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."radius_clients"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gateways" ADD CONSTRAINT "gateways_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_staging" ADD CONSTRAINT "import_staging_import_id_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."imports"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_gateway_id_gateways_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateways"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "units" ADD CONSTRAINT "units_parent_id_units_id_fk" FOREIGN KEY ("parent_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workstation_identifiers" ADD CONSTRAINT "workstation_identifiers_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workstations" ADD CONSTRAINT "workstations_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workstations" ADD CONSTRAINT "workstations_keeper_person_id_people_id_fk" FOREIGN KEY ("keeper_person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "account_assignments_assignment_index" ON "account_assignments" USING btree ("assignment_id");--> statement-breakpoint
CREATE INDEX "account_workstations_account_index" ON "account_workstations" USING btree ("account_id","workstation_id","valid_from","valid_until");--> statement-breakpoint
CREATE INDEX "account_workstations_workstation_index" ON "account_workstations" USING btree ("workstation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_user_name_unique" ON "accounts" USING btree ("user_name");--> statement-breakpoint
CREATE INDEX "accounts_person_index" ON "accounts" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "accounts_valid_until_index" ON "accounts" USING btree ("valid_until");--> statement-breakpoint
CREATE INDEX "alerts_account_index" ON "alerts" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "alerts_unit_index" ON "alerts" USING btree ("unit_id","at");--> statement-breakpoint
CREATE INDEX "alerts_at_index" ON "alerts" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "assignments_document_unique" ON "assignments" USING btree ("document_number","unit_id");--> statement-breakpoint
CREATE INDEX "audit_lookup_code_index" ON "audit" USING btree ("lookup_code") WHERE "lookup_code" is not null;--> statement-breakpoint
CREATE INDEX "audit_account_index" ON "audit" USING btree ("account_id","at");--> statement-breakpoint
CREATE INDEX "audit_at_index" ON "audit" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "authenticators_serial_number_unique" ON "authenticators" USING btree ("serial_number");--> statement-breakpoint
CREATE INDEX "authenticators_account_index" ON "authenticators" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "challenge_claims_expires_index" ON "challenge_claims" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "employment_events_source_unique" ON "employment_events" USING btree ("source","source_key");--> statement-breakpoint
CREATE INDEX "employment_events_person_index" ON "employment_events" USING btree ("person_id","effective_at","kind","detail");--> statement-breakpoint
CREATE INDEX "employment_events_effective_index" ON "employment_events" USING btree ("effective_at");--> statement-breakpoint
CREATE UNIQUE INDEX "gateways_name_unique" ON "gateways" USING btree ("name");--> statement-breakpoint
CREATE INDEX "gateways_client_index" ON "gateways" USING btree ("client_id");--> statement-breakpoint
CREATE INDEX "import_staging_key_index" ON "import_staging" USING btree ("import_id","kind","key");--> statement-breakpoint
CREATE INDEX "outbox_due_index" ON "outbox" USING btree ("next_attempt_at") WHERE "delivered_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "people_staff_code_unique" ON "people" USING btree ("staff_code");--> statement-breakpoint
CREATE INDEX "people_name_search_index" ON "people" USING btree ("name_search_key");--> statement-breakpoint
CREATE INDEX "people_name_sort_index" ON "people" USING btree ("name_sort_key","id");--> statement-breakpoint
CREATE INDEX "people_unit_index" ON "people" USING btree ("unit_id","name_sort_key");--> statement-breakpoint
CREATE UNIQUE INDEX "policies_scope_unique" ON "policies" USING btree ("scope");--> statement-breakpoint
CREATE UNIQUE INDEX "radius_clients_name_unique" ON "radius_clients" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "radius_clients_prefix_unique" ON "radius_clients" USING btree ("prefix");--> statement-breakpoint
CREATE INDEX "sessions_open_account_index" ON "sessions" USING btree ("account_id") WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX "sessions_open_until_index" ON "sessions" USING btree ("until") WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX "sessions_gateway_index" ON "sessions" USING btree ("gateway_id","acct_session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "units_code_unique" ON "units" USING btree ("code");--> statement-breakpoint
CREATE INDEX "units_path_index" ON "units" USING btree ("path");--> statement-breakpoint
CREATE INDEX "units_parent_index" ON "units" USING btree ("parent_id");--> statement-breakpoint
CREATE INDEX "units_name_search_index" ON "units" USING btree ("name_search_key");--> statement-breakpoint
CREATE INDEX "workstation_identifiers_identifier_index" ON "workstation_identifiers" USING btree ("identifier","workstation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "workstations_asset_tag_unique" ON "workstations" USING btree ("asset_tag");--> statement-breakpoint
CREATE INDEX "workstations_unit_index" ON "workstations" USING btree ("unit_id");--> statement-breakpoint
CREATE INDEX "workstations_keeper_index" ON "workstations" USING btree ("keeper_person_id");