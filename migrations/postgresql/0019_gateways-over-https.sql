ALTER TABLE "radius_clients" DROP CONSTRAINT "radius_clients_transport_check";--> statement-breakpoint
ALTER TABLE "gateways" DROP COLUMN "http_token_hash";--> statement-breakpoint
ALTER TABLE "radius_clients" ADD CONSTRAINT "radius_clients_transport_check" CHECK (("prefix" is null) = ("sealed_secret" is null));