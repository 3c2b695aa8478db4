PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_radius_clients` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`prefix` text,
	`sealed_secret` blob,
	`sealed_next_secret` blob,
	`require_message_authenticator` text NOT NULL,
	`never_reason` text,
	`seen_message_authenticator` integer DEFAULT false NOT NULL,
	`limit_proxy_state` integer DEFAULT true NOT NULL,
	`tls_rule` text,
	`created_at` integer NOT NULL,
	CONSTRAINT "radius_clients_require_message_authenticator_check" CHECK("require_message_authenticator" in ('always', 'auto', 'never')),
	CONSTRAINT "radius_clients_never_reason_check" CHECK("require_message_authenticator" <> 'never' or "never_reason" is not null),
	CONSTRAINT "radius_clients_transport_check" CHECK(("prefix" is null) = ("sealed_secret" is null))
);
--> statement-breakpoint
INSERT INTO `__new_radius_clients`("id", "name", "prefix", "sealed_secret", "sealed_next_secret", "require_message_authenticator", "never_reason", "seen_message_authenticator", "limit_proxy_state", "tls_rule", "created_at") SELECT "id", "name", "prefix", "sealed_secret", "sealed_next_secret", "require_message_authenticator", "never_reason", "seen_message_authenticator", "limit_proxy_state", "tls_rule", "created_at" FROM `radius_clients`;--> statement-breakpoint
DROP TABLE `radius_clients`;--> statement-breakpoint
ALTER TABLE `__new_radius_clients` RENAME TO `radius_clients`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `radius_clients_name_unique` ON `radius_clients` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `radius_clients_prefix_unique` ON `radius_clients` (`prefix`);--> statement-breakpoint
ALTER TABLE `gateways` DROP COLUMN `http_token_hash`;