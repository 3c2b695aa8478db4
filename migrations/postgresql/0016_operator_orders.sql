CREATE TABLE "operator_orders" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "operator_orders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text COLLATE "C" NOT NULL,
	"state" text COLLATE "C" NOT NULL,
	"operator_id" bigint,
	"terms" text COLLATE "C" NOT NULL,
	"reason" text COLLATE "C" NOT NULL,
	"code_hash" text COLLATE "C",
	"filed_at" bigint NOT NULL,
	"filed_by" text COLLATE "C" NOT NULL,
	"filed_by_operator_id" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"decided_at" bigint,
	"decided_by" text COLLATE "C",
	"decided_by_operator_id" bigint,
	"decision_reason" text COLLATE "C",
	CONSTRAINT "operator_orders_kind_check" CHECK ("kind" in ('create', 'grant-role', 'renew-link')),
	CONSTRAINT "operator_orders_state_check" CHECK ("state" in ('open', 'done', 'rejected', 'cancelled'))
);
--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "created_by" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "created_by_operator_id" bigint;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "approved_by_operator_id" bigint;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "code_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "wrong_facts" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "redeemed_from" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "one_time_links" ADD COLUMN "replaced_credentials" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "operator_orders" ADD CONSTRAINT "operator_orders_operator_id_operators_id_fk" FOREIGN KEY ("operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_orders" ADD CONSTRAINT "operator_orders_filed_by_operator_id_operators_id_fk" FOREIGN KEY ("filed_by_operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operator_orders" ADD CONSTRAINT "operator_orders_decided_by_operator_id_operators_id_fk" FOREIGN KEY ("decided_by_operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "operator_orders_state_index" ON "operator_orders" USING btree ("state","id");--> statement-breakpoint
CREATE INDEX "operator_orders_operator_index" ON "operator_orders" USING btree ("operator_id");--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_created_by_operator_id_operators_id_fk" FOREIGN KEY ("created_by_operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "one_time_links" ADD CONSTRAINT "one_time_links_approved_by_operator_id_operators_id_fk" FOREIGN KEY ("approved_by_operator_id") REFERENCES "public"."operators"("id") ON DELETE no action ON UPDATE no action;