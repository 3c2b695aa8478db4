ALTER TABLE "radius_clients" ALTER COLUMN "prefix" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "radius_clients" ALTER COLUMN "sealed_secret" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "radius_clients" ADD COLUMN "tls_rule" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "radius_clients" ADD CONSTRAINT "radius_clients_transport_check" CHECK (("prefix" is null) = ("sealed_secret" is null) and ("prefix" is not null or "tls_rule" is not null));