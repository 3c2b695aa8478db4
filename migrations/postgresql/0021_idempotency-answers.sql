ALTER TABLE "idempotency_keys" ADD COLUMN "claim" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "acted_at" bigint;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "sealed_answer" "bytea";--> statement-breakpoint
ALTER TABLE "idempotency_keys" DROP COLUMN "answer";