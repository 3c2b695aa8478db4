CREATE TABLE "device_tickets" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "device_tickets_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"workstation_id" bigint NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"key_identifier" text COLLATE "C",
	"address" text COLLATE "C" NOT NULL,
	"token_hash" text COLLATE "C",
	"issued_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"spent_at" bigint,
	CONSTRAINT "device_tickets_kind_check" CHECK ("kind" in ('proof', 'login'))
);
--> statement-breakpoint
CREATE TABLE "evidence_exceptions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evidence_exceptions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text COLLATE "C" NOT NULL,
	"least_evidence" bigint NOT NULL,
	"document_number" text COLLATE "C" NOT NULL,
	"signatory" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"valid_until" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text COLLATE "C" NOT NULL,
	"ended_at" bigint,
	CONSTRAINT "evidence_exceptions_least_evidence_check" CHECK ("least_evidence" in (0, 1))
);
--> statement-breakpoint
CREATE TABLE "registration_codes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registration_codes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workstation_id" bigint NOT NULL,
	"code_hash" text COLLATE "C" NOT NULL,
	"created_at" bigint NOT NULL,
	"created_by" text COLLATE "C" NOT NULL,
	"expires_at" bigint NOT NULL,
	"used_at" bigint
);
--> statement-breakpoint
CREATE TABLE "workstation_keys" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "workstation_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"workstation_id" bigint NOT NULL,
	"identifier" text COLLATE "C" NOT NULL,
	"certificate_identifier" text COLLATE "C",
	"origin" text COLLATE "C" NOT NULL,
	"storage" text COLLATE "C" NOT NULL,
	"public_key" "bytea" NOT NULL,
	"certificate" "bytea",
	"signing_request" "bytea",
	"label" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"valid_until" bigint,
	"requested_at" bigint NOT NULL,
	"decided_at" bigint,
	"decided_by" text COLLATE "C",
	"revoked_at" bigint,
	CONSTRAINT "workstation_keys_origin_check" CHECK ("origin" in ('agent', 'issued', 'organisation', 'pinned')),
	CONSTRAINT "workstation_keys_storage_check" CHECK ("storage" in ('pkcs11', 'tpm', 'file', 'unknown')),
	CONSTRAINT "workstation_keys_state_check" CHECK ("state" in ('pending', 'active', 'refused', 'revoked'))
);
--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "http_token_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "gateways" ADD COLUMN "http_certificate" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "proven_by" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "device_tickets" ADD CONSTRAINT "device_tickets_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device_tickets" ADD CONSTRAINT "device_tickets_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registration_codes" ADD CONSTRAINT "registration_codes_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workstation_keys" ADD CONSTRAINT "workstation_keys_workstation_id_workstations_id_fk" FOREIGN KEY ("workstation_id") REFERENCES "public"."workstations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "device_tickets_account_index" ON "device_tickets" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "device_tickets_workstation_index" ON "device_tickets" USING btree ("workstation_id");--> statement-breakpoint
CREATE INDEX "device_tickets_expires_index" ON "device_tickets" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "device_tickets_token_unique" ON "device_tickets" USING btree ("token_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "evidence_exceptions_scope_unique" ON "evidence_exceptions" USING btree ("scope") WHERE "ended_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "registration_codes_hash_unique" ON "registration_codes" USING btree ("code_hash");--> statement-breakpoint
CREATE INDEX "registration_codes_workstation_index" ON "registration_codes" USING btree ("workstation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "workstation_keys_identifier_unique" ON "workstation_keys" USING btree ("identifier") WHERE "state" in ('pending', 'active');--> statement-breakpoint
CREATE INDEX "workstation_keys_workstation_index" ON "workstation_keys" USING btree ("workstation_id");--> statement-breakpoint
CREATE INDEX "workstation_keys_pending_index" ON "workstation_keys" USING btree ("requested_at") WHERE "state" = 'pending';--> statement-breakpoint
CREATE INDEX "workstation_keys_ending_index" ON "workstation_keys" USING btree ("workstation_id","valid_until","identifier","certificate_identifier") WHERE "state" = 'active' and "valid_until" is not null;