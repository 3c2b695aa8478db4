CREATE TABLE "api_tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text COLLATE "C" NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"scopes" text COLLATE "C" NOT NULL,
	"unit_id" bigint,
	"source_name" text COLLATE "C",
	"gateway_id" bigint,
	"created_by" bigint,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"last_used_at" bigint,
	"revoked_at" bigint
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"caller" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"digest" "bytea" NOT NULL,
	"status" bigint,
	"answer" text COLLATE "C",
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_keys_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "one_time_links" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "one_time_links_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"token_hash" "bytea" NOT NULL,
	"purpose" text COLLATE "C" NOT NULL,
	"operator_id" bigint,
	"created_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint,
	CONSTRAINT "one_time_links_purpose_check" CHECK ("purpose" in ('first-operator', 'operator'))
);
--> statement-breakpoint
CREATE TABLE "operator_counters" (
	"operator_id" bigint NOT NULL,
	"scope" text COLLATE "C" NOT NULL,
	"failures" bigint NOT NULL,
	"last_failure_at" bigint NOT NULL,
	"locked_until" bigint NOT NULL,
	CONSTRAINT "operator_counters_operator_id_scope_pk" PRIMARY KEY("operator_id","scope")
);
--> statement-breakpoint
CREATE TABLE "operator_roles" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "operator_roles_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"operator_id" bigint NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	"unit_id" bigint,
	"valid_from" bigint NOT NULL,
	"valid_until" bigint,
	"acting" boolean DEFAULT false NOT NULL,
	"delegated_by_person_id" bigint,
	"document_number" text COLLATE "C",
	"created_at" bigint NOT NULL,
	"revoked_at" bigint,
	CONSTRAINT "operator_roles_role_check" CHECK ("role" in ('central-administrator', 'unit-administrator', 'head-of-unit', 'help-desk', 'duty', 'auditor')),
	CONSTRAINT "operator_roles_term_check" CHECK ("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE TABLE "operators" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "operators_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"person_id" bigint NOT NULL,
	"sign_in_name" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"password_phc" text COLLATE "C",
	"sealed_seed" "bytea",
	"last_step" bigint DEFAULT -1 NOT NULL,
	"oidc_subject" text COLLATE "C",
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" bigint NOT NULL,
	"ended_at" bigint,
	CONSTRAINT "operators_state_check" CHECK ("state" in ('active', 'ended'))
);
--> statement-breakpoint
CREATE TABLE "passkeys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"operator_id" bigint NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"public_key" "bytea" NOT NULL,
	"counter" bigint NOT NULL,
	"transports" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "policy_versions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "policy_versions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text COLLATE "C" NOT NULL,
	"layer" text COLLATE "C" NOT NULL,
	"at" bigint NOT NULL,
	"by" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "saved_views" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "saved_views_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"operator_id" bigint NOT NULL,
	"page" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"query" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "web_sessions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "web_sessions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"token_hash" "bytea" NOT NULL,
	"site" text COLLATE "C" NOT NULL,
	"operator_id" bigint,
	"account_id" bigint,
	"method" text COLLATE "C" NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"user_agent" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"last_seen_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"proved_at" bigint NOT NULL,
	"ended_at" bigint,
	CONSTRAINT "web_sessions_site_check" CHECK ("site" in ('console', 'portal')),
	CONSTRAINT "web_sessions_subject_check" CHECK (("operator_id" is null) <> ("account_id" is null))
);
--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_source_name_lifecycle_sources_name_fk" FOREIGN KEY ("source_name") REFERENCES "public"."lifecycle_sources"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_gateway_id_gateways_id_fk" FOREIGN KEY ("gateway_id") REFERENCES "public"."gateways"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_created_by_operators_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_counters" ADD CONSTRAINT "operator_counters_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_roles" ADD CONSTRAINT "operator_roles_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_roles" ADD CONSTRAINT "operator_roles_unit_id_units_id_fk" FOREIGN KEY ("unit_id") REFERENCES "public"."units"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_roles" ADD CONSTRAINT "operator_roles_delegated_by_person_id_people_id_fk" FOREIGN KEY ("delegated_by_person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operators" ADD CONSTRAINT "operators_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "web_sessions" ADD CONSTRAINT "web_sessions_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "web_sessions" ADD CONSTRAINT "web_sessions_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_token_unique" ON "api_tokens" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "api_tokens_source_index" ON "api_tokens" USING btree ("source_name");--> statement-breakpoint
CREATE INDEX "api_tokens_gateway_index" ON "api_tokens" USING btree ("gateway_id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_created_index" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "one_time_links_token_unique" ON "one_time_links" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "one_time_links_operator_index" ON "one_time_links" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "operator_roles_operator_index" ON "operator_roles" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "operator_roles_unit_index" ON "operator_roles" USING btree ("unit_id");--> statement-breakpoint
CREATE UNIQUE INDEX "operators_person_unique" ON "operators" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "operators_sign_in_name_unique" ON "operators" USING btree ("sign_in_name");--> statement-breakpoint
CREATE UNIQUE INDEX "operators_oidc_subject_unique" ON "operators" USING btree ("oidc_subject");--> statement-breakpoint
CREATE INDEX "passkeys_operator_index" ON "passkeys" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "policy_versions_scope_index" ON "policy_versions" USING btree ("scope","id");--> statement-breakpoint
CREATE UNIQUE INDEX "saved_views_name_unique" ON "saved_views" USING btree ("operator_id","page","name");--> statement-breakpoint
CREATE UNIQUE INDEX "web_sessions_token_unique" ON "web_sessions" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "web_sessions_operator_index" ON "web_sessions" USING btree ("operator_id");--> statement-breakpoint
CREATE INDEX "web_sessions_account_index" ON "web_sessions" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "web_sessions_expires_index" ON "web_sessions" USING btree ("expires_at");